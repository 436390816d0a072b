"""What consumers gave back: offered again after a while, longer each time, so that a consumer in trouble does not use up an
event's deliveries within a second. It counts nothing: how often an event was given back is the queue's to know.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Generic, TypeVar

#: Deliveries of one event before it counts as poison and goes to the dead letters. RabbitMQ 4 has 20 by default; but it counts
#: whatever a consumer that ends had not acknowledged yet, and one that is restarted every few seconds must not empty the queue
#: into the dead letters.
DELIVERY_LIMIT = 100
#: Seconds until the second delivery, doubled for each one after it, and at most.
_FIRST_SECONDS, _MOST_SECONDS = 0.1, 10.0

_T = TypeVar("_T")


class Released(Generic[_T]):
    """Deliveries that wait for their next turn; *clock* counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = itertools.count()
        self._heap: list[tuple[float, int, _T]] = []

    def add(self, item: _T, times: int) -> None:
        """Have *item*, which was given back *times* times before, wait."""
        seconds = min(_FIRST_SECONDS * 2 ** min(times, 30), _MOST_SECONDS)
        heapq.heappush(self._heap, (self._clock() + seconds, next(self._number), item))

    def due(self) -> list[_T]:
        """Take out what has waited long enough."""
        items = []
        while self._heap and self._heap[0][0] <= self._clock():
            items.append(heapq.heappop(self._heap)[2])
        return items

    @property
    def seconds(self) -> float | None:
        """How long until the next one is due; None when none waits."""
        return max(0.0, self._heap[0][0] - self._clock()) if self._heap else None
