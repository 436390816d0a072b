"""Sinks of JSON lines: `file:PATH`, synced to disk before each confirm, and `stdout:`.

At least once: an event whose confirm was lost stands in the file twice, with the same id. A file may be moved
away at any time (logrotate); the next event goes to a new one.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bounced.errors import BouncedError, SinkUnavailable
from bounced.model import Event

_MODE = 0o640  # addresses are personal data: the owner and his group read them


class LinesSink:
    """Appends each event as a line to *path*, or to standard output where that is None.

    Several processes may append to one file: a batch is one write at its end.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self._descriptor: int | None = None

    async def open(self) -> None:
        """Open the file, made if need be; raise SinkUnavailable when it can't be."""
        await self._in_thread([])

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Write *events*, all or none of them confirmed.

        No time limit: a write that hangs can't be taken back, and what followed it would stand in the middle of it.
        """
        await self._in_thread(events)
        return [None] * len(events)

    async def close(self) -> None:
        """Close the file; what was confirmed is in it."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._forget)
            thread.shutdown(wait=False)

    async def _in_thread(self, events: Sequence[Event]) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="bounced-lines")
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._append, events)
        except OSError as error:
            raise SinkUnavailable(f"{self._path or 'standard output'}: {error.strerror or error}") from error

    def _append(self, events: Sequence[Event]) -> None:
        try:
            descriptor = self._opened()
            _write_all(descriptor, b"".join(event.body + b"\n" for event in events))
            if self._path is not None:
                os.fsync(descriptor)
        except OSError:
            self._forget()  # a line may be torn: it is ended when the file is opened again
            raise

    def _opened(self) -> int:
        """Give the descriptor to write to, anew if the file was moved away or fails."""
        if self._path is None:
            sys.stdout.flush()
            return sys.stdout.fileno()
        if self._descriptor is not None and not _is_same_file(self._descriptor, self._path):
            self._forget()
        if self._descriptor is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
            _end_torn_line(self._descriptor)
            _sync_folder(self._path.parent)
        return self._descriptor

    def _forget(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _end_torn_line(descriptor: int) -> None:
    """End the last line, if a crash or a full disk left it without its end, so that the next one stands by itself."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        _write_all(descriptor, b"\n")


def _sync_folder(folder: Path) -> None:
    """Make the file's name as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
