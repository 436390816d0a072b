"""The history of a process: opened if it is wanted, and what is too old in it forgotten."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import structlog

from bounced.config import Config
from bounced.errors import JournalUnavailable
from bounced.pipeline.remembering import Nothing, Remembered, Remembering
from bounced.store.history import Histories

log = structlog.get_logger()

#: Seconds between two rounds.
ROUND_SECONDS = 3600.0


@contextlib.asynccontextmanager
async def remembering(config: Config, clock: Callable[[], datetime]) -> AsyncIterator[Remembering]:
    """Have the history that *config* asks for, as long as the block lasts.

    Raises:
        JournalHeld: another process has it.
        JournalInvalid: a newer release wrote it, or it is damaged.
        JournalUnavailable: it can't be opened now.
    """
    if config.history.store == "none":
        yield Nothing()
        return
    async with Histories(Path(config.journal.folder), commit_seconds=config.journal.commit_seconds) as histories:
        forgetting = asyncio.create_task(_forget(histories, config.history.keep_days, clock), name="forget")
        try:
            yield Remembered(histories)
        finally:
            forgetting.cancel()
            await asyncio.wait({forgetting})


async def _forget(histories: Histories, keep_days: float, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            if forgotten := await histories.forget(clock(), keep_days):
                log.info("addresses.forgotten", count=forgotten)
        except JournalUnavailable as error:
            log.warning("journal.unavailable", reason=str(error), wait_seconds=ROUND_SECONDS)
        await asyncio.sleep(ROUND_SECONDS)
