"""The event: its JSON, its routing key and its schema are what consumers were promised."""

import json
import re
from datetime import UTC
from importlib.resources import files

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bounced import model
from bounced.cli.schema import command
from bounced.errors import EventInvalid
from bounced.publish import event, notice
from tests.events import ARRIVAL, DECISION, FAILURE, FINDING, NOW, REPORT, build

VALIDATOR = jsonschema.Draft202012Validator(event.schema(), format_checker=jsonschema.FormatChecker())
text = st.text(max_size=30) | st.none()


def test_body():
    """The body is the CloudEvent of the specification, field for field."""
    found = json.loads(build(reference="c42-17").body)

    assert found == {
        "specversion": "1.0",
        "id": "b1-7k3m",
        "source": "urn:bounced:example.net",
        "type": "io.bounced.bounce.v1",
        "subject": "anna@example.org",
        "time": "2026-11-23T11:46:51.120000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:bounced:schema:bounce:v1",
        "data": {
            "stream": "news",
            "node": "mx1.example.net",
            "report_id": "r1-1",
            "revision": 0,
            "supersedes": None,
            "recipient": {
                "address": "anna@example.org",
                "domain": "example.org",
                "final": "anna.new@host.example",
                "source": "original-recipient",
            },
            "message": {
                "reference": "c42-17",
                "message_id": "<abc@news.example>",
                "envelope_id": "QQ314159",
                "list_id": None,
                "subject": "October news",
            },
            "dsn": {
                "action": "failed",
                "status": "5.4.1",
                "reply": 550,
                "diagnostic": "550 5.4.1 Recipient address rejected: Access denied",
                "reporting_mta": "mx1.example.net",
                "remote_mta": "example-org.mail.example",
                "arrival_date": None,
                "last_attempt": None,
                "will_retry_until": None,
                "format": "rfc3464",
            },
            "decision": {
                "kind": "bounce",
                "disposition": "suppress",
                "category": "invalid-recipient",
                "fault": "recipient",
                "advice": "never",
                "remedy": "Stop sending to this address.",
                "because": "Microsoft 365 refuses this recipient at its edge: no such mailbox",
                "confidence": 0.97,
                "rule": "microsoft.edge-unknown-recipient",
                "rules_version": "2026.11.1",
                "withheld": None,
                "until": None,
                "evidence": [
                    {"source": "provider", "value": "microsoft"},
                    {"source": "status", "value": "5.4.1", "would_be": "network"},
                ],
                "hints": {},
                "permanent": True,
                "abandoned": False,
            },
            "history": {"points": 0.0, "scoring_days": 0, "threshold": 5.0, "suppressed_until": None, "known": True},
            "trust": {
                "grade": "signed",
                "why": "token bound to this recipient",
                "peer": "192.0.2.10",
                "null_sender": True,
                "tls": "TLSv1.3",
            },
            "raw": {"sha256": "9b1c", "bytes": 8123, "arrival_id": "01JD"},
        },
    }


def test_envelope():
    """What a sink puts around the body says the same as the body."""
    found = build(reference="c42-17")

    assert structs.replace(found, body=b"") == model.Event(
        id="b1-7k3m",
        key="bounce.suppress.recipient.invalid-recipient.news",
        type="io.bounced.bounce.v1",
        source="urn:bounced:example.net",
        subject="anna@example.org",
        time=NOW,
        reference="c42-17",
        body=b"",
    )


def test_reads_what_it_builds():
    """A consumer reads from the body what the daemon built it of, and passes over fields of a later release."""
    body = json.loads(build().body)
    body["data"]["invented_later"] = {"a": 1}

    found = event.read(json.dumps(body).encode())

    assert found.data.decision.disposition is model.Disposition.SUPPRESS
    assert found.time == NOW


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[1]", b'{"specversion": "1.0"}'])
def test_unreadable(body):
    """What is no event is told apart from every other trouble."""
    with pytest.raises(EventInvalid):
        event.read(body)


@pytest.mark.parametrize(
    ("arguments", "kind", "schema"),
    [([], "bounce", event.schema), (["storm"], "storm", notice.storm_schema), (["list"], "list", notice.list_schema)],
)
def test_schema_is_shipped(arguments, kind, schema):
    """The schemas in the package are what the code generates and what `bounced schema` prints."""
    shipped = (files("bounced.publish") / "schema" / f"{kind}.v1.json").read_text(encoding="utf-8")
    printed = CliRunner().invoke(command, arguments).output

    assert json.loads(shipped) == schema()
    assert shipped == printed


@given(
    address=text,
    diagnostic=st.text(max_size=50),
    code=st.none() | st.integers(200, 599),
    stream=st.text(max_size=300),
    kind=st.sampled_from(model.Kind),
    disposition=st.sampled_from(model.Disposition),
    advice=st.sampled_from(model.Advice),
    withheld=st.none() | st.sampled_from(model.Withheld),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    subject=text,
)
def test_any_event(  # noqa: PLR0913, PLR0917 one for each field that varies
    address, diagnostic, code, stream, kind, disposition, advice, withheld, until, subject
):
    """Whatever strangers write, the event is valid by its schema, is read back, and its routing key has five clean words."""
    failure = structs.replace(FAILURE, recipient=model.Recipient(address), diagnostic=diagnostic, reply=code)
    decision = structs.replace(
        DECISION, kind=kind, disposition=disposition, withheld=withheld, until=until, finding=structs.replace(FINDING, advice=advice)
    )
    report = structs.replace(REPORT, original=model.Original(subject=subject))

    found = build(decision, failure, report, structs.replace(ARRIVAL, stream=stream))

    VALIDATOR.validate(json.loads(found.body))
    event.read(found.body)
    assert re.fullmatch(r"([a-z0-9-]+\.){4}[a-z0-9-]+", found.key)
    assert len(found.key) <= 255


def test_schema_refuses():
    """The schema is no rubber stamp: an event without a disposition, or with one of another word, is not valid."""
    body = json.loads(build().body)
    other = json.loads(build().body)
    del body["data"]["decision"]["disposition"]
    other["data"]["decision"]["disposition"] = "perhaps"

    assert not VALIDATOR.is_valid(body)
    assert not VALIDATOR.is_valid(other)
