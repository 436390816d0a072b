"""The daemon as an init system keeps it: started again whenever it ends, always on the same port."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path

_END_SECONDS = 60
_AGAIN_SECONDS = 0.3


class Daemon:
    """Runs `bounced serve` with *settings* (environment variables without their prefix), its log in *log*."""

    def __init__(self, port: int, log: Path, settings: dict[str, str]) -> None:
        #: How often it ended with which status; "-9" is SIGKILL.
        self.ends: Counter[str] = Counter()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")} | {
            f"BOUNCED_{name}": value for name, value in settings.items()
        }
        self._port = port
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Keep it running until cancelled; then tell it to end."""
        try:
            while True:
                with self._log.open("ab") as log:
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", "bounced", "serve", env=self.environment, stdout=log, stderr=log
                    )
                self._ended.clear()
                self.ends[str(await self._process.wait())] += 1
                self._ended.set()
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
                self.ends[str(await self._process.wait())] += 1

    async def end(self, number: signal.Signals) -> bool:
        """Send the signal *number*, and wait until it has ended and is there again; False when it wasn't there or doesn't end."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.send_signal(number)
        try:
            await asyncio.wait_for(self._ended.wait(), _END_SECONDS)
        except TimeoutError:
            self.ends["did not end"] += 1
            self._process.kill()
            return False
        await self.until_up()
        return True

    @property
    def workers(self) -> list[int]:
        """The processes of its workers; itself when it has none."""
        if self._process is None or self._process.returncode is not None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()] or [self._process.pid]

    async def until_up(self) -> None:
        """Wait until it answers a client."""
        async with asyncio.timeout(_END_SECONDS):
            while True:
                try:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    greeting = await reader.readline()
                    writer.transport.abort()
                except OSError:
                    greeting = b""
                if greeting.startswith(b"220"):
                    return
                await asyncio.sleep(0.05)

    async def account(self) -> dict | None:
        """Give the account; None while it can't be told."""
        status = await self._status()
        return status and status.get("account")

    async def until_refusing(self) -> None:
        """Wait until `bounced status` says that it takes no mail."""
        while True:
            status = await self._status()
            if status is not None and status.get("ready") is False:
                return
            await asyncio.sleep(1)

    async def _status(self) -> dict | None:
        """Ask `bounced status --json`."""
        asking = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bounced", "status", "--json", env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asking.communicate()
        return json.loads(said) if said else None
