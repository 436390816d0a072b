"""The journal: every arrival from acceptance to its last event published, in one SQLite file of one writer.

An arrival is `waiting` until it is judged, then `decided` while events of its wait in the outbox, then `done`; or a
person's: `unread` (no report, or for the postmaster) or `aside` (judging it raised). Each step is one transaction
and can be taken again without harm, so that a crash between two of them needs no repair.

It neither judges nor publishes, and reads no clock. It holds its own limit and leaves it to the caller to archive and prune.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

from bounced import config
from bounced.database import Database
from bounced.database.file import File
from bounced.model import Arrival, Event
from bounced.store import archive, arrivals, outbox, tallies
from bounced.store.account import Account, account
from bounced.store.arrivals import Held
from bounced.store.files import journal_file
from bounced.store.measure import Measure, measure, probe
from bounced.store.outbox import Draft, Refused, Settled
from bounced.store.statements import MIGRATIONS

#: Rows archived or deleted in one transaction: senders wait no longer than that takes.
_AT_ONCE = 100
#: Between two such transactions: receiving goes first.
_PAUSE_SECONDS = 0.02


class Journal:
    """The journal of *number* in *folder*; `async with` opens and closes it.

    Every method may raise `JournalUnavailable`; what it says of a wait that took too long stands at `Database.write`.
    """

    def __init__(self, folder: Path, settings: config.Journal, number: int = 1) -> None:
        self.file_name = journal_file(number)
        file = File(folder / self.file_name, MIGRATIONS)
        self.database = Database(file, commit_seconds=settings.commit_seconds, thread_name=f"bounced-journal-{number}")
        self._folder = folder
        self._settings = settings
        self._version: int | None = None

    async def open(self) -> None:
        """Open the file, made or migrated if need be.

        Raises:
            JournalHeld: another process has it.
            JournalInvalid: a newer release wrote it, or it is damaged.
            JournalUnavailable: it can't be opened now.
        """
        await self.database.open()

    async def close(self) -> None:
        """Finish what was asked, and let go of the file."""
        await self.database.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def keep(self, arrival: Arrival) -> None:
        """Commit *arrival*: when this returns, it is on the disk. It waits to be judged or, for the postmaster, to be read.

        Raises:
            JournalFull: the octets of the messages kept would exceed `journal.max_bytes`.
        """
        await self.database.write(partial(arrivals.keep, arrival=arrival, max_bytes=self._settings.max_bytes))

    async def waiting(self, after: str | None, limit: int) -> list[Arrival]:
        """Read up to *limit* arrivals that are not judged, oldest first, from the one after the id *after*.

        One whose row a disk has damaged is set aside instead.
        """
        page = await self.database.read(partial(arrivals.waiting, after=after, limit=limit))
        if page.damaged:
            await self.database.write(partial(arrivals.set_rows_aside, damaged=page.damaged))
        return page.arrivals

    async def waiting_ids(self) -> set[str]:
        """Name all arrivals that are not judged."""
        return await self.database.read(arrivals.waiting_ids)

    async def begin(self, arrival_id: str) -> int:
        """Commit that judging an arrival begins; return how often it has begun since it came or was given back, this time included."""
        return await self.database.write(partial(arrivals.begin, arrival_id=arrival_id))

    async def begin_first(self, arrival_ids: Sequence[str]) -> set[str]:
        """Commit that judging arrivals begins, as `begin`, for those of which it never has; name these."""
        return await self.database.write(partial(arrivals.begin_first, arrival_ids=arrival_ids))

    async def settle(self, arrival_id: str, drafts: Sequence[Draft]) -> Settled:
        """Commit what judging an arrival led to; settled before, it changes nothing and says `repeated`."""
        return await self.database.write(partial(outbox.settle, arrival_id=arrival_id, drafts=drafts))

    async def settle_all(self, judged: Sequence[tuple[str, Sequence[Draft]]]) -> list[Settled]:
        """Commit what judging several arrivals led to, as `settle`: all of it or, if one raises, nothing."""
        return await self.database.write(partial(outbox.settle_all, judged=judged))

    async def unread(self, arrival_id: str, reason: str) -> bool:
        """Leave an arrival that is no report to a person; False when it doesn't wait to be judged."""
        return await self.database.write(partial(arrivals.hand_to_person, arrival_id=arrival_id, state="unread", reason=reason))

    async def set_aside(self, arrival_id: str, reason: str) -> bool:
        """Leave an arrival to a person because judging it raised; False when it doesn't wait to be judged."""
        return await self.database.write(partial(arrivals.hand_to_person, arrival_id=arrival_id, state="aside", reason=reason))

    async def pending(self, limit: int, after: str | None = None) -> list[Event]:
        """Read up to *limit* events that are to be published, in the order in which they were decided, from the one after *after*."""
        return await self.database.read(partial(outbox.pending, limit=limit, after=after))

    async def published(self, event_ids: Sequence[str]) -> list[str]:
        """Commit that the sink has *event_ids* for good; return the ids of the arrivals that are done by it."""
        return await self.database.write(partial(outbox.published, event_ids=event_ids))

    async def refuse(self, event_id: str, reason: str, most: int = 1) -> Refused:
        """Count that the sink refused an event, and set it aside at the *most*-th time."""
        return await self.database.write(partial(outbox.refuse, event_id=event_id, reason=reason, most=most))

    async def measure(self) -> Measure:
        """Measure how much room there is. That it returns shows that the journal's thread gets on."""
        return await self.database.read(partial(measure, folder=self._folder))

    async def probe(self) -> None:
        """Commit nothing new: when this returns, an arrival could have been kept."""
        await self.database.write(probe)

    async def account(self) -> Account:
        """Draw up the account of what was accepted and decided."""
        return await self.database.read(account)

    async def totals(self) -> tallies.Totals:
        """Add up what was decided, by what operators ask about."""
        return await self.database.read(tallies.totals)

    async def held(self, limit: int) -> list[Held]:
        """List what waits for a person, newest first."""
        return await self.database.read(partial(arrivals.held, limit=limit))

    async def find(self, arrival_id: str) -> Arrival | None:
        """Read one arrival back; None when there is none of that id, or it was pruned."""
        return await self.database.read(partial(arrivals.find, arrival_id=arrival_id))

    async def archive(self, now: datetime, most: int | None = None) -> int:
        """Reduce and compress the messages of what is done since the last time, a few at a time, *most* if that is given; return how many.

        Without *most* it goes on while more is done than it takes.
        """
        archived = 0
        while done := await self.database.read(partial(archive.to_archive, limit=_AT_ONCE)):
            packed = await asyncio.to_thread(archive.pack, done)
            await self.database.write(partial(archive.archive, packed=packed, at=now))
            archived += len(packed)
            if most is not None and archived >= most:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        return archived

    async def prune(self, now: datetime) -> int:
        """Delete what was archived `keep_done_hours` ago, and the oldest beyond `keep_done_bytes`; return how many arrivals.

        One of whose events was set aside stays, for the person who will look into it.
        """
        before = now - timedelta(hours=self._settings.keep_done_hours)
        return await self._repeat(partial(archive.prune, before=before, max_bytes=self._settings.keep_done_bytes, limit=_AT_ONCE))

    async def erase_unread(self, now: datetime) -> int:
        """Delete mail that was no report and that nobody dealt with for `keep_unread_days`; return how many arrivals."""
        before = now - timedelta(days=self._settings.keep_unread_days)
        return await self._repeat(partial(archive.erase_unread, before=before, limit=_AT_ONCE))

    async def forget_reports(self, now: datetime) -> int:
        """Forget which reports came `remember_reports_days` ago: they would count as new; return how many."""
        before = now - timedelta(days=self._settings.remember_reports_days)
        return await self._repeat(partial(archive.forget_reports, before=before, limit=_AT_ONCE))

    async def fold_tallies(self, now: datetime) -> None:
        """Put the counts of hours that are long over together."""
        await self.database.write(partial(tallies.fold, now=now))

    async def changed_from_outside(self) -> bool:
        """Whether an operator's command has written to the journal since this was last asked; then there may be new work."""
        version = await self.database.read(_data_version)
        changed, self._version = version != self._version, version
        return changed

    async def _repeat(self, work: Callable[[sqlite3.Connection], int]) -> int:
        """Do *work* again and again, with pauses, until it finds nothing left to do; return how much it did."""
        total = 0
        while count := await self.database.write(work):
            total += count
            await asyncio.sleep(_PAUSE_SECONDS)
        return total


def _data_version(connection: sqlite3.Connection) -> int:
    """A number that changes when another connection has written (https://www.sqlite.org/pragma.html#pragma_data_version)."""
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version
