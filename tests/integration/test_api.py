"""The HTTP API of a running daemon: who may ask, what is answered, what is kept, and that its description is true."""

import asyncio
import contextlib
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bounced import tokens
from bounced.store.history import Histories, in_folder
from bounced.tokens import Role
from tests.integration.test_daemon import consumed
from tests.reports import block, report
from tests.servers.api import Client
from tests.servers.daemon import serve
from tests.service.test_history import tell
from tests.unit.test_counting import START

ANNA = "/v1/suppressions/anna@example.org"
GONE = "550 5.1.1 User unknown"


@contextlib.asynccontextmanager
async def api(folder: Path, sink: str = "embedded:", **more):
    """Run a daemon with an API and a token of each role, and one for the stream news; give it and how to ask it."""
    file = folder / "tokens"
    _make_tokens(file)
    async with serve(folder / "journal", sink, API__LISTEN="127.0.0.1:0", API__TOKENS=str(file), **more) as daemon:
        place = (await daemon.logged("api.started"))["listen"]

        async def ask(method, path, given=None, *, role=Role.ADMIN, **rest):
            return (await asyncio.to_thread(Client(place, api.tokens[role]).ask, method, path, given, **rest))[:2]

        ask.place = place
        yield daemon, ask


def _make_tokens(file):
    if not file.exists():
        api.tokens = {role: tokens.add(file, str(role), role, None) for role in Role} | {
            "news": tokens.add(file, "news", Role.WRITE, "news")
        }


async def test_who_may(tmp_path):
    """No token or a wrong one is 401 and tells nothing; a role or stream that is not enough is 403; what suffices is done."""
    async with api(tmp_path) as (_, ask):
        client = Client(ask.place)
        wrong = [client.ask("GET", ANNA, token=token) for token in ("", "x", "x" * 43, api.tokens[Role.ADMIN][:-1])]
        nobody = client.ask("GET", ANNA, raw=None)
        answers = [
            await ask("PUT", ANNA, {}, role=Role.READ),
            await ask("POST", "/v1/deliveries", {"addresses": []}, role=Role.READ),
            await ask("POST", "/v1/storms/google/release", role=Role.WRITE),
            await ask("PUT", ANNA, {"stream": "other"}, role="news"),
            await ask("DELETE", f"{ANNA}?stream=other", role="news"),
            await ask("PUT", ANNA, {}, role="news"),
            await ask("PUT", ANNA, {}, role=Role.WRITE),
            await ask("GET", ANNA, role=Role.READ),
        ]
        seen = await ask("GET", ANNA, role="news")
        described = Client(ask.place).ask("GET", "/v1/openapi.json")

    assert {(401, "a token is wanted", "Bearer")} == {
        (status, body["error"], header["WWW-Authenticate"]) for status, body, header in (*wrong, nobody)
    }
    assert [403, 403, 403, 403, 403, 200, 200, 200] == [status for status, _ in answers]
    assert ["default", "news"] == [each["stream"] for each in answers[-1][1]["streams"]]
    assert ["news"] == [each["stream"] for each in seen[1]["streams"]]
    assert (200, "3.1.0") == (described[0], described[1]["openapi"])


async def test_by_hand(tmp_path):
    """Suppressed by hand an address is on the list until it is lifted, a delivery does not lift it, and each change leaves its line."""
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    async with api(tmp_path) as (daemon, ask):
        put = await ask("PUT", ANNA, {"because": "asked us by telephone", "until": until}, role=Role.WRITE)
        delivered = await ask("POST", "/v1/deliveries", {"addresses": ["anna@example.org"]})
        shown = await ask("GET", ANNA)
        checked = await ask("POST", "/v1/suppressions/check", {"addresses": ["ANNA@example.org", "bob@example.org"]})
        lifted = await ask("DELETE", ANNA, role=Role.WRITE)
        again = await ask("DELETE", ANNA)
        after = await ask("POST", "/v1/suppressions/check", {"addresses": ["anna@example.org"]})
        lines = [await daemon.logged("list.changed", change=change, address="anna@example.org") for change in ("suppressed", "lifted")]

    assert (200, "manual", "asked us by telephone", 1) == (put[0], put[1]["category"], put[1]["because"], put[1]["generation"])
    assert [] == delivered[1]["lifted"]
    assert "asked us by telephone" == shown[1]["streams"][0]["suppression"]["because"]
    assert (2, ["anna@example.org"]) == (checked[1]["checked"], [each["address"] for each in checked[1]["suppressed"]])
    assert (200, ["anna@example.org"], 404) == (lifted[0], [each["address"] for each in lifted[1]["lifted"]], again[0])
    assert [] == after[1]["suppressed"]
    assert [("write", "127.0.0.1"), ("write", "127.0.0.1")] == [(line["by"], line["peer"]) for line in lines]


async def test_hundred_thousand(tmp_path):
    """A hundred thousand addresses are checked in one request, and exactly those come back that are suppressed."""
    bounces = [report(block(f"reader{number * 100}@example.org"), message_id=f"<{number}>") for number in range(50)]
    async with api(tmp_path) as (daemon, ask):
        await daemon.send(*bounces)
        await daemon.logged("arrival.done", times=50)
        status, answer = await ask(
            "POST", "/v1/suppressions/check", {"addresses": [f"reader{number}@example.org" for number in range(100_000)]}
        )
        too_many = await ask("POST", "/v1/suppressions/check", {"addresses": ["a@b.example"] * 100_001})

    assert (200, 100_000) == (status, answer["checked"])
    assert {f"reader{number * 100}@example.org" for number in range(50)} == {each["address"] for each in answer["suppressed"]}
    assert (422, "addresses") == (too_many[0], too_many[1]["field"])


async def test_deliveries(tmp_path):
    """A delivery clears points and lifts; not a complaint, and not what came after it; who is not known is remembered as good."""
    folder = tmp_path / "journal"
    folder.mkdir()
    async with Histories(in_folder(folder), commit_seconds=30) as histories:
        await tell(histories, (0, "full", "r1"), (0, "dead", "r2", "bob@example.org"), (0, "unwanted", "r3", "carl@example.org"))
    early, late = ((START + timedelta(days=days)).isoformat() for days in (-1, 1))
    everybody = [f"{name}@example.org" for name in ("anna", "bob", "carl", "dora")]
    async with api(tmp_path) as (daemon, ask):
        before = await ask("POST", "/v1/deliveries", {"addresses": everybody, "at": early})
        after = await ask("POST", "/v1/deliveries", {"addresses": everybody, "at": late}, role=Role.WRITE)
        shown = [(await ask("GET", f"/v1/suppressions/{address}"))[1]["streams"][0] for address in everybody]
        line = await daemon.logged("deliveries.taken", by="write")

    assert [] == before[1]["lifted"]
    assert (4, ["bob@example.org"]) == (after[1]["taken"], [each["address"] for each in after[1]["lifted"]])
    assert [None, None, "complaint", None] == [each["suppression"] and each["suppression"]["category"] for each in shown]
    assert {"2026-03-02T00:00:00Z"} == {each["delivered"] for each in shown}
    assert (4, 1) == (line["count"], line["lifted"])


async def test_replies(tmp_path):
    """Replies are published like reports, once each however often they are told, also those that were taken just before a kill."""
    told = [
        {"recipient": f"reader{number}@example.org", "text": GONE, "id": f"i{number}", "reference": f"c{number}"} for number in range(300)
    ]
    async with api(tmp_path) as (daemon, ask):
        first = await ask("POST", "/v1/replies", {"replies": told[:200], "stream": "news"}, role=Role.WRITE)
        again = await ask("POST", "/v1/replies", {"replies": told, "stream": "news"}, role="news")
        await daemon.end(signal.SIGKILL)
    async with api(tmp_path) as (daemon, _):
        async with asyncio.timeout(60):
            while (await daemon.status())["account"]["arrivals"]["done"] < 500:  # noqa: ASYNC110 it is another process
                await asyncio.sleep(0.05)
        await daemon.end()
    events = [event.data for event in await consumed("embedded:", folder=tmp_path / "journal")]

    assert (202, 200, 202, 300) == (first[0], len(first[1]["kept"]), again[0], len(again[1]["kept"]))
    assert 500 == len({*first[1]["kept"], *again[1]["kept"]})
    assert sorted(each["recipient"] for each in told) == sorted(event.recipient.address for event in events)
    assert {("suppress", "invalid-recipient", "news", "reporter", "live-reply")} == {
        (event.decision.disposition, event.decision.category, event.stream, event.trust.grade, event.dsn.format) for event in events
    }
    assert {each["reference"] for each in told} == {event.message.reference for event in events}


async def test_storms(tmp_path):
    """What is held is shown, and dropped or released by who may."""
    sent = [report(block(f"reader{number}@ill.example"), message_id=f"<{number}>") for number in range(30)]
    async with api(tmp_path, STORM__ADDRESSES="20") as (daemon, ask):
        await daemon.send(*sent)
        await daemon.logged("arrival.done", times=30)
        shown = await ask("GET", "/v1/storms", role=Role.READ)
        released = await ask("POST", "/v1/storms/ill.example/release")
        await daemon.logged("arrival.done", kind="release")
        again = await ask("POST", "/v1/storms/ill.example/drop")
        checked = await ask("POST", "/v1/suppressions/check", {"addresses": [f"reader{number}@ill.example" for number in range(30)]})

    assert [("ill.example", 11)] == [(each["receiver"], each["held"]) for each in shown[1]["storms"]]
    assert ((202, {"count": 11}), 404, 30) == (released, again[0], len(checked[1]["suppressed"]))


MALFORMED = [
    ("PUT", ANNA, {"until": "tomorrow"}, "until"),
    ("PUT", ANNA, {"until": "2030-01-01T00:00:00"}, "until"),
    ("PUT", ANNA, {"stream": "No Stream"}, "stream"),
    ("PUT", ANNA, {"becaus": "typo"}, None),
    ("PUT", ANNA, [], None),
    ("PUT", "/v1/suppressions/anna", {}, "address"),
    ("GET", "/v1/suppressions/%00", None, "address"),
    ("GET", f"{ANNA}?stream=A", None, "stream"),
    ("GET", f"{ANNA}?steam=news", None, None),
    ("POST", "/v1/suppressions/check", {}, None),
    ("POST", "/v1/suppressions/check", {"addresses": ["a@b.example", 1]}, "addresses[1]"),
    ("POST", "/v1/deliveries", {"addresses": ["a@b.example", "b"]}, "addresses[1]"),
    ("POST", "/v1/replies", {"replies": [{"text": GONE}]}, "replies[0]"),
    ("POST", "/v1/replies", {"replies": [{"recipient": "b", "text": GONE}]}, "replies[0].recipient"),
    ("POST", "/v1/replies", {"replies": [{"recipient": "a@b.example", "text": GONE, "code": 99}]}, "replies[0].code"),
    ("POST", "/v1/replies", {"replies": [{"recipient": "a@b.example"}]}, "replies[0]"),
    ("POST", "/v1/replies", {"replies": [{"recipient": "a@b.example", "text": " "}]}, "replies[0].text"),
]


async def test_malformed(tmp_path):
    """What is not in order is 422 with the field, and nothing of it is done; what is no JSON too."""
    async with api(tmp_path) as (_, ask):
        answers = [await ask(method, path, given) for method, path, given, _ in MALFORMED]
        broken = [await ask("PUT", ANNA, raw=raw) for raw in (b"", b"{", b"\xff", b"[" * 100_000)]
        nothing = [await ask("GET", "/v2"), await ask("PATCH", ANNA), await ask("GET", "/v1/suppressions/")]
        too_large = await ask("PUT", ANNA, raw=b" " * (49 * 1024 * 1024))
        over = await ask("PUT", ANNA, {"until": "2020-01-01T00:00:00Z"})
        left = await ask("GET", ANNA)

    assert [(422, field) for *_, field in MALFORMED] == [(status, answer.get("field")) for status, answer in answers]
    assert {422} == {status for status, _ in broken}
    assert [404, 405, 422] == [status for status, _ in nothing]
    assert (413, 409, 404) == (too_large[0], over[0], left[0])
    assert "is no mail address" == answers[[field for *_, field in MALFORMED].index("replies[0].recipient")][1]["error"]


async def test_unix_socket(tmp_path):
    """On a unix socket it may ask for no token, where that was meant so; the socket of an earlier run is in nobody's way."""
    path = tmp_path / "api.sock"
    for _ in range(2):
        async with serve(tmp_path / "journal", API__LISTEN=f"unix:{path}", API__WITHOUT_TOKEN="true") as daemon:
            await daemon.logged("api.started")
            status, _, _ = await asyncio.to_thread(Client(f"unix:{path}").ask, "PUT", ANNA, {})
            await daemon.end(signal.SIGKILL)
        assert (200, 0o660) == (status, path.stat().st_mode & 0o777)


async def test_journal_full(tmp_path):
    """While nothing can be kept replies are answered 503 with when to come back, and kept none; the list is there all the same."""
    async with api(tmp_path, JOURNAL__MAX_BYTES="1") as (_, ask):
        reply = {"replies": [{"recipient": "a@b.example", "text": GONE}]}
        status, answer, header = await asyncio.to_thread(Client(ask.place, api.tokens[Role.WRITE]).ask, "POST", "/v1/replies", reply)
        listed = await ask("PUT", ANNA, {})

    assert (503, "5", 200) == (status, header["Retry-After"], listed[0])
    assert "limit" in answer["error"]


async def test_described(tmp_path):
    """The OpenAPI document is true: whatever it allows or forbids is answered as it says (schemathesis, all its checks)."""
    async with api(tmp_path) as (_, ask):
        arguments = ("--max-examples", "3", "--phases", "coverage,fuzzing", "--generation-deterministic", "--suppress-health-check", "all")
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", f"http://{ask.place}/v1/openapi.json", "--header", f"Authorization: Bearer {api.tokens[Role.ADMIN]}"),
            *arguments,
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()

    assert 0 == process.returncode, said.decode()
