"""The daemon's life as systemd and its clients see it: ready when it listens, alive while it works, ended in good order."""

import asyncio
import contextlib
import json
import os
import signal
import smtplib
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.test_daemon import bounce
from tests.servers.daemon import Served, serve


class Manager:
    """Listens as a service manager does, at `NOTIFY_SOCKET`."""

    def __init__(self, path: Path) -> None:
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def listen(self) -> list[str]:
        """Take all that has come; give it and all from before."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(self._socket.recv(4096).decode())
        return self.heard

    async def hears(self, word: str, times: int = 1) -> None:
        """Wait until *word* has come so often."""
        async with asyncio.timeout(30):
            while True:
                if self.listen().count(word) >= times:
                    return
                await asyncio.sleep(0.02)

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A service manager that listens."""
    manager = Manager(tmp_path / "notify")
    yield manager
    manager.close()


def notifying(tmp_path: Path, **more: str) -> dict[str, str]:
    """Give the environment in which the daemon tells the manager of *tmp_path*."""
    return {"NOTIFY_SOCKET": str(tmp_path / "notify"), **more}


def activated(bound: socket.socket) -> tuple[str, ...]:
    """Give the program that starts the daemon as a socket unit does: *bound* is descriptor 3."""
    return ("bash", "-c", f"LISTEN_PID=$$ LISTEN_FDS=1 exec {sys.executable} -m bounced serve 3<&{bound.fileno()}")


async def test_ready_means_listening(tmp_path, manager):
    """READY=1 comes when a client is answered, and STOPPING=1 when the end is asked for."""
    async with serve(tmp_path / "journal", environ=notifying(tmp_path)) as daemon:
        await manager.hears("READY=1")
        greeting = (await daemon.talk("NOOP"))[0]
        status = await daemon.end()
        await manager.hears("STOPPING=1")

    assert ("250", 0) == (greeting[:3], status)
    assert manager.heard.index("READY=1") < manager.heard.index("STOPPING=1")


async def test_not_ready(tmp_path, manager):
    """A daemon that can't start never says READY=1."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AssertionError, match="the daemon ended before"):
        async with serve(tmp_path / "journal", environ=notifying(tmp_path), SMTP__LISTEN=f"127.0.0.1:{taken.getsockname()[1]}"):
            pass

    assert "READY=1" not in manager.listen()


async def test_reload(tmp_path, manager):
    """While SIGHUP is carried out the manager knows it (RELOADING=1 with the time of it), and when that is over."""
    async with serve(tmp_path / "journal", environ=notifying(tmp_path)) as daemon:
        await manager.hears("READY=1")
        os.kill(daemon.pid, signal.SIGHUP)
        await daemon.logged("settings.loaded")
        await manager.hears("READY=1", 2)

    (reloading,) = [word for word in manager.heard if word.startswith("RELOADING=1")]
    assert reloading.partition("MONOTONIC_USEC=")[2].isdecimal()


async def test_watchdog_knows_the_journal(tmp_path, manager):
    """Signs of life come while the journal gets on, stop while a commit hangs though the loop turns, and come again after it."""
    folder = tmp_path / "journal"
    async with serve(folder, environ=notifying(tmp_path, WATCHDOG_USEC="150000")) as daemon:
        await manager.hears("WATCHDOG=1", 3)
        with contextlib.closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            sending = asyncio.create_task(daemon.send(bounce(1)))  # its commit waits for the other, some seconds
            alive = (await daemon.page("/live"))[0]
            before = manager.listen().count("WATCHDOG=1")
            reply = (await sending)[0]
            during = manager.listen().count("WATCHDOG=1") - before
            other.execute("ROLLBACK")
        await manager.hears("WATCHDOG=1", before + during + 3)

    assert (200, "452") == (alive, reply[:3])
    assert during < 10  # in which the loop alone would have given a hundred


async def test_socket_unit(tmp_path):
    """On a socket that was handed over mail is taken, and who connects while no daemon runs is served by the next."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        async with serve(tmp_path, program=activated(bound), descriptors=[bound.fileno()]) as daemon:
            first = await daemon.send(bounce(1))
            listening = daemon.port
            ended = await daemon.end()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with serve(tmp_path, program=activated(bound), descriptors=[bound.fileno()]):
            greeting = await asyncio.wait_for(reader.readline(), 30)
        writer.close()

    assert (port, "250", 0) == (listening, first[0][:3], ended)
    assert greeting.startswith(b"220 ")


async def test_socket_open_to_strangers(tmp_path):
    """A socket unit that listens to strangers is held to the same rule as smtp.listen: not without smtp.accept."""
    with socket.create_server(("0.0.0.0", 0)) as bound, pytest.raises(AssertionError, match=r"set smtp\.accept"):  # noqa: S104 to see it refused
        async with serve(tmp_path, program=activated(bound), descriptors=[bound.fileno()]):
            pass


class HalfSent:
    """A client in the midst of its message."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    async def finish(self) -> bytes:
        """Send the rest; give all that is answered until the connection closes."""
        self._writer.write(b"\r\n".join(bounce(1).split(b"\n")) + b"\r\n.\r\n")
        return await self.rest()

    async def rest(self) -> bytes:
        """Give all that is still answered."""
        answer = await asyncio.wait_for(self.reader.read(), 30)
        self._writer.close()
        return answer


async def half_sent(daemon: Served) -> HalfSent:
    """Begin a message and stop after 354."""
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    for line in (b"HELO mx", b"MAIL FROM:<>", b"RCPT TO:<return@bounce.example.com>", b"DATA"):
        writer.write(line + b"\r\n")
    async with asyncio.timeout(30):
        while not (await reader.readline()).startswith(b"354"):
            pass
    return HalfSent(reader, writer)


async def test_message_under_way(tmp_path):
    """After SIGTERM a message that is being sent is still taken, and its client told 250 and then 421; the exit status is 0."""
    async with serve(tmp_path, SMTP__SHUTDOWN_SECONDS="60") as daemon:
        client = await half_sent(daemon)
        ending = asyncio.create_task(daemon.end())
        await daemon.logged("service.stopping")
        answer = await client.finish()
        status = await ending

    assert ([b"250", b"421"], 0) == ([line[:3] for line in answer.splitlines()], status)


async def test_second_signal(tmp_path):
    """A second signal ends the waiting for a client that sends no more: it is told 421, and the exit status is 0."""
    async with serve(tmp_path, SMTP__SHUTDOWN_SECONDS="600") as daemon:
        client = await half_sent(daemon)
        ending = asyncio.create_task(daemon.end())
        await daemon.logged("service.stopping")
        status = await daemon.end(signal.SIGINT)
        answer = await client.rest()
        await ending

    assert (b"421", 0) == (answer[:3], status)


async def test_grace_ends(tmp_path):
    """A client that sends no more does not keep the daemon from ending: after the grace it is told 421."""
    async with serve(tmp_path, SMTP__SHUTDOWN_SECONDS="0.5") as daemon:
        client = await half_sent(daemon)
        status = await daemon.end()
        answer = await client.rest()

    assert (b"421", 0) == (answer[:3], status)


class Load:
    """Clients that send bounces, each message with a number of its own, and remember which were answered with 250."""

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.unclean: list[str] = []
        self.port = 0
        self._next = 0

    async def run(self) -> None:
        """Send, again and again, until cancelled; a daemon that isn't there is waited for."""
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(self._send())

    async def _send(self) -> None:
        while True:
            await asyncio.to_thread(self._session)
            await asyncio.sleep(0.01)

    def _session(self) -> None:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                for _ in range(20):
                    number, self._next = self._next, self._next + 1
                    client.sendmail("", ["return@bounce.example.com"], bounce(number))
                    self.kept.add(number)
        except (ConnectionRefusedError, smtplib.SMTPServerDisconnected):
            pass  # nobody is there, or a 421 came while we were sending
        except smtplib.SMTPRecipientsRefused as error:
            self._note([code for code, _ in error.recipients.values()], error)
        except smtplib.SMTPResponseException as error:
            self._note([error.smtp_code], error)
        except OSError as error:
            self._note([], error)

    def _note(self, codes: list[int], error: OSError) -> None:
        """Remember *error* unless it is a clean goodbye."""
        if set(codes) != {421}:
            self.unclean.append(repr(error))


async def test_sigterm_under_load(tmp_path):
    """Twenty times told to end in the midst of the load: each time 0, no client cut off, and all that got 250 is published once."""
    decisions = tmp_path / "decisions.jsonl"
    load = Load()
    statuses = []
    sending: asyncio.Task[None] | None = None
    for _ in range(20):
        async with serve(tmp_path, f"file:{decisions}") as daemon:
            load.port = daemon.port
            sending = sending or asyncio.create_task(load.run())
            enough = len(load.kept) + 25
            async with asyncio.timeout(30):
                while True:
                    if len(load.kept) >= enough:
                        break
                    await asyncio.sleep(0.01)
            statuses.append(await daemon.end())
    assert sending
    sending.cancel()
    await asyncio.wait({sending})
    async with serve(tmp_path, f"file:{decisions}") as daemon:
        async with asyncio.timeout(30):
            while True:
                status = await daemon.status()
                account = status["account"]  # None where the disk is too busy to tell
                if account and account["arrivals"]["done"] == account["arrivals"]["accepted"]:
                    break
                await asyncio.sleep(0.05)

    events = [json.loads(line) for line in decisions.read_text().splitlines()]
    published = {event["subject"] for event in events}
    assert ([0] * 20, []) == (statuses, load.unclean)
    assert set() == {f"reader{number}@example.org" for number in load.kept} - published
    assert len({event["id"] for event in events}) == len(published)
    assert status["balanced"]
