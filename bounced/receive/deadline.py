"""The time by when a client must have done something. One timer a session, moved only when it must ring earlier."""

import asyncio
import math
from collections.abc import Callable


class Deadline:
    """Calls *on_expiry* once the time that was last set has come."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_expiry: Callable[[], None]) -> None:
        self._loop = loop
        self._on_expiry = on_expiry
        #: When it was last set, by the loop's clock.
        self.set_at = 0.0
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def set(self, seconds: float) -> None:
        """Expire in *seconds* from now, whatever was set before."""
        self.set_at = self._loop.time()
        self._due = self.set_at + seconds
        if self._due < self._rings_at:
            self._start()

    def suspend(self) -> None:
        """Don't expire until set again."""
        self._due = math.inf

    @property
    def is_suspended(self) -> bool:
        """Whether the client has nothing to do."""
        return self._due == math.inf

    def stop(self) -> None:
        """Take the timer off the loop for good: a session that ends later than its connection sets it in vain."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = None, -math.inf

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = self._loop.call_at(self._due, self._ring), self._due

    def _ring(self) -> None:
        self._timer, self._rings_at = None, math.inf
        if self._loop.time() >= self._due:
            self._due = math.inf
            self._on_expiry()
        elif self._due < math.inf:
            self._start()
