"""The webhook: signed as Standard Webhooks asks, in the form that the receiver wants, and each answer understood."""

import base64
import hashlib
import hmac
import json
import sys

import pytest

from bounced.config import Sink as Settings
from bounced.errors import ConfigInvalid, EventRejected, SinkRefused, SinkUnavailable
from bounced.publish import place_of, sink_for
from bounced.publish.template import Template
from bounced.publish.webhook import signature
from tests.events import numbered as event
from tests.integration.test_daemon import bounce
from tests.servers.daemon import serve

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


async def sent(folder, receiver, *events, **settings):
    """Publish *events*; give the outcomes."""
    sink = sink_for(Settings(urls=(receiver.url,), **settings), folder)
    try:
        return await sink.publish(events)
    finally:
        await sink.close()


def test_the_specification_s_example():
    """The signature is that of the specification's own test vector."""
    headers = signature(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == headers["webhook-signature"]


async def test_signed(tmp_path, receiver):
    """Who has the secret can tell that it is ours, when it was sent and which event it is; the event is as everywhere else."""
    await sent(tmp_path, receiver, event(1), webhook_secret=SECRET, webhook_headers={"x-tenant": "news"})
    ((headers, body),) = receiver.taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()

    assert ("b1-1", f"v1,{expected}", "news") == (headers["webhook-id"], headers["webhook-signature"], headers["x-tenant"])
    assert ("application/cloudevents+json", event(1).body) == (headers["content-type"], body)


@pytest.mark.parametrize(
    ("status", "kind", "is_alone"),
    [
        (500, EventRejected, True),
        (400, SinkRefused, None),
        (422, SinkRefused, None),
        (410, SinkRefused, None),
        (429, SinkUnavailable, False),
        (503, SinkUnavailable, False),
        (401, SinkUnavailable, False),
        (404, SinkUnavailable, False),
        (302, SinkUnavailable, False),
    ],
)
async def test_answers(tmp_path, receiver, status, kind, is_alone):
    """An answer that is about the event holds up no other; one that is about the receiver, or who we are, is tried again with all."""
    receiver.answers = [status]
    (outcome,) = await sent(tmp_path, receiver, event(1))

    assert (kind, is_alone) == (type(outcome), getattr(outcome, "concerns_event_alone", None))
    assert f"HTTP {status}" in str(outcome)


async def test_nobody_there(tmp_path, receiver):
    """Where nobody listens the reason names the place, without password and query."""
    receiver.end()
    (outcome,) = await sent(tmp_path, receiver, event(1))
    receiver.__init__()

    assert isinstance(outcome, SinkUnavailable)
    assert "http://127.0.0.1:" in str(outcome)
    assert "hunter2" not in str(outcome) + place_of(receiver.url)


async def test_template(tmp_path, receiver):
    """A product's own endpoint gets its own form: paths, translated words, null for what is not there; only what it wants to hear of."""
    (tmp_path / "listmonk.json").write_text(
        '{"email": ${subject}, "type": ${data.decision.disposition|suppress=hard,retry=soft}, "source": "bounced",'
        ' "meta": ${data.decision.evidence}, "none": ${data.nothing.here}, "other": ${data.decision.category|x=y}}'
    )
    outcomes = await sent(
        tmp_path, receiver, event(1), event(2, "retry"), webhook_template="listmonk.json", webhook_dispositions=("suppress",)
    )
    ((headers, body),) = receiver.taken
    filled = json.loads(body)

    assert ([None, None], "application/json") == (outcomes, headers["content-type"])
    names = ("email", "type", "source", "none", "other")
    assert ("anna@example.org", "hard", "bounced", None, None) == tuple(filled[name] for name in names)
    assert {"source": "provider", "value": "microsoft"} == filled["meta"][0]


def test_hostile_words():
    """Whatever a stranger wrote into an event, what is filled in is JSON, and says what he wrote and no more."""
    hostile = '"}, {"a": "${subject}\n\ud83d\\'
    body = json.dumps({"subject": hostile, "data": {"decision": {"disposition": '","x":"'}}}).encode()
    filled = Template('{"email": ${subject}, "type": ${data.decision.disposition|suppress=hard}}', "t").fill(body)

    assert {"email", "type"} == set(json.loads(filled))
    assert json.loads(filled)["type"] is None
    assert hostile.encode("utf-8", "replace").decode() == json.loads(filled)["email"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"webhook_secret": "whsec_!!"}, "webhook_secret: want base64"),
        ({"webhook_secret": "whsec_c2hvcnQ="}, "24 octets"),
        ({"webhook_template": "missing.json"}, "webhook_template: .*missing.json"),
        ({"webhook_template": "bad.json"}, "no JSON when filled in"),
    ],
)
def test_malformed(tmp_path, settings, said):
    """What can't work is refused at the start."""
    (tmp_path / "bad.json").write_text('{"email": ${subject}')
    with pytest.raises(ConfigInvalid, match=said):
        sink_for(Settings(urls=("https://app.example.net/",), **settings), tmp_path)


def test_library(tmp_path, monkeypatch):
    """Without its library it is said at the start, and by `bounced config check`, what to install."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ConfigInvalid, match=r"bounced-daemon\[webhook\]"):
        sink_for(Settings(urls=("https://app.example.net/",)), tmp_path)


async def test_by_the_daemon(tmp_path, receiver):
    """What the receiver can't take now is sent again until it does; what it refuses for good is set aside, and nothing waits for it."""
    receiver.answers = [503, 500]
    async with serve(tmp_path, receiver.url, SINK__WEBHOOK_SECRET=SECRET) as daemon:
        await daemon.send(bounce(1), bounce(2))
        await daemon.logged("arrival.done", times=2)
        receiver.answers = [400] * 3
        await daemon.send(bounce(3))
        await daemon.logged("event.refused", 60)
        await daemon.send(bounce(4))
        await daemon.logged("arrival.done", times=4)
        status = await daemon.status()

    subjects = [json.loads(body)["subject"] for _, body in receiver.taken]
    assert 3 == len(set(subjects)) == len(subjects)
    assert (1, True) == (status["account"]["decisions"]["aside"], status["balanced"])
    assert "hunter2" not in json.dumps(status)
