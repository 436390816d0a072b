"""Behind a proxy: its header tells who the client is, and nobody else's does."""

import asyncio
import socket
import struct

import pytest

from bounced.receive import smtp
from tests.dialogs.player import LOOPS, listening, on

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 4711, 25)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack("!HH", 4711, 25)
MAPPED = socket.inet_pton(socket.AF_INET6, "::ffff:192.0.2.7") + V6[16:]
TLVS = b"\x04\x00\x03abc" + b"\xea\x00\x01x"
MAIL = b"HELO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n"


def v2(command, family, rest):
    """Make a header of version 2: command 0 is LOCAL, 1 PROXY; family 0x11 is TCP over IPv4, 0x21 over IPv6, 0x31 a unix socket."""
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack("!H", len(rest)) + rest


def told(header, loop, **settings):
    """Send *header* and a message on its heels; give the peer of what was kept, and what the client heard."""
    peers, heard = [], []

    async def keep(arrival):
        peers.append(arrival.peer)

    async def main():
        async with listening(keep, **settings) as listener:
            reader, writer = await asyncio.open_connection(*listener.addresses[0])
            writer.write(header + MAIL + b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
            heard.append(await reader.read())
            writer.close()

    on(loop, main)
    return peers, heard[0]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n", "192.0.2.7"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\n", "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
        (b"PROXY UNKNOWN 192.0.2.7 192.0.2.1 4711 25\r\n", "127.0.0.1"),
        (v2(1, 0x11, V4), "192.0.2.7"),
        (v2(1, 0x11, V4 + TLVS), "192.0.2.7"),
        (v2(1, 0x21, V6), "2001:db8::7"),
        (v2(1, 0x21, MAPPED), "192.0.2.7"),
        (v2(0, 0x00, b""), "127.0.0.1"),
        (v2(0, 0x11, V4), "127.0.0.1"),
        (v2(1, 0x31, b"/client".ljust(108, b"\0") + b"/server".ljust(108, b"\0")), "127.0.0.1"),
        (v2(1, 0x00, b""), "127.0.0.1"),
    ],
)
def test_client(header, peer, loop):
    """The peer of an arrival is the proxy's client; the proxy itself where it comes for itself or doesn't know."""
    peers, heard = told(header, loop, proxies=("127.0.0.1",))

    assert [peer] == peers
    assert heard.startswith(b"220 ")
    assert heard.endswith(b"221 2.0.0 Bye\r\n")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4711\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25 x\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 65536\r\n",
        b"PROXY TCP4 192.0.2.777 192.0.2.1 4711 25\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 4711 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\n",
        b"PROXY " + b"x" * 200 + b"\r\n",
        b"PROXY\r\n",
        v2(1, 0x11, V4[:-1]),
        v2(2, 0x11, V4),
        v2(1, 0x51, V4),
        v2(1, 0x11, V4).replace(b"\x21\x11", b"\x11\x11"),
        SIGNATURE[:-1] + b"x" + v2(1, 0x11, V4)[12:],
    ],
)
def test_malformed(header):
    """A proxy whose header is not in order is hung up on, without a greeting, and nothing of it is taken."""
    peers, heard = told(header, "asyncio", proxies=("127.0.0.1",))

    assert ([], b"") == (peers, heard)


@pytest.mark.parametrize("settings", [{}, {"proxies": ("192.0.2.0/24",)}])
@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n", v2(1, 0x11, V4)])
def test_stranger(header, settings):
    """From anybody else a header is no command, and its address is not believed."""
    peers, heard = told(header, "asyncio", **settings)

    assert {"127.0.0.1"} >= set(peers)
    assert heard.startswith(b"220 ")
    assert b"500 5.5.1" in heard or b"5.6.11" in heard


@pytest.mark.parametrize("loop", LOOPS)
def test_silent(loop, monkeypatch):
    """A proxy that says nothing, or not all of it, is hung up on in time."""
    monkeypatch.setattr(smtp, "HEADER_SECONDS", 0.1)
    heard = []

    async def main():
        async with listening(proxies=("127.0.0.1",)) as listener:
            for said in (b"", b"PROXY TCP4 192.0.2.7", SIGNATURE + b"\x21\x11\xff\xff" + V4):
                reader, writer = await asyncio.open_connection(*listener.addresses[0])
                writer.write(said)
                heard.append(await reader.read())
                writer.close()

    on(loop, main)

    assert [b"421 "] * 3 == [each[:4] for each in heard]
