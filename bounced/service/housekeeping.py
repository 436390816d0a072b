"""Housekeeping: what is done need not be kept for ever. Runs beside receiving, a few rows at a time."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bounced.errors import JournalUnavailable
from bounced.store import Journal

log = structlog.get_logger()

#: Seconds between two rounds.
ROUND_SECONDS = 600.0


async def keep_house(journal: Journal, keep_done: timedelta, clock: Callable[[], datetime]) -> None:
    """Delete, round after round until cancelled, the arrivals that came longer than *keep_done* ago and are done."""
    while True:
        try:
            pruned = await journal.prune(clock() - keep_done)
        except JournalUnavailable as error:
            log.warning("journal.unavailable", reason=str(error), wait_seconds=ROUND_SECONDS)
        else:
            if pruned:
                log.info("arrivals.pruned", count=pruned)
        await asyncio.sleep(ROUND_SECONDS)
