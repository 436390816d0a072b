"""How long to wait before another try: longer each time, and never the same for all nodes of a site."""

import random


class Patience:
    """Seconds from *first*, doubling to *longest*, each spread so that many nodes don't come back at once."""

    def __init__(self, first: float = 0.2, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    @property
    def is_tried(self) -> bool:
        """Whether anybody has waited since it was restored."""
        return self._next > self._first

    def wait(self) -> float:
        """Say how many seconds to wait this time."""
        seconds, self._next = self._next, min(self._next * 2, self._longest)
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311 spreads load, guards nothing

    def restore(self) -> None:
        """Begin anew: it went well."""
        self._next = self._first
