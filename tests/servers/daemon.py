"""`bounced serve` as a process of its own, for tests that kill it."""

import asyncio
import json
import os
import signal
import smtplib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_START_SECONDS = 30


class Served:
    """A running daemon: its log as it is written, and the port that it listens on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[dict] = []
        self._more = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.port = 0

    async def logged(self, event: str, seconds: float = 30, *, times: int = 1, **wanted: object) -> dict:
        """Wait until the log has *event* with these values so many *times*; fail when the daemon ends or the time is over before."""

        def found() -> dict | None:
            lines = [
                line for line in self._lines if line["event"] == event and all(line.get(key) == value for key, value in wanted.items())
            ]
            return lines[times - 1] if len(lines) >= times else None

        async with self._more:
            try:
                await asyncio.wait_for(self._more.wait_for(lambda: found() or self._reading.done()), seconds)
            except TimeoutError:
                raise AssertionError(f"no {event} {wanted} in {self._lines}") from None
        line = found()
        assert line is not None, f"the daemon ended before {event}: {self._lines}"
        return line

    async def send(self, *messages: bytes) -> list[str]:
        """Hand in *messages* in one session with the null sender; give the replies to DATA."""
        return await asyncio.to_thread(self._send, messages)

    def hang_up(self) -> None:
        """Send SIGHUP."""
        self._process.send_signal(signal.SIGHUP)

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal *number*; give the exit status."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        status = await asyncio.wait_for(self._process.wait(), 30)
        await self._reading
        return status

    def _send(self, messages: tuple[bytes, ...]) -> list[str]:
        replies = []
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            for message in messages:
                client.ehlo_or_helo_if_needed()
                client.mail("")
                client.rcpt("return@bounce.example.com")
                code, text = client.data(message.replace(b"\n", b"\r\n"))
                replies.append(f"{code} {text.decode()}")
        return replies

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            async with self._more:
                self._lines.append(json.loads(line) if line.startswith(b"{") else {"event": "", "text": line.decode()})
                self._more.notify_all()
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def serve(folder: Path, sink: str = "embedded:", **settings: str) -> AsyncIterator[Served]:
    """Run `bounced serve` with its journal in *folder*; *settings* are environment variables without their prefix."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")} | {
        "BOUNCED_SMTP__LISTEN": "127.0.0.1:0",
        "BOUNCED_ADMIN__LISTEN": "127.0.0.1:0",
        "BOUNCED_JOURNAL__FOLDER": str(folder),
        "BOUNCED_SINK__URLS": sink,
        "BOUNCED_TRUST__PEERS": "127.0.0.0/8",
        "BOUNCED_TRUST__REPORTERS": "*",
        **{f"BOUNCED_{name}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bounced", "serve", env=environment, stderr=asyncio.subprocess.PIPE, limit=1024 * 1024
    )
    served = Served(process)
    try:
        started = await served.logged("service.started", _START_SECONDS)
        served.port = int(started["listen"][0].rpartition(":")[2])
        yield served
    finally:
        await served.end(signal.SIGKILL)
