"""Tells systemd that we are alive: that the loop turns and the journal answers, not merely that the process is there."""

import asyncio

from bounced.errors import JournalUnavailable
from bounced.service.systemd import Notifier
from bounced.store import Journal

#: Signs of life in the time that systemd grants for one.
_SIGNS = 3


async def show_life(notifier: Notifier, journal: Journal) -> None:
    """Show it until cancelled, if anybody watches."""
    if notifier.watchdog_seconds is None:
        return
    while True:
        try:
            await journal.measure()
        except JournalUnavailable:
            pass  # no sign: who can't get through to the disk for so long is better begun anew
        else:
            notifier.alive()
        await asyncio.sleep(notifier.watchdog_seconds / _SIGNS)
