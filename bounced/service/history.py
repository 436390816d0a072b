"""The history of a process: opened if it is wanted, and what is too old in it forgotten."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Self

import structlog

from bounced.config import Config
from bounced.errors import JournalUnavailable
from bounced.pipeline.remembering import Nothing, Remembered, RememberedIfThere, Remembering
from bounced.store.history import Histories, engine_of

log = structlog.get_logger()

#: Seconds between two rounds.
ROUND_SECONDS = 3600.0
#: Seconds after which a suppression that has ended is noted to have, at the latest.
EXPIRE_SECONDS = 10.0


class Recollection:
    """The history that *config* asks for: `memory` is for who decides, while the `async with` lasts that opens and closes it.

    It may be given away before it is open, and is opened behind the journals: they are what tells two daemons from each other.
    """

    def __init__(self, config: Config, clock: Callable[[], datetime]) -> None:
        #: None where no history is kept.
        self.histories: Histories | None = None
        self.memory: Remembering = Nothing()
        if (engine := engine_of(config)) is not None:
            self.histories = Histories(engine, commit_seconds=config.journal.commit_seconds)
            kind = RememberedIfThere if config.history.when_away == "decide" else Remembered
            self.memory = kind(self.histories)
        self._keep_days = config.history.keep_days
        self._clock = clock
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open it. PostgreSQL that is away is no error: it is tried again when it is needed.

        Raises:
            JournalHeld: another process has the file.
            JournalInvalid: a newer release wrote it, or it is damaged.
            JournalUnavailable: the file can't be opened now.
        """
        if self.histories is not None:
            await self._stack.enter_async_context(self.histories)
            for work in (_forget(self.histories, self._keep_days, self._clock), _expire(self.histories, self._clock)):
                self._stack.push_async_callback(_stop, asyncio.create_task(work, name="history"))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


async def _stop(working: asyncio.Task[None]) -> None:
    working.cancel()
    await asyncio.wait({working})


async def _expire(histories: Histories, clock: Callable[[], datetime]) -> None:
    while True:
        with contextlib.suppress(JournalUnavailable):  # whoever has work for the history says it
            await histories.expire(clock())
        await asyncio.sleep(EXPIRE_SECONDS)


async def _forget(histories: Histories, keep_days: float, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            if forgotten := await histories.forget(clock(), keep_days):
                log.info("addresses.forgotten", count=forgotten)
        except JournalUnavailable as error:
            log.warning("journal.unavailable", reason=str(error), wait_seconds=ROUND_SECONDS)
        await asyncio.sleep(ROUND_SECONDS)
