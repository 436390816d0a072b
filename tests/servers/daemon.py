"""`bounced serve` as a process of its own, for tests that kill it."""

import asyncio
import json
import os
import signal
import smtplib
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

SERVE = (sys.executable, "-m", "bounced", "serve")
_START_SECONDS = 30


class Served:
    """A running daemon: its log as it is written, and the port that it listens on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[dict] = []
        self._more = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.port = 0
        self.admin = ""

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

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def lines(self) -> list[dict]:
        """What it has logged so far."""
        return list(self._lines)

    async def page(self, path: str) -> tuple[int, str]:
        """Fetch a page for operators; give its status and text."""

        def fetch() -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=10) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        return await asyncio.to_thread(fetch)

    async def status(self) -> dict:
        """Fetch `/status`."""
        return json.loads((await self.page("/status"))[1])

    async def until_ready(self, *, ready: bool = True) -> None:
        """Wait until `/ready` says that mail can be taken, or can't."""
        async with asyncio.timeout(60):
            while True:
                if (await self.page("/ready"))[0] == (200 if ready else 503):
                    return
                await asyncio.sleep(0.05)

    async def send(self, *messages: bytes, to: str = "return@bounce.example.com") -> list[str]:
        """Hand in *messages* for *to* in one session with the null sender; give the replies to DATA or to the messages."""
        return await asyncio.to_thread(self._send, messages, to)

    def hang_up(self) -> None:
        """Send SIGHUP."""
        self._process.send_signal(signal.SIGHUP)

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal *number*; give the exit status."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()

    async def talk(self, *commands: str) -> list[str]:
        """Say *commands* in one session, each after the answer to the one before; give the answers."""

        def talk() -> list[str]:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                answers = [client.docmd(command) for command in commands]
                return [f"{code} {text.decode()}" for code, text in answers]

        return await asyncio.to_thread(talk)

    async def ended(self) -> int:
        """Wait until it has ended by itself; give the exit status."""
        status = await asyncio.wait_for(self._process.wait(), 30)
        await self._reading
        return status

    def _send(self, messages: tuple[bytes, ...], to: str) -> list[str]:
        replies = []
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            for message in messages:
                client.ehlo_or_helo_if_needed()
                client.mail("")
                client.rcpt(to)
                try:
                    code, text = client.data(message.replace(b"\n", b"\r\n"))
                except smtplib.SMTPDataError as refusal:  # in place of 354
                    code, text = refusal.smtp_code, refusal.smtp_error
                    client.rset()
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
async def serve(
    folder: Path,
    sink: str = "embedded:",
    *,
    program: Sequence[str] = SERVE,
    environ: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
    configured: bool = False,
    **settings: str,
) -> AsyncIterator[Served]:
    """Run `bounced serve`, or *program*, with its journal in *folder*; *settings* are environment variables without their prefix.

    *environ* is added to the environment, *descriptors* are left open in it. Unless it is *configured* by a file, it
    believes reports that come by loopback, and has no storm brake: tests send many bounces of one receiver at once.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")} | {
        "BOUNCED_SMTP__LISTEN": "127.0.0.1:0",
        "BOUNCED_ADMIN__LISTEN": "127.0.0.1:0",
        "BOUNCED_JOURNAL__FOLDER": str(folder),
        "BOUNCED_SINK__URLS": sink,
        **({} if configured else {"BOUNCED_TRUST__PEERS": "127.0.0.0/8", "BOUNCED_TRUST__REPORTERS": "*", "BOUNCED_STORM__ADDRESSES": "0"}),
        **{f"BOUNCED_{name}": value for name, value in settings.items()},
        **(environ or {}),
    }
    process = await asyncio.create_subprocess_exec(
        *program, env=environment, stderr=asyncio.subprocess.PIPE, limit=1024 * 1024, pass_fds=tuple(descriptors)
    )
    served = Served(process)
    try:
        started = await served.logged("service.started", _START_SECONDS)
        served.port = int(started["listen"][0].rpartition(":")[2])
        served.admin = started["admin"]
        yield served
    finally:
        await served.end(signal.SIGKILL)
