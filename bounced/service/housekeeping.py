"""Housekeeping: what is done need not be kept for ever. Runs beside receiving, a few rows at a time."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from bounced.errors import JournalUnavailable
from bounced.store import Journal

log = structlog.get_logger()

#: Seconds between two rounds.
ROUND_SECONDS = 60.0


async def keep_house(journal: Journal, clock: Callable[[], datetime]) -> None:
    """Archive and delete, round after round until cancelled, what is due."""
    while True:
        try:
            if archived := await journal.archive(clock()):
                log.info("arrivals.archived", count=archived)
            if pruned := await journal.prune(clock()):
                log.info("arrivals.pruned", count=pruned)
            if erased := await journal.erase_unread(clock()):
                log.warning("arrivals.erased", count=erased)
            await journal.forget_reports(clock())
        except JournalUnavailable as error:
            log.warning("journal.unavailable", reason=str(error), wait_seconds=ROUND_SECONDS)
        await asyncio.sleep(ROUND_SECONDS)
