"""Taking arrivals in: each is committed, and it is known beforehand when none could be.

Back-pressure is SMTP's own: while the journal is full, its disk is short of room or doesn't answer, DATA gets 4xx and
the sending server keeps its mail. The intake opens again by itself when the cause is gone. It refuses nothing for good.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from bounced import config
from bounced.errors import BouncedError, DiskLow, JournalFull, JournalUnavailable
from bounced.health import Cause, Health
from bounced.model import Arrival
from bounced.pipeline.steps import Reached, Step
from bounced.store import Journal, Measure

log = structlog.get_logger()

#: Seconds between two looks at the room that is left.
LOOK_SECONDS = 1.0
#: Arrivals archived before a full journal is measured again: while a broker that is back takes everything, more are done than can be
#: archived, and mail is not to wait for the last of them.
_ARCHIVED_AT_ONCE = 500

_CAUSES: dict[type[BouncedError], Cause] = {JournalFull: Cause.FULL, DiskLow: Cause.DISK}


class Intake:
    """Keeps arrivals in *journal* within the limits of *settings*."""

    def __init__(
        self, journal: Journal, settings: config.Journal, health: Health, clock: Callable[[], datetime], *, reached: Reached
    ) -> None:
        self._journal = journal
        self._settings = settings
        self._health = health
        self._clock = clock
        self._reached = reached
        self._refusal: BouncedError | None = None
        #: Octets that a full journal must have room for before it is open again: what it had none for, within reason.
        self._wanted = 0

    @property
    def refusal(self) -> BouncedError | None:
        """Why nothing can be taken just now; None when it can."""
        return self._refusal

    async def keep(self, arrival: Arrival) -> None:
        """Commit *arrival*.

        Raises:
            JournalUnavailable: it is not kept.
        """
        self._reached(Step.KEEPING)
        try:
            await self._journal.keep(arrival)
        except JournalUnavailable as error:
            self._wanted = min(len(arrival.raw), self._settings.max_bytes // 2)
            self.close(error)
            raise
        self._reached(Step.KEPT)

    def close(self, trouble: BouncedError) -> None:
        """Refuse what comes, because of *trouble*, until a look shows that it is over."""
        if self._refusal is None:
            log.warning("intake.closed", reason=str(trouble))
        self._refusal = trouble
        self._health.degrade(_CAUSES.get(type(trouble), Cause.JOURNAL), str(trouble))

    async def watch(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Measure the room that is left, and close or open accordingly. In a full journal what is done makes room first."""
        try:
            if isinstance(self._refusal, JournalFull):
                await self._journal.archive(self._clock(), _ARCHIVED_AT_ONCE)
            self._check(await self._journal.measure())
            if self._refusal is not None:
                await self._journal.probe()
        except BouncedError as trouble:
            self.close(trouble)
        else:
            self._open()

    def _check(self, measured: Measure) -> None:
        if measured.free_bytes < self._settings.min_free_bytes:
            raise DiskLow(f"{measured.free_bytes} octets are free, journal.min_free_bytes is {self._settings.min_free_bytes}")
        if isinstance(self._refusal, JournalFull) and measured.kept_bytes + self._wanted > self._settings.max_bytes:
            raise JournalFull(f"{measured.kept_bytes} octets are kept, journal.max_bytes is {self._settings.max_bytes}")

    def _open(self) -> None:
        if self._refusal is not None:
            log.info("intake.opened")
        self._refusal = None
        for cause in (Cause.JOURNAL, Cause.FULL, Cause.DISK):
            self._health.clear(cause)
