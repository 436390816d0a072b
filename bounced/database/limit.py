"""One time limit for all who wait for an answer: one timer, however many they are."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Limit:
    """Fails answers that have not come within *seconds* with what *error* makes. They come in about the order in which they are asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, error: Callable[[], Exception]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._error = error
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, answer: asyncio.Future[Any]) -> None:
        """Give *answer* its time from now on."""
        self._drop_answered()
        self._waiting.append((self._loop.time() + self._seconds, answer))
        if self._timer is None:
            self._timer = self._loop.call_at(self._waiting[0][0], self._ring)

    def _drop_answered(self) -> None:
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()

    def _ring(self) -> None:
        now = self._loop.time()
        self._drop_answered()
        while self._waiting and self._waiting[0][0] <= now:
            _, answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(self._error())
        self._drop_answered()
        self._timer = self._loop.call_at(self._waiting[0][0], self._ring) if self._waiting else None
