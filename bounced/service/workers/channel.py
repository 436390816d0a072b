"""The line between the parent and a worker: questions one way, answers the other, over a socket pair.

Its end is a message too: a worker whose parent is gone ends in good order, a parent whose worker is gone hears it.
"""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator

import msgspec

from bounced.errors import WorkerFailed
from bounced.service.workers.messages import Answer, Answered, Asked, Question

#: Octets of a line: a configuration with thousands of accepted domains fits.
_LONGEST_LINE = 16 * 1024 * 1024


class Caller:
    """The parent's end: asks, and waits for the answer that belongs to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._reading = asyncio.create_task(self._read(), name="answers")

    @classmethod
    async def over(cls, ours: socket.socket) -> "Caller":
        """Ask over *ours*, which it takes."""
        return cls(*await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE))

    async def ask(self, question: Question, seconds: float | None) -> Answer:
        """Ask, and wait so long for the answer; None: as long as the worker lives.

        Raises:
            WorkerFailed: it is gone, or says nothing in time.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            if self._reading.done():
                raise WorkerFailed("it is gone")
            self._writer.write(msgspec.json.encode(Asked(number, question)) + b"\n")
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError as error:
            raise WorkerFailed(f"it says nothing within {seconds:g} s") from error
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Let go of the line."""
        self._reading.cancel()
        await asyncio.wait({self._reading})
        self._writer.close()

    async def _read(self) -> None:
        try:
            async for line in self._reader:
                answered = msgspec.json.decode(line, type=Answered)
                waiting = self._waiting.get(answered.id)
                if waiting is not None and not waiting.done():  # else whoever asked has waited long enough
                    waiting.set_result(answered.answer)
        except OSError:
            pass  # reset: the worker was killed
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(WorkerFailed("it is gone"))


class Responder:
    """The worker's end: gives the questions, and takes the answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, descriptor: int) -> "Responder":
        """Answer on the socket of *descriptor*, which was inherited."""
        ours = socket.socket(fileno=descriptor)
        ours.set_inheritable(False)
        return cls(*await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE))

    async def questions(self) -> AsyncIterator[Asked]:
        """Give one question after the other, until the parent is gone."""
        try:
            async for line in self._reader:
                yield msgspec.json.decode(line, type=Asked)
        except OSError:
            return

    def answer(self, asked: Asked, answer: Answer) -> None:
        """Answer a question. A parent that is gone hears nothing; the end of the questions tells that."""
        self._writer.write(msgspec.json.encode(Answered(asked.id, answer)) + b"\n")

    async def close(self) -> None:
        """Let go of the line when what was answered is on it."""
        self._writer.close()
        with contextlib.suppress(OSError):  # the parent is gone
            await self._writer.wait_closed()
