"""A sink in memory, for tests and for embedding the pipeline: what it confirms lasts as long as the object.

It does not survive the process, whatever it says.
"""

from collections.abc import Sequence

from bounced.errors import BouncedError, SinkRefused, SinkUnavailable
from bounced.model import Event


class MemorySink:
    """Keeps events in `events`, each id once.

    `outage` set to a reason makes it unavailable; ids in `refused` are refused; `attempts` counts calls of publish.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, Event] = {}
        self.outage: str | None = None
        self.refused: set[str] = set()
        self.attempts = 0

    @property
    def events(self) -> list[Event]:
        """What was published, in order."""
        return list(self.by_id.values())

    async def open(self) -> None:
        """Be ready, or raise what `outage` says."""
        self._check()

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Keep *events*; the outcomes are theirs, in order."""
        self.attempts += 1
        self._check()
        return [self._keep(event) for event in events]

    async def close(self) -> None:
        """Keep what there is, for who looks afterwards."""

    def _check(self) -> None:
        if self.outage is not None:
            raise SinkUnavailable(self.outage)

    def _keep(self, event: Event) -> BouncedError | None:
        if event.id in self.refused:
            return SinkRefused(event.id)
        self.by_id.setdefault(event.id, event)
        return None
