"""A dead letter: an event that its consumers gave back too often, or rejected. It stays until a person does something about it.

The same from every sink that has queues; how a deed reaches the queue is the sink's.
"""

from collections.abc import Awaitable, Callable
from enum import Enum

from msgspec import Struct


class Deed(Enum):
    """What becomes of a dead letter."""

    REQUEUED = "requeued"
    REMOVED = "removed"


class Letter(Struct, frozen=True):
    """One dead letter: the event's id and body, its routing key, the queue that it died in, and of what.

    `do` tells the queue what becomes of it; when it returns, that lasts. Left alone, it stays.
    """

    id: str
    key: str
    body: bytes
    queue: str
    reason: str
    do: Callable[[Deed], Awaitable[None]]


class Standing(Struct, frozen=True):
    """How a queue stands: its events that are ready, and its consumers, as far as that is known."""

    queue: str
    ready: int
    consumers: int | None = None
