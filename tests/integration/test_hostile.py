"""Hostile clients: honest ones are served whatever those do, memory stays within its bound, and each is refused with the right words.

All come through a proxy's header, so that they can be of many networks while all of it stays on loopback. The waits of honest clients are
printed (`pytest -s`).
"""

import asyncio
import contextlib
import resource
import statistics
import time

import pytest

from tests.integration.test_crowd import memory
from tests.integration.test_daemon import bounce
from tests.servers.daemon import serve

HONEST = 20
#: Megabytes that an attack may cost beside what the sessions may hold (docs/guarantees.md).
MOST_MIB = 400
SETTINGS = {"SMTP__PROXIES": "127.0.0.1", "SMTP__ACCEPT": "bounce.example.com", "SMTP__COMMAND_SECONDS": "60"}


class Client:
    """A client of the address *host*."""

    def __init__(self, port, host):
        self.port, self.host = port, host

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(f"PROXY TCP4 {self.host} 192.0.2.1 4711 25\r\n".encode())
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def hear(self):
        """The next reply's last line; "" when there is none any more."""
        with contextlib.suppress(ConnectionError):
            while line := await asyncio.wait_for(self.reader.readline(), 60):
                if line[3:4] != b"-":
                    return line.decode().strip()
        return ""

    async def ask(self, *lines):
        """Say each line after the answer to the one before; the answers."""
        said = []
        for line in lines:
            with contextlib.suppress(ConnectionError):
                self.writer.write(line + b"\r\n")
            said.append(await self.hear())
        return said

    async def flood(self, octets, times):
        """Send *octets* so many times, as far as they are taken; hear whatever is said meanwhile, to the end."""

        async def send():
            with contextlib.suppress(ConnectionError):
                for _ in range(times):
                    self.writer.write(octets)
                    await self.writer.drain()

        sending = asyncio.create_task(send())
        said = []
        while reply := await self.hear():
            said.append(reply)
        sending.cancel()
        return said


async def deliver(port, number):
    """Deliver a bounce as an honest server does: refused for the moment or cut off, it comes again. Gives the seconds until 250."""
    began = time.monotonic()
    message = bounce(number).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"."
    while True:
        with contextlib.suppress(OSError):
            async with Client(port, f"198.51.{number % 100}.10") as client:
                if (await client.hear()).startswith("220"):
                    said = await client.ask(b"EHLO mx", b"MAIL FROM:<>", b"RCPT TO:<return@bounce.example.com>", b"DATA", message, b"QUIT")
                    if said[4].startswith("250"):
                        return time.monotonic() - began
        assert time.monotonic() - began < 60, "an honest client was not served for a minute"
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def attacked(folder, name, **settings):
    """Run a daemon; at the block's end honest clients have been served all the time, and memory is bounded."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        async with serve(folder, **(SETTINGS | settings)) as daemon:
            alone = memory(daemon)
            honest = asyncio.create_task(_deliver_all(daemon.port))
            yield daemon
            waits = await honest
            grown = (memory(daemon) - alone) / 2**20
            status = await daemon.status()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    longest, median = max(waits), statistics.median(waits)
    print(f"{name}: {HONEST} honest clients waited {median:.2f} s (median), {longest:.2f} s at most; {grown:.0f} MiB more")  # noqa: T201
    assert grown < MOST_MIB
    assert HONEST <= status["account"]["arrivals"]["accepted"] <= HONEST + 1, status["account"]


async def _deliver_all(port):
    waits = []
    for number in range(HONEST):
        waits.append(await deliver(port, number))
        await asyncio.sleep(0.1)
    return waits


async def met(daemon):
    """Which limits were met."""
    return (await daemon.status())["limits_met"]


async def test_ten_thousand_connections(tmp_path):
    """Ten thousand that connect from a hundred networks and say nothing: a network has its share of sessions, and the silent make room."""
    async with attacked(tmp_path, "10,000 connections") as daemon, contextlib.AsyncExitStack() as stack:

        async def connect(number):
            with contextlib.suppress(OSError):
                await stack.enter_async_context(Client(daemon.port, f"203.0.{number % 100}.{number // 100}"))

        for start in range(0, 10_000, 500):
            await asyncio.gather(*(connect(number) for number in range(start, start + 500)))
        async with asyncio.timeout(60):
            while not (found := await met(daemon)).get("slow"):  # noqa: ASYNC110 another process, which has no event for us
                await asyncio.sleep(0.2)

    assert found["sessions"] > 1000


async def test_one_network(tmp_path):
    """A network that wants all sessions gets its share, and hears why it gets no more."""
    async with attacked(tmp_path, "one network", SMTP__MAX_SESSIONS_PER_NETWORK="10") as daemon, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(daemon.port, f"203.0.113.{number}")) for number in range(30)]
        heard = [await client.hear() for client in clients]

    assert ([220] * 10 + [421] * 20) == [int(line[:3]) for line in heard]
    assert {"421 4.7.0 Too many sessions from your network, please try again later"} == set(heard[10:])


async def test_slow_messages(tmp_path):
    """Clients that take up all sessions with messages that never end, an octet at a time, make room for those who have something to say."""
    begin = (b"EHLO mx", b"MAIL FROM:<>", b"RCPT TO:<return@bounce.example.com>", b"DATA")
    async with attacked(tmp_path, "slow messages", SMTP__MAX_SESSIONS="60") as daemon, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(daemon.port, f"203.0.{number}.1")) for number in range(60)]
        for client in clients:
            if (await client.hear()).startswith("220"):
                await client.ask(*begin)
        for _ in range(80):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.writer.write(b"x")
            await asyncio.sleep(0.1)
        found = await met(daemon)

    assert found["slow"] > 0


@pytest.mark.parametrize(
    ("octets", "times", "last"),
    [
        (b"x" * 65_536, 800, None),
        (b"\0\xff\x80\r\n" * 1000, 100, "421 4.7.0 Too many errors"),
        (b"NOOP\r\n" * 1000, 100, "421 4.7.0 Too many commands without a message"),
        (b"EHLO mx\r\nRSET\r\n" * 1000, 100, "421 4.7.0 Too many commands without a message"),
        (b"EHLO mx\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<x@example.org>\r\n" * 1000, 1, "421 4.7.0 Too many recipients that are not ours"),
        (b"MAIL FROM:<a\r\n" * 1000, 10, "421 4.7.0 Too many errors"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 10, "421 4.7.0 This is SMTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500 + b"\n", 10, "550 5.6.11 Commands must end with <CR><LF>"),
    ],
    ids=["endless line", "binary", "NOOP", "EHLO, RSET", "RCPT", "errors", "browser", "TLS without STARTTLS"],
)
async def test_flood(tmp_path, octets, times, last):
    """Each flood is ended with its reason, or costs nothing, while others are served."""
    settings = {"SMTP__MAX_REFUSED_RECIPIENTS": "50"}
    async with attacked(tmp_path, octets[:20], **settings) as daemon, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(daemon.port, f"203.0.113.{number}")) for number in range(5)]
        floods = [asyncio.create_task(client.flood(octets, times)) for client in clients]
        if last is None:
            await asyncio.sleep(3)  # there is nothing to hear: it goes on as long as it likes
            for flood in floods:
                flood.cancel()
            await asyncio.wait(floods)
        else:
            said = await asyncio.gather(*floods)
            assert [True] * 5 == [each[-1].startswith(last) for each in said], [each[-1] for each in said]


#: What different servers have taken for the end of a message (SEC Consult, "SMTP Smuggling", 2023, and what was found after it).
ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n\x85.\r\n",
]


@pytest.mark.parametrize("end", ENDS, ids=repr)
async def test_smuggling(tmp_path, end):
    """What some servers take for the end of data, and others don't, never makes two messages of one."""
    inner = b"MAIL FROM:<>\r\nRCPT TO:<return@bounce.example.com>\r\nDATA\r\n" + bounce(2).replace(b"\n", b"\r\n")
    begin = (b"EHLO mx", b"MAIL FROM:<>", b"RCPT TO:<return@bounce.example.com>", b"DATA")
    async with serve(tmp_path, **SETTINGS) as daemon, Client(daemon.port, "203.0.113.1") as client:
        await client.hear()
        await client.ask(*begin)
        client.writer.write(b"Subject: x\r\n\r\nouter" + end + inner + b"\r\n.\r\nQUIT\r\n")
        said = [await client.hear(), await client.hear(), await client.hear()]
        accepted = (await daemon.status())["account"]["arrivals"]["accepted"]

    assert (accepted, said[0][:3]) in {(1, "250"), (0, "550")}
    assert ["221 2.0.0 Bye", ""] == said[1:]
