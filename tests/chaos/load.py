"""The load, a process of its own: SMTP sessions that hand in bounces, and record each that was answered 250, on the disk.

As a mail server does, it keeps what was not answered 250 and hands it in again. Ends at SIGTERM, when all is handed in, and prints
how often it met what. `python -m tests.chaos.load PORT RECORD SESSIONS`
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter, deque
from pathlib import Path

from tests.reports import block, report

_SILENCE_SECONDS = 90
_BACK_OFF_SECONDS = 0.2
_GOODBYE = b"421"


class Refused(Exception):
    """The session is over, or this message was not taken; `code` says which."""

    def __init__(self, code: bytes) -> None:
        self.code = code


class Load:
    """Numbers from 0, each a report of its own about a reader of its own, until `stopping` is set."""

    def __init__(self, port: int, record: int) -> None:
        self.met: Counter[str] = Counter()
        self.stopping = asyncio.Event()
        self._port = port
        self._record = record
        self._next = 0
        self._again: deque[int] = deque()
        self._under_way = 0
        self._fresh: list[str] = []

    @property
    def is_done(self) -> bool:
        """Whether it is to stop, and nothing is left to hand in."""
        return self.stopping.is_set() and not self._again and not self._under_way

    async def run(self, sessions: int) -> None:
        """Keep so many *sessions* open."""
        async with asyncio.TaskGroup() as group:
            for _ in range(sessions):
                group.create_task(self._client())
            group.create_task(self._keep_record())

    async def _client(self) -> None:
        while not self.is_done:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                self.met["nobody there"] += 1
                await asyncio.sleep(_BACK_OFF_SECONDS)
                continue
            try:
                async with asyncio.timeout(_SILENCE_SECONDS) as limit:
                    await self._session(reader, writer, limit)
            except Refused as refusal:
                self.met[refusal.code.decode()] += 1
                await asyncio.sleep(_BACK_OFF_SECONDS)
            except TimeoutError:
                self.met["silence"] += 1
            except (OSError, asyncio.IncompleteReadError):
                self.met["cut off"] += 1
            finally:
                writer.transport.abort()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: asyncio.Timeout) -> None:
        await _expect(reader, b"220")
        writer.write(b"EHLO mx.example.net\r\n")
        await _expect(reader, b"250")
        for _ in range(random.randrange(1, 100)):  # noqa: S311 no secret
            limit.reschedule(asyncio.get_running_loop().time() + _SILENCE_SECONDS)
            if self.stopping.is_set() and not self._again:
                await asyncio.sleep(_BACK_OFF_SECONDS)
                break
            await self._hand_in(reader, writer)
        writer.write(b"QUIT\r\n")
        await _expect(reader, b"221")

    async def _hand_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = self._take()
        self._under_way += 1
        try:
            writer.write(b"MAIL FROM:<>\r\nRCPT TO:<return@bounce.example.com>\r\nDATA\r\n")
            for code in (b"250", b"250", b"354"):
                await _expect(reader, code)
            writer.write(_bounce(number) + b".\r\n")
            await _expect(reader, b"250")
        except BaseException:
            self._again.append(number)
            raise
        finally:
            self._under_way -= 1
        self._fresh.append(f"{number}\n")
        self.met["250"] += 1

    def _take(self) -> int:
        if self._again:
            return self._again.popleft()
        self._next += 1
        return self._next - 1

    async def _keep_record(self) -> None:
        """Write down what was answered 250 since the last time, and sync it."""
        while not self.is_done or self._fresh:
            lines, self._fresh = self._fresh, []
            if lines:
                os.write(self._record, "".join(lines).encode())
                await asyncio.to_thread(os.fsync, self._record)
            await asyncio.sleep(0.02)


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    """Read a reply of all its lines; raise Refused with its code when that is another than *code*."""
    line = b"   -"
    while line[3:4] == b"-":
        line = await reader.readuntil(b"\n")
    if line[:3] != code:
        raise Refused(line[:3])


def _bounce(number: int) -> bytes:
    """Make the report of *number*: of a reader who is not there, or of a full mailbox."""
    status = "5.1.1" if number % 2 else "4.2.2"
    raw = report(block(f"reader{number}@example.org", status=status), message_id=f"<report-{number}@mx.example.net>")
    return raw.replace(b"\n", b"\r\n")


async def _main(port: int, record: Path, sessions: int) -> None:
    load = Load(port, os.open(record, os.O_CREAT | os.O_APPEND | os.O_WRONLY))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, load.stopping.set)
    await load.run(sessions)
    print(json.dumps(load.met))  # noqa: T201 its answer


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
