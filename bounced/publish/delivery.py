"""What a consumer gets of a queue: an event that stays there until it is settled.

The same from every sink that has queues; how an outcome reaches the queue is the sink's.
"""

from collections.abc import Awaitable, Callable
from enum import Enum
from functools import cached_property
from types import TracebackType
from typing import Self

from bounced.publish import event


class Outcome(Enum):
    """What became of a delivery."""

    DONE = "done"
    #: Not done: to be delivered again.
    RELEASED = "released"
    #: Never to be done: to the dead letters.
    REJECTED = "rejected"


class Delivery:
    """An event out of a queue. `async with delivery:` acknowledges at its end, or releases if an exception leaves it.

    `body` is the event as it was published, `key` its routing key; `is_redelivered`: it was delivered before, to
    whomever, and not acknowledged.
    """

    def __init__(self, body: bytes, key: str, settle: Callable[[Outcome], Awaitable[None]], *, is_redelivered: bool) -> None:
        self.body = body
        self.key = key
        self.is_redelivered = is_redelivered
        self._settle = settle
        self._is_settled = False

    @cached_property
    def event(self) -> event.CloudEvent:
        """The event, read; EventInvalid when *body* is none of this version."""
        return event.read(self.body)

    async def ack(self) -> None:
        """Take the event out of the queue: it is done. SinkUnavailable: it will be delivered again."""
        await self.settle(Outcome.DONE)

    async def release(self) -> None:
        """Give the event back, to be delivered again."""
        await self.settle(Outcome.RELEASED)

    async def reject(self) -> None:
        """Put the event to the dead letters: no consumer can do anything with it."""
        await self.settle(Outcome.REJECTED)

    async def settle(self, outcome: Outcome) -> None:
        """Tell the queue what became of the event, the first time that this is called."""
        if not self._is_settled:
            await self._settle(outcome)
            self._is_settled = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await (self.ack() if kind is None else self.release())
