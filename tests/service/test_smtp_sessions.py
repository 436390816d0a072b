"""Sessions: TLS, limits and time."""

import asyncio
import os
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.config import Smtp
from bounced.errors import ListenFailed
from bounced.model import Arrival
from bounced.receive import Listener
from tests.dialogs.player import LOOPS, connected, is_no_session_left, listening, on, until
from tests.servers.certificate import make_certificate

EITHER_LOOP = pytest.mark.parametrize("loop", LOOPS)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings for TLS with a certificate that is thrown away."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@EITHER_LOOP
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_starttls(tls: dict[str, str], version: ssl.TLSVersion, loop: str) -> None:
    """A stock client switches to TLS and sends 2 MB; the arrival says which version; TLS is not offered again."""
    body = b"Subject: TLS\r\n\r\n" + b"x" * 2_000_000 + b"\r\n"
    kept: list[tuple[int, str | None]] = []
    said: list[object] = []

    def talk(host: str, port: int) -> None:
        context = ssl.create_default_context(cafile=tls["tls_certificate"])
        context.maximum_version = version
        with smtplib.SMTP(host, port, timeout=10) as client:
            client.ehlo()
            said.append(client.has_extn("starttls"))
            client._host = "localhost"  # the name that the certificate is made out to
            said.append(client.starttls(context=context))
            client.ehlo()
            said.append(client.has_extn("starttls"))
            said.append(client.docmd("STARTTLS"))
            client.sendmail("", ["bounces@example.net"], body)

    async def keep(arrival: Arrival) -> None:
        kept.append((arrival.size, arrival.tls))

    async def main() -> None:
        async with listening(keep, **tls) as listener:
            await asyncio.to_thread(talk, *listener.addresses[0])

    on(loop, main)
    expected = [True, (220, b"2.0.0 Ready to start TLS"), False, (503, b"5.5.1 TLS is on already")]

    assert (expected, [(len(body), version.name.replace("_", "."))]) == (said, kept)


@EITHER_LOOP
def test_nothing_crosses_into_tls(tls: dict[str, str], loop: str) -> None:
    """What came in the clear behind STARTTLS is not obeyed after the handshake, and no state survives it."""
    heard = []

    def talk(host: str, port: int) -> None:
        context = ssl.create_default_context(cafile=tls["tls_certificate"])
        with socket.create_connection((host, port), timeout=10) as plain:
            plain.recv(100)
            plain.sendall(b"HELO client.example\r\nMAIL FROM:<>\r\nSTARTTLS\r\nVRFY injected\r\nQUIT\r\n")
            answer = b""
            while not answer.endswith(b"TLS\r\n"):
                answer += plain.recv(1000)
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                secure.sendall(b"RCPT TO:<bounces@example.net>\r\nHELO again.example\r\nRCPT TO:<bounces@example.net>\r\nQUIT\r\n")
                while octets := secure.recv(1000):
                    heard.append(octets)

    async def main() -> None:
        async with listening(**tls) as listener:
            await asyncio.to_thread(talk, *listener.addresses[0])

    on(loop, main)
    expected = b"503 5.5.1 Send EHLO or HELO first\r\n250 mx.example.net\r\n503 5.5.1 Send MAIL first\r\n221 2.0.0 Bye\r\n"

    assert expected == b"".join(heard)


@EITHER_LOOP
@pytest.mark.parametrize("last", [["QUIT"], ["STARTTLS", "EHLO in.the.clear"], ["NOOP"]], ids=["QUIT", "failed handshake", "vanished"])
def test_nothing_remains(tls: dict[str, str], last: list[str], loop: str) -> None:
    """However a session ends, nothing holds it in memory afterwards, no timer either."""

    async def main() -> None:
        async with listening(**tls) as listener:
            async with connected(listener) as client:
                await client.hear()
                for line in last:
                    await client.ask(line)
            await until(is_no_session_left)

    on(loop, main)


@EITHER_LOOP
def test_failed_handshake(tls: dict[str, str], loop: str) -> None:
    """A client that talks no TLS after STARTTLS is let go, and its session is over."""
    counts = []

    async def main() -> None:
        async with listening(**tls) as listener, connected(listener) as client:
            await client.hear()
            await client.ask("STARTTLS")
            client.writer.write(b"EHLO in.the.clear\r\n" * 20)
            counts.append(len(await client.reader.read(-1)) < 100)  # an alert at most
            await until(lambda: not listener.session_count)
            async with connected(listener) as other:
                counts.append(await other.hear())

    on(loop, main)

    assert [True, "220 mx.example.net ESMTP bounced"] == counts


async def test_stock_client_utf8() -> None:
    """A stock client that asks for SMTPUTF8 and 8BITMIME gets both."""
    kept = []

    async def keep(arrival: Arrival) -> None:
        kept.append((arrival.envelope.mail_from, arrival.envelope.rcpt_to, arrival.raw))

    def talk(host: str, port: int) -> None:
        with smtplib.SMTP(host, port, timeout=10) as client:
            client.sendmail("jürgen@example.org", ["rückläufer@example.net"], "ü\r\n".encode(), mail_options=["SMTPUTF8", "BODY=8BITMIME"])

    async with listening(keep) as listener:
        await asyncio.to_thread(talk, *listener.addresses[0])

    assert [("jürgen@example.org", ("rückläufer@example.net",), "ü\r\n".encode())] == kept


async def test_too_many_sessions() -> None:
    """A client beyond the limit is told 421; when one has gone, the next is served."""
    async with listening(max_sessions=2) as listener, connected(listener) as one, connected(listener) as two:
        heard = [await one.hear(), await two.hear()]
        async with connected(listener) as three:
            heard += [await three.hear(), await three.hear()]
        await one.ask("QUIT")
        await until(lambda: listener.session_count == 1)
        async with connected(listener) as four:
            heard.append(await four.hear())
    greeting = "220 mx.example.net ESMTP bounced"

    assert [greeting, greeting, "421 4.3.2 Too many sessions, please try again later", "closed", greeting] == heard


@EITHER_LOOP
def test_too_many_errors(loop: str) -> None:
    """The hundredth error ends the session, and nothing behind it is obeyed."""
    heard = []

    async def main() -> None:
        async with listening() as listener, connected(listener) as client:
            await client.hear()
            client.writer.write(b"NONSENSE\r\n" * 150 + b"NOOP\r\n")
            while (line := await client.hear()) != "closed":
                heard.append(line)

    on(loop, main)

    assert ["500 5.5.1 Command not recognized"] * 100 + ["421 4.7.0 Too many errors"] == heard


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"NOOP " + b"x" * 2041 + b"\r\n", "250 2.0.0 OK"),
        (b"NOOP " + b"x" * 2042 + b"\r\n", "500 5.5.2 Command line too long"),
        (b"NOOP " + b"x" * 1_000_000 + b"\r\n", "500 5.5.2 Command line too long"),
        (b"NOOP " + b"x" * 1_000_000 + b"\n", "550 5.6.11 Commands must end with <CR><LF>: bare <CR> or <LF>"),
    ],
    ids=["longest", "too long", "endless", "endless, bare LF"],
)
async def test_long_command(line: bytes, reply: str) -> None:
    """A command line of 2,048 octets is read; of a longer one nothing is kept, and the next one is read again."""
    async with listening() as listener, connected(listener) as client:
        await client.hear()
        client.writer.write(line + b"QUIT\r\n")
        heard = [await client.hear(), await client.hear()]

    assert [reply, "closed" if reply.startswith("550") else "221 2.0.0 Bye"] == heard


async def test_command_time() -> None:
    """A client that says nothing for too long is told so."""
    async with listening(command_seconds=0.05) as listener, connected(listener) as client:
        heard = [await client.hear(), await client.hear(), await client.hear()]

    assert ["220 mx.example.net ESMTP bounced", "421 4.4.2 Waited too long", "closed"] == heard


@EITHER_LOOP
def test_client_that_reads_nothing(loop: str) -> None:
    """A client that sends on and on and reads no answer stops at the limit of its own time, and holds nothing of ours."""

    async def main() -> None:
        async with listening(command_seconds=0.2) as listener, connected(listener) as client:
            await client.hear()
            client.writer.transport.pause_reading()
            client.writer.write(b"HELP\r\n" * 1_000_000)
            await until(lambda: not listener.session_count)
            client.writer.transport.abort()

    on(loop, main)


async def test_data_time() -> None:
    """A message that takes too long is given up, and nothing of it kept."""
    kept: list[Arrival] = []

    async def keep(arrival: Arrival) -> None:
        kept.append(arrival)

    async with listening(keep, data_seconds=0.05) as listener, connected(listener) as client:
        await client.begin()
        client.writer.write(b"slow")
        heard = [await client.hear(), await client.hear()]

    assert (["421 4.4.2 Waited too long", "closed"], []) == (heard, kept)


async def test_waiting_client_is_not_late() -> None:
    """While we commit, the client's time does not run."""

    async def keep(_arrival: Arrival) -> None:
        is_committed = asyncio.Event()
        asyncio.get_running_loop().call_later(0.2, is_committed.set)  # four times what the client has
        await is_committed.wait()

    async with listening(keep, command_seconds=0.05, data_seconds=0.05) as listener, connected(listener) as client:
        await client.begin()
        reply = await client.ask(".")

    assert ["250 2.0.0 Kept as *"] == reply


async def test_port_in_use() -> None:
    """An address that is taken stops the start, names the address, and leaves no other one open."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as probe:
        free, used = probe.getsockname()[1], taken.getsockname()[1]
        probe.close()
        with pytest.raises(ListenFailed, match=f"127.0.0.1:{used}"):
            async with listening(listen=(f"127.0.0.1:{free}", f"127.0.0.1:{used}")):
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", free))


async def test_certificate_missing(tmp_path: Path) -> None:
    """A certificate that can't be read stops the start and is named."""
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(ListenFailed, match=r"missing\.pem"):
        async with listening(tls_certificate=missing, tls_key=missing):
            pass


async def test_two_addresses() -> None:
    """Every address of the settings is listened on, IPv6 too, and the peer is told as text."""
    peers = []

    async def keep(arrival: Arrival) -> None:
        peers.append(arrival.peer)

    async with listening(keep, listen=("127.0.0.1:0", "[::1]:0")) as listener:
        for address in listener.addresses:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n.\r\nQUIT\r\n")
            await reader.read(-1)
            writer.close()

    assert ["127.0.0.1", "::1"] == peers


async def test_reopened() -> None:
    """A listener that was closed can be opened again."""

    async def keep(_arrival: Arrival) -> None:
        pass

    settings = Smtp(listen=("127.0.0.1:0",), hostname="mx.example.net")
    listener = Listener(settings, keep, condense=bytes, clock=lambda: datetime.now(UTC), random=os.urandom)
    heard = []
    for _ in range(2):
        await listener.open()
        async with connected(listener) as client:
            heard.append(await client.hear())
        await listener.close(0)

    assert (["220 mx.example.net ESMTP bounced"] * 2, []) == (heard, listener.addresses)
