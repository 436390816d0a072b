"""Messages that a transcript can't show: large, hostile, cut off, or kept with trouble."""

import asyncio
import contextlib
import hashlib
import os
import socket
import struct
from pathlib import Path

import pytest

from bounced.config import Smtp
from bounced.errors import BouncedError, JournalFull
from bounced.model import Arrival, Envelope
from tests.dialogs.player import LOOPS, Client, connected, is_no_session_left, listening, on, until

EITHER_LOOP = pytest.mark.parametrize("loop", LOOPS)
KEPT = "250 2.0.0 Kept as *"
#: Every published mix of line ends around a lone dot that is not the true end, and a NUL beside the dot.
FALSE_ENDS = [
    before + dot + after
    for before in (b"\n", b"\r", b"\r\n")
    for dot in (b".", b"\x00.", b".\x00")
    for after in (b"\n", b"\r", b"\r\n", b"\r\r\n")
    if (before, dot, after) != (b"\r\n", b".", b"\r\n")
]


class Journal:
    """Keeps arrivals in a list; `keep` waits until it may."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.is_asked = asyncio.Event()
        self.may_commit = asyncio.Event()
        self.may_commit.set()

    async def keep(self, arrival: Arrival) -> None:
        self.is_asked.set()
        await self.may_commit.wait()
        self.arrivals.append(arrival)


async def send(client: Client, body: bytes) -> str:
    """Send one message with *body*, dots stuffed, and return the reply."""
    await client.begin()
    stuffed = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]
    client.writer.write(stuffed + b".\r\n")
    return await client.hear()


@EITHER_LOOP
@pytest.mark.parametrize(
    "body",
    [
        b"x" * 100_000 + b"\r\n",
        b"." * 100_000 + b"\r\n",
        b"\r\n" * 50_000,
        b".\r\n" * 40_000,
        b"\n" * 100_000 + b"\r\n",
        b"\r" * 100_000 + b"\r\n",
        bytes(range(256)) * 1000 + b"\r\n",
    ],
    ids=["one line", "dots", "empty lines", "lone dots", "bare LFs", "bare CRs", "all octets"],
)
def test_long_lines(body: bytes, loop: str) -> None:
    """A line of 100,000 octets, and whatever else the RFCs forbid in a body, is accepted and kept to the octet."""
    journal = []

    async def keep(arrival: Arrival) -> None:
        journal.append((arrival.raw, arrival.size, arrival.sha256))

    async def main() -> None:
        async with listening(keep) as listener, connected(listener) as client:
            journal.append(await send(client, body))

    on(loop, main)

    assert [(body, len(body), hashlib.sha256(body).hexdigest()), KEPT] == journal


async def test_chunk_borders() -> None:
    """Wherever octets are cut into chunks, dots are unstuffed and ends found as if they had come in one piece."""
    tail = b"\r\n.a\r\n..\r\n\r\n...\r\n.\n\r.x\r\n"
    bodies = [b"x" * pad + tail * 3 for pad in range(65_536 - 2 * len(tail), 65_536 + 4)]
    journal = Journal()
    async with listening(journal.keep) as listener, connected(listener) as client:
        heard = [await client.hear(), *await client.ask("HELO client.example")]
        for body in bodies:
            await client.ask("MAIL FROM:<>", "RCPT TO:<bounces@example.net>", "DATA")
            client.writer.write(body.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            heard.append(await client.hear())

    assert (bodies, [KEPT] * len(bodies)) == ([arrival.raw for arrival in journal.arrivals], heard[2:])


@pytest.mark.parametrize("pad", [0, 10, 65_520, 65_536, 131_072])
async def test_false_ends(pad: int) -> None:
    """A lone dot between anything but two CRLFs ends no message, and makes the one that it is in refused, once."""
    heard = []
    journal = Journal()
    async with listening(journal.keep) as listener:
        for end in FALSE_ENDS:
            async with connected(listener) as client:
                await client.begin()
                client.writer.write(b"x" * pad + end + b"MAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nsmuggled\r\n.\r\nNOOP\r\n")
                heard.append((end, [await client.hear(), await client.hear()]))
    refusal = "550 5.6.11 End of data must be <CR><LF>.<CR><LF>: bare <CR> or <LF> around a lone dot"

    assert ([(end, [refusal, "250 2.0.0 OK"]) for end in FALSE_ENDS], []) == (heard, journal.arrivals)


@pytest.mark.parametrize("pad", range(65_528, 65_545))
async def test_false_end_across_chunks(pad: int) -> None:
    """A false end is seen where two chunks meet, too."""
    async with listening() as listener, connected(listener) as client:
        await client.begin()
        client.writer.write(b"x" * pad + b"\n.\r\n" + b"y" * 70_000 + b"\r\n.\r\n")
        reply = await client.hear()

    assert reply.startswith("550 5.6.11 ")


@EITHER_LOOP
def test_spilled_message(tmp_path: Path, loop: str) -> None:
    """Of 5 MB the journal gets what is worth keeping, with the size and digest of all; no file is left, or seen meanwhile."""
    body = b"Subject: large\r\n\r\n" + os.urandom(5_000_000).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    seen: list[object] = []

    async def keep(arrival: Arrival) -> None:
        seen.extend([arrival.raw, arrival.size, arrival.sha256, _files_in(tmp_path)])

    async def main() -> None:
        async with listening(keep, tmp_path) as listener, connected(listener) as client:
            seen.append(await send(client, body))

    on(loop, main)

    assert [body[:1000], len(body), hashlib.sha256(body).hexdigest(), [], KEPT] == seen
    assert _spilled_to(tmp_path) == []


async def test_spilled_just_over(tmp_path: Path) -> None:
    """The first octet over the limit makes a message spill, and up to it all of it is kept."""
    journal = Journal()
    async with listening(journal.keep, tmp_path, spill_bytes=2000) as listener, connected(listener) as client:
        await send(client, b"x" * 1998 + b"\r\n")
        await client.ask("MAIL FROM:<>", "RCPT TO:<bounces@example.net>", "DATA")
        client.writer.write(b"x" * 1999 + b"\r\n.\r\n")
        await client.hear()

    assert [(2000, 2000), (1000, 2001)] == [(len(arrival.raw), arrival.size) for arrival in journal.arrivals]


@pytest.mark.parametrize("folder", ["", "gone"])
async def test_spill_impossible(tmp_path: Path, folder: str) -> None:
    """Without room for a large message the client is asked to come back, and small ones are kept as before."""
    async with listening(spill_folder=tmp_path / folder, max_message_bytes=10_000_000) as listener, connected(listener) as client:
        large = await send(client, b"x" * 1_000_000 + b"\r\n")
        await client.ask("MAIL FROM:<>", "RCPT TO:<bounces@example.net>", "DATA")
        client.writer.write(b"small\r\n.\r\n")
        replies = [large, await client.hear()]

    assert [KEPT if not folder else "452 4.3.1 Can't keep the message now, please try again later", KEPT] == replies


@pytest.mark.parametrize("sent", [0, 3, 1000, 100_000, 1_000_000])
@EITHER_LOOP
def test_client_vanishes(tmp_path: Path, sent: int, loop: str) -> None:
    """Of a client that vanishes in DATA nothing is kept, in the journal or on disk."""
    kept: list[Arrival] = []

    async def keep(arrival: Arrival) -> None:
        kept.append(arrival)

    async def main() -> None:
        async with listening(keep, tmp_path) as listener:
            async with connected(listener) as client:
                await client.begin()
                client.writer.write(b"x" * sent)
                await client.writer.drain()
            await until(lambda: not listener.session_count)

    on(loop, main)

    assert ([], [], []) == (kept, _files_in(tmp_path), _spilled_to(tmp_path))


@EITHER_LOOP
def test_reply_after_commit(loop: str) -> None:
    """250 is said when the arrival is committed and not before, however much else is served meanwhile."""
    order = []

    async def main() -> None:
        journal = Journal()
        journal.may_commit.clear()
        async with listening(journal.keep) as listener, connected(listener) as client, connected(listener) as other:
            reply = asyncio.create_task(send(client, b"text\r\n"))
            reply.add_done_callback(lambda _: order.append("replied"))
            await journal.is_asked.wait()
            await other.hear()
            for _ in range(100):
                await other.ask("NOOP")
            order.append("committed")
            journal.may_commit.set()
            order.append(await reply)

    on(loop, main)

    assert ["committed", "replied", KEPT] == order


async def test_client_vanishes_while_committing() -> None:
    """A commit is not broken off when the client hangs up: what the journal has begun it ends."""
    journal = Journal()
    journal.may_commit.clear()
    async with listening(journal.keep) as listener:
        async with connected(listener) as client:
            await client.begin()
            client.writer.write(b"text\r\n.\r\n")
            await journal.is_asked.wait()
            linger = struct.pack("ii", 1, 0)  # close by a reset: an end that can't be taken for half of one
            client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.writer.transport.abort()
        async with connected(listener) as other:  # by its answers the listener has seen the other one's end
            await other.hear()
            await other.ask("NOOP")
        journal.may_commit.set()
        await until(lambda: not listener.session_count)
        await until(is_no_session_left)

    assert [b"text\r\n"] == [arrival.raw for arrival in journal.arrivals]


class Forever(BouncedError):
    """Trouble that would not pass."""

    smtp_reply = "554 5.3.0 Go away"


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (JournalFull(), "452 4.3.1 Busy, please try again later"),
        (Forever(), "451 4.3.0 Local error, please try again later"),
        (OSError("disk"), "451 4.3.0 Local error, please try again later"),
        (ZeroDivisionError(), "451 4.3.0 Local error, please try again later"),
    ],
    ids=repr,
)
async def test_keep_fails(error: Exception, reply: str) -> None:
    """Trouble of ours is answered with 4xx, and the session goes on."""

    async def keep(_arrival: Arrival) -> None:
        raise error

    async with listening(keep) as listener, connected(listener) as client:
        heard = [await send(client, b"text\r\n"), *await client.ask("NOOP")]

    assert [reply, "250 2.0.0 OK"] == heard


async def test_arrival() -> None:
    """An arrival bears what is known of its coming: client, envelope, stream of the accepted entry, no TLS."""
    journal = Journal()
    settings = {"accept": ("example.net", "returns@example.org"), "streams": {"returns@example.org": "news"}}
    async with listening(journal.keep, **settings) as listener, connected(listener) as client:
        await client.hear()
        recipients = ("postmaster@example.net", "returns+7@example.org")
        await client.ask("HELO client.example", "MAIL FROM:<anna@example.com>", *(f"RCPT TO:<{to}>" for to in recipients), "DATA")
        await client.ask(".")
    arrival = journal.arrivals[0]
    expected = ("127.0.0.1", "client.example", Envelope("anna@example.com", recipients), "news", None, False)

    assert expected == (arrival.peer, arrival.helo, arrival.envelope, arrival.stream, arrival.tls, arrival.for_postmaster)


@pytest.mark.parametrize("recipient", ["postmaster", "Postmaster@example.net"])
async def test_postmaster(recipient: str) -> None:
    """Mail for nobody but the postmaster is marked: it is for a person."""
    journal = Journal()
    async with listening(journal.keep) as listener, connected(listener) as client:
        await client.hear()
        await client.ask("HELO client.example", "MAIL FROM:<>", f"RCPT TO:<{recipient}>", "DATA")
        await client.ask(".")

    assert [True] == [arrival.for_postmaster for arrival in journal.arrivals]


def test_default_limits() -> None:
    """The limits that these tests rely on are the shipped ones."""
    defaults = Smtp()

    assert (64 * 1024 * 1024, 256 * 1024) == (defaults.max_message_bytes, defaults.spill_bytes)


def _files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _spilled_to(folder: Path) -> list[str]:
    """Find files of ours in *folder* that are still open, name or not."""
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists the folder
            links.append(descriptor.readlink())
    return [str(link) for link in links if link.is_relative_to(folder)]
