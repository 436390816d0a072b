"""The policy service: what Postfix asks is answered by what stands, and what is no question ends the line."""

import asyncio
from datetime import UTC, datetime

import pytest

from bounced.admin.policy_service import PolicyServer
from bounced.errors import JournalUnavailable, ListenFailed
from bounced.model import Suppression

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
FOR_GOOD = Suppression(since=NOON, until=None, category="invalid-recipient", because="No such mailbox\n\naction=OK")
EMPTY = b"\n"
TIMED = Suppression(since=NOON, until=NOON.replace(month=12), category="mailbox-full", because="Full")
SUPPRESSED = {("default", "anna@example.org"): FOR_GOOD, ("news", "bob@example.org"): TIMED}


async def find(stream, address):
    """Find what is suppressed; the disk of carl's is ill."""
    if address == "carl@example.org":
        raise JournalUnavailable("the disk is ill")
    return SUPPRESSED.get((stream, address))


@pytest.fixture
async def ask():
    """Ask over one line, request after request; give the answers, None where the line ended."""
    async with PolicyServer("127.0.0.1:0", find) as server:

        async def ask(*requests):
            reader, writer = await asyncio.open_connection(*server.address.split(":"))
            answers = []
            for request in requests:
                writer.write(request)
                is_whole = request == EMPTY or request.endswith(b"\n\n")
                answer = await (reader.readuntil(b"\n\n") if is_whole else reader.read())
                answers.append(answer.decode() or None)
            writer.close()
            return answers

        yield ask


def request(recipient, **more):
    """Make a request as Postfix does."""
    attributes = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "sender": "news@example.net", "recipient": recipient} | more
    return "".join(f"{name}={value}\n" for name, value in attributes.items()).encode() + b"\n"


async def test_answers(ask):
    """Who is suppressed in the stream that is asked about is refused, with since when and why; all others are nobody's business here."""
    answers = await ask(
        request("anna@example.org"),
        request("bob@example.org", policy_context="news"),
        request("bob@example.org"),
        request("dora@example.org"),
        request(""),
        request("carl@example.org"),
        EMPTY,
    )

    assert [
        "action=550 5.7.1 This address is suppressed since 2026-11-27: invalid-recipient\n\n",
        "action=550 5.7.1 This address is suppressed since 2026-11-27 until 2026-12-27: mailbox-full\n\n",
        *["action=DUNNO\n\n"] * 5,
    ] == answers


@pytest.mark.parametrize("nonsense", [b"EHLO me\r\n", b"x" * 20_000, b"a=b\n" * 500, b"recipient\n"])
async def test_nonsense(ask, nonsense):
    """What is no request ends the line, without an answer; the next one is served."""

    assert [None] == await ask(nonsense)
    assert ["action=DUNNO\n\n"] == await ask(request("dora@example.org"))


async def test_end():
    """It ends at once, also while clients are connected."""
    async with PolicyServer("127.0.0.1:0", find) as server:
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        writer.write(request("anna@example.org"))
        await reader.readuntil(b"\n\n")
    assert b"" == await reader.read()
    writer.close()


async def test_taken():
    """An address that somebody has is named with its setting."""
    async with PolicyServer("127.0.0.1:0", find) as server:
        with pytest.raises(ListenFailed, match=r"admin\.postfix_policy: 127\.0\.0\.1:\d+ is in use"):
            async with PolicyServer(server.address, find):
                pass
