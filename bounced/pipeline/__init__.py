"""The story after acceptance: what the journal has is parsed, judged and published, and then it is done.

One path: every arrival goes through the journal, and after a crash the same loops take up what is there. Each step
can be taken again without harm. Nothing is dropped here: an arrival that can't be judged is set aside for a person,
an event that the sink doesn't take waits.
"""

import asyncio
from collections.abc import Mapping

import structlog

from bounced.errors import BouncedError, HistoryUnavailable, NotPublished
from bounced.health import Cause, Health
from bounced.model import Arrival
from bounced.pipeline.awaited import Awaited
from bounced.pipeline.intake import Intake
from bounced.pipeline.publisher import Publisher
from bounced.pipeline.remembering import Remembering
from bounced.pipeline.settler import Settler
from bounced.pipeline.site import Site, Terms
from bounced.pipeline.steps import Reached, Step, nobody
from bounced.publish import Sink
from bounced.store import Journal

__all__ = ["Intake", "Pipeline", "Reached", "Site", "Step", "Terms", "nobody"]

log = structlog.get_logger()


class Pipeline:
    """Judges and publishes what *intake* keeps in *journal*. `run` runs until it is cancelled; `keep` is for the listener.

    *memory* tells what is known of an address. *window* events are handed to *sink* at once. With *reply_seconds*, `keep` waits
    so long for what an arrival led to to be published. *health* learns what is amiss; *reached* is told of each `Step`.
    """

    def __init__(  # noqa: PLR0913 it brings all of them together
        self,
        intake: Intake,
        journal: Journal,
        sink: Sink,
        terms: Terms,
        memory: Remembering,
        health: Health,
        *,
        window: int,
        reply_seconds: float | None = None,
        reached: Reached,
    ) -> None:
        self._intake = intake
        self._memory = memory
        self._health = health
        self._awaited = Awaited(reply_seconds)
        self._summaries: dict[str, dict[str, object]] = {}
        self._settler = Settler(journal, terms, memory, reached=reached)
        self._publisher = Publisher(journal, sink, window, health, reached=reached)

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How often the sink said what of an event, since the start: confirmed, or a cause."""
        return self._publisher.outcomes

    async def keep(self, arrival: Arrival) -> None:
        """Commit *arrival*; it is judged soon after.

        Raises:
            JournalUnavailable: it is not kept.
            NotPublished: it is kept, and what it led to was to be published first (`smtp.reply_after`).
        """
        if self._awaited.waits_for(arrival):
            async with self._awaited.over(arrival):
                await self._take_in(arrival)
        else:
            await self._take_in(arrival)

    async def _take_in(self, arrival: Arrival) -> None:
        await self._intake.keep(arrival)
        self._settler.wake()

    def renew(self, terms: Terms) -> None:
        """Judge by *terms* from the next arrival on."""
        self._settler.terms = terms

    def wake(self) -> None:
        """Look into the journal: there may be something new to judge or to publish."""
        self._settler.wake()
        self._publisher.wake()

    async def run(self) -> None:
        """Judge and publish until cancelled, beginning with what an earlier run left."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._settler.run(self, self._trouble), name="judge")
            group.create_task(self._publisher.run(self._done, self._intake.close), name="publish")

    def left(self, arrival_id: str) -> None:
        """Note that an arrival is a person's."""
        self._awaited.is_over(arrival_id)

    def repeated(self, arrival_id: str) -> None:
        """Note that what an arrival repeats is not published: nobody may say that it was."""
        self._awaited.is_over(arrival_id, NotPublished("the same report came before, and waits"))

    def settled(self, arrival_id: str, summary: dict[str, object], *, done: bool) -> None:
        """Note what judging came to; logged when nothing is left to publish."""
        self._summaries[arrival_id] = summary
        self._look_at_memory()
        if done:
            self._done(arrival_id)
        else:
            self._publisher.wake()

    def _trouble(self, error: BouncedError) -> None:
        """Take no mail while the journal is in trouble; a history elsewhere that is away is no reason for that."""
        self._look_at_memory()
        if not isinstance(error, HistoryUnavailable):
            self._intake.close(error)

    def _look_at_memory(self) -> None:
        if trouble := self._memory.trouble:
            self._health.degrade(Cause.HISTORY, str(trouble))
        else:
            self._health.clear(Cause.HISTORY)

    def _done(self, arrival_id: str) -> None:
        self._awaited.is_over(arrival_id)
        log.info("arrival.done", arrival_id=arrival_id, **self._summaries.pop(arrival_id, {}))
