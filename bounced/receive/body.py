"""The octets of one message while they come in: in memory, then in a file without a name.

A message over `spill_bytes` is written, hashed and reduced in the one thread of the listener for it: memory stays
bounded by what one reduction needs, and the disk never holds up the event loop. Knows nothing of SMTP's framing.
"""

import asyncio
import hashlib
import mmap
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, NamedTuple, Self

import structlog

from bounced.receive import replies

log = structlog.get_logger()

#: Reduces a large message to what the journal keeps of it (`bounced.parse.condense`).
Condense = Callable[[bytes | mmap.mmap], bytes]


class Message(NamedTuple):
    """A whole message: what is kept of it, and the size (octets) and digest of all of it."""

    raw: bytes
    size: int
    sha256: str


class Spill(NamedTuple):
    """How large messages are dealt with, the same for all sessions."""

    max_bytes: int
    spill_bytes: int
    folder: Path | None
    condense: Condense
    thread: Executor


class Body:
    """Collects a message; `refusal` is the reply once it is clear that the message will not be kept.

    A context: at its end no file is left, however it ends.
    """

    def __init__(self, spill: Spill) -> None:
        self.refusal: str | None = None
        self._spill = spill
        self._size = 0
        self._chunks: list[bytes] = []
        self._is_spilled = False
        self._file: IO[bytes] | None = None
        self._sha256 = hashlib.sha256(usedforsecurity=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def refuse(self, reply: str) -> None:
        """Keep nothing of this message, and answer *reply* at its end; a later call overrides."""
        self.refusal = reply
        self._drop()

    async def add(self, chunk: bytes) -> None:
        """Add the next octets; past a limit they are counted and dropped."""
        self._size += len(chunk)
        if self.refusal is not None:
            return
        if self._size > self._spill.max_bytes:
            self.refuse(replies.TOO_LARGE.format(max_bytes=self._spill.max_bytes))
            return
        self._chunks.append(chunk)
        if self._size > self._spill.spill_bytes:
            chunks, self._chunks, self._is_spilled = self._chunks, [], True
            try:
                await asyncio.get_running_loop().run_in_executor(self._spill.thread, self._write, chunks)
            except OSError as error:
                log.warning("message.refused", reason=str(error), size_bytes=self._size)
                self.refuse(replies.NO_ROOM)

    async def finish(self) -> Message:
        """Give the message; of a spilled one, what `condense` keeps."""
        if self._is_spilled:
            raw = await asyncio.get_running_loop().run_in_executor(self._spill.thread, self._reduce)
        else:
            raw = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._sha256.update(raw)
        return Message(raw, self._size, self._sha256.hexdigest())

    def _write(self, chunks: list[bytes]) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._spill.folder, buffering=0)  # noqa: SIM115 closed by _drop
        for chunk in chunks:
            self._sha256.update(chunk)
            self._file.write(chunk)

    def _reduce(self) -> bytes:
        assert self._file is not None  # noqa: S101 for mypy: a spilled body has been written
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return self._spill.condense(whole)

    def _drop(self) -> None:
        self._chunks = []
        if self._is_spilled:
            self._is_spilled = False
            self._spill.thread.submit(self._close)  # there, so that it comes after a write that is under way

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
