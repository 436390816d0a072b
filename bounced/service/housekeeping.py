"""Housekeeping: what is done need not be kept for ever. Runs beside receiving, a few rows at a time.

It also notices what an operator's command has written into the journal beside us, and has the pipeline look at it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from bounced.errors import JournalUnavailable
from bounced.store import Journal

log = structlog.get_logger()

#: Seconds between two rounds; between two looks for changes from outside.
ROUND_SECONDS = 60.0
LOOK_SECONDS = 2.0


async def keep_house(journal: Journal, clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
    """Archive and delete, round after round until cancelled, what is due; *wake* is called when there may be new work."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_round_by_round(_archive, journal, clock), name="archive")
        group.create_task(_round_by_round(_clear_away, journal, clock), name="clear away")
        group.create_task(_look_outside(journal, wake), name="look outside")


async def _round_by_round(work: Callable[[Journal, datetime], Awaitable[None]], journal: Journal, clock: Callable[[], datetime]) -> None:
    while True:
        try:
            await work(journal, clock())
        except JournalUnavailable as error:
            log.warning("journal.unavailable", reason=str(error), wait_seconds=ROUND_SECONDS)
        await asyncio.sleep(ROUND_SECONDS)


async def _archive(journal: Journal, now: datetime) -> None:
    """On its own: under load there is no end of it, and nothing else is to wait for that."""
    if archived := await journal.archive(now):
        log.info("arrivals.archived", count=archived)


async def _clear_away(journal: Journal, now: datetime) -> None:
    if pruned := await journal.prune(now):
        log.info("arrivals.pruned", count=pruned)
    if erased := await journal.erase_unread(now):
        log.warning("arrivals.erased", count=erased)
    await journal.forget_reports(now)
    await journal.fold_tallies(now)


async def _look_outside(journal: Journal, wake: Callable[[], None]) -> None:
    while True:
        try:
            if await journal.changed_from_outside():
                wake()
        except JournalUnavailable:
            pass  # whoever has work for the journal says it
        await asyncio.sleep(LOOK_SECONDS)
