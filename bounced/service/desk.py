"""A desk: one journal and those who work on it. What is kept there is judged, published and, when it is done, cleared away."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

import structlog

from bounced.config import Config
from bounced.health import Health
from bounced.model import Arrival
from bounced.pipeline import Intake, Pipeline, Reached, Terms, nobody
from bounced.pipeline.remembering import Remembering
from bounced.publish import Sink
from bounced.service.housekeeping import keep_house
from bounced.store import Journal

log = structlog.get_logger()


class Desk:
    """The desk of the *number*-th journal in *folder*; its events go to *sink*, which may serve several desks.

    `async with` opens and closes the journal. `intake` is for who takes mail in; a desk without a listener works off what
    is there.
    """

    def __init__(
        self,
        number: int,
        config: Config,
        sink: Sink,
        terms: Terms,
        memory: Remembering,
        *,
        clock: Callable[[], datetime],
        reached: Reached = nobody,
    ) -> None:
        self.health = Health()
        self.journal = Journal(Path(config.journal.folder), config.journal, number)
        self.intake = Intake(self.journal, config.journal, self.health, clock, reached=reached)
        self.pipeline = Pipeline(
            self.intake,
            self.journal,
            sink,
            terms,
            memory,
            self.health,
            window=config.sink.window,
            reply_seconds=config.smtp.reply_seconds if config.smtp.reply_after == "publish" else None,
            reached=reached,
        )
        self._clock = clock

    async def __aenter__(self) -> Self:
        """Open the journal.

        Raises:
            JournalHeld: another process has it.
            JournalInvalid: a newer release wrote it, or it is damaged.
            JournalUnavailable: it can't be opened now.
        """
        await self.journal.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.journal.close()

    async def greet(self) -> None:
        """Look whether mail can be taken, and say what an earlier run has left."""
        await self.intake.look()
        arrivals = (await self.journal.account()).arrivals
        if arrivals.waiting or arrivals.decided:
            log.info("arrivals.resumed", journal=self.journal.file_name, waiting=arrivals.waiting, decided=arrivals.decided)

    async def take(self, arrival: Arrival) -> None:
        """Take in what no client waits for; raises as `Intake.keep` does."""
        await self.intake.keep(arrival)
        self.pipeline.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pipeline.run(), name="pipeline")
            group.create_task(self.intake.watch(), name="intake")
            group.create_task(keep_house(self.journal, self._clock, self.pipeline.wake), name="housekeeping")
