"""The history: what is remembered of each address in each stream, in one SQLite file of one writer, or in PostgreSQL for several.

A report is counted once by its id, and answered a second time what it was answered the first: after a crash between history and
journal the same decision is made again. It reads no clock and knows no policy: who decides comes as a function, and is called in
the midst of the transaction, so that of two reports on one address the second knows of the first.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct, structs

from bounced import config
from bounced.database import Database
from bounced.database.engine import Connection, Engine
from bounced.database.file import File
from bounced.database.server import Server
from bounced.decide import is_believed
from bounced.decide.counting import forgive, standing
from bounced.model import Decision, History, Kind, Memory, Suppression, Withheld
from bounced.store import changes, storms, suppressions
from bounced.store.changes import Changed
from bounced.store.columns import to_text, to_time
from bounced.store.memories import find, memory_of, name_of, remember
from bounced.store.statements import HISTORY_MIGRATIONS, SERVER_MIGRATIONS, statements
from bounced.store.storms import Gauge, Held, Released, Watch
from bounced.store.suppressions import Entry

#: The name of the file.
FILE_NAME = "history.db"

_SQL = statements("history.sql")
_HISTORY = msgspec.json.Decoder(History)
_encode = msgspec.json.Encoder().encode
#: Rows deleted in one transaction, and the pause before the next: counting goes first.
_AT_ONCE = 50
_PAUSE_SECONDS = 0.02
#: Cases decided in one work.
_DECIDED_AT_ONCE = 100
#: Addresses looked up between two commits.
_CHECKED_AT_ONCE = 2000


class Case(Struct, frozen=True, kw_only=True):
    """One recipient's part of a report that came at `at` in `stream`, for his history to be asked about.

    `address` is None where nobody knows it, and then nothing is known of it. The functions are quick and pure: `recall` says what a
    memory comes to now, `decide` what follows from it, `remember` what is to be remembered then, None where nothing changes. `watch`
    says how the storm brake looks at it, None where there is none.
    """

    report_id: str
    stream: str
    at: datetime
    address: str | None
    recall: Callable[[Memory], History]
    decide: Callable[[History], Decision]
    remember: Callable[[Decision], Memory | None]
    watch: Watch | None = None


def in_folder(folder: Path) -> File:
    """Give the embedded history of *folder*."""
    return File(folder / FILE_NAME, HISTORY_MIGRATIONS)


def on_server(url: str, *, seconds: float) -> Server:
    """Give the history in PostgreSQL at *url*; raises `ConfigInvalid` where it can't be asked at all."""
    return Server(url, SERVER_MIGRATIONS, seconds=seconds)


def engine_of(settings: config.Config) -> Engine[Any] | None:
    """Give what keeps the history by *settings*, None where none is kept; raises as `on_server` does."""
    match settings.history.store:
        case "embedded":
            return in_folder(Path(settings.journal.folder))
        case "postgresql":
            return on_server(settings.history.url, seconds=settings.journal.commit_seconds)
        case "none":
            return None


class Histories:
    """The history in what *engine* connects to; `async with` opens and closes it. Every method may raise `JournalUnavailable`."""

    def __init__(self, engine: Engine[Any], *, commit_seconds: float) -> None:
        self.database: Database[Any] = Database(engine, commit_seconds=commit_seconds, thread_name="bounced-history")
        self._gauge = Gauge()

    async def __aenter__(self) -> Self:
        """Open the database, made or migrated if need be.

        Raises:
            JournalHeld: another process has it.
            JournalInvalid: a newer release wrote it, or it is damaged.
            JournalUnavailable: it can't be opened now.
        """
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def apply(self, cases: Sequence[Case]) -> list[Decision]:
        """Decide *cases*, one after the other, and remember what follows; each is counted once, however often it is asked."""
        decisions: list[Decision] = []
        for start in range(0, len(cases), _DECIDED_AT_ONCE):  # of a report with ten thousand recipients a part at a time
            some = cases[start : start + _DECIDED_AT_ONCE]
            addresses = [name_of(case.stream, case.address) for case in some if case.address is not None]
            locks = addresses + [case.report_id for case in some] + [case.watch.lock for case in some if case.watch and case.watch.lock]
            decisions += await self.database.write(partial(apply, cases=some, gauge=self._gauge), locks=locks)
        return decisions

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:
        """Find the suppression of *address* in *stream* that stands at *now*."""
        row = await self.database.read(partial(find, stream=stream, address=address))
        return None if row is None else standing(memory_of(row), now)

    async def delivered(
        self, stream: str, addresses: Sequence[str], at: datetime, kept: frozenset[str], now: datetime
    ) -> list[tuple[Entry, Memory]]:
        """Remember that *addresses* got a message, as `suppressions.delivered`, a part at a time."""
        forgiven: list[tuple[Entry, Memory]] = []
        for start in range(0, len(addresses), _AT_ONCE):
            some = addresses[start : start + _AT_ONCE]
            work = partial(suppressions.delivered, stream=stream, addresses=some, at=at, kept=kept, now=now)
            forgiven += await self.database.write(work, locks=[name_of(stream, address) for address in some])
        return forgiven

    async def suppress(self, stream: str, address: str, suppression: Suppression, now: datetime) -> Memory:
        """Suppress *address* by hand, as `suppressions.suppress`."""
        work = partial(suppressions.suppress, stream=stream, address=address, suppression=suppression, now=now)
        return await self.database.write(work, locks=[name_of(stream, address)])

    async def forgive(self, stream: str | None, address: str, now: datetime) -> list[tuple[Entry, Memory]]:
        """Lift whatever stands against *address*, and forget what counts, in *stream* or in all; give what was changed, and to what."""
        entries = await self.database.read(partial(suppressions.about, address=address))
        work = partial(suppressions.amend, address=address, stream=stream, change=_forgiven, now=now)
        return await self.database.write(work, locks=[name_of(entry.stream, address) for entry in entries])

    async def check(self, addresses: Sequence[str], now: datetime, stream: str | None = None) -> list[Entry]:
        """Find those of *addresses* that are suppressed, a part at a time."""
        entries: list[Entry] = []
        for start in range(0, len(addresses), _CHECKED_AT_ONCE):
            some = addresses[start : start + _CHECKED_AT_ONCE]
            entries += await self.database.read(partial(suppressions.check, addresses=some, now=now, stream=stream))
        return entries

    async def held(self, receiver: str) -> list[Held]:
        """List what is held of *receiver*."""
        return await self.database.read(lambda connection: list(storms.held(connection, receiver)))

    async def drop(self, report_ids: Sequence[str]) -> int:
        """Drop what is held of *report_ids*; return how many were."""
        dropped = 0
        for start in range(0, len(report_ids), _AT_ONCE):
            dropped += await self.database.write(partial(storms.drop, report_ids=report_ids[start : start + _AT_ONCE]))
        return dropped

    async def release(self, report_ids: Sequence[str], by: str, now: datetime) -> list[Released]:
        """Suppress those of *report_ids* that are held, as the order *by* says; asked again by the same order, it answers the same."""
        locks = await self.database.read(partial(storms.locks, report_ids=report_ids))
        return await self.database.write(partial(storms.release, report_ids=report_ids, by=by, now=now), locks=locks)

    async def forget(self, now: datetime, keep_days: float) -> int:
        """Forget what is older than *keep_days*, and who is not suppressed and had nothing since; return how many of those."""
        before = now - timedelta(days=keep_days)
        await self._repeat("forget_failures", before)
        await self._repeat("forget_receivers", before)
        await self._repeat("forget_changes", before)
        return await self._repeat("forget_addresses", before)

    async def expire(self, now: datetime) -> int:
        """Note which suppressions have ended by themselves; return how many have."""
        total = 0
        while ended := await self.database.read(partial(suppressions.ended, now=now, limit=_AT_ONCE)):
            locks = [name_of(entry.stream, entry.address) for entry in ended]
            total += await self.database.write(partial(suppressions.expire, entries=ended, now=now), locks=locks)
            await asyncio.sleep(_PAUSE_SECONDS)
        return total

    async def changes(self, after: int, limit: int, stream: str | None = None) -> list[Changed]:
        """Read up to *limit* changes of the list after the *after*-th, of all streams or of one."""
        return await self.database.read(partial(changes.changes, after=after, limit=limit, stream=stream))

    async def _repeat(self, name: str, before: datetime) -> int:
        total = 0
        while count := await self.database.write(partial(_delete, name=name, before=before)):
            total += count
            await asyncio.sleep(_PAUSE_SECONDS)
        return total


def apply(connection: Connection, cases: Sequence[Case], gauge: Gauge) -> list[Decision]:
    """Decide *cases* and remember what follows, in the caller's transaction; *gauge* counts what receivers send."""
    return [_apply(connection, case, gauge) for case in cases]


def before(connection: Connection, report_id: str) -> History | None:
    """Read what was known before a report; None when it was not counted, or that is forgotten."""
    counted = connection.execute(_SQL["counted"], {"report_id": report_id}).fetchone()
    return None if counted is None else _HISTORY.decode(counted["before"])


def _apply(connection: Connection, case: Case, gauge: Gauge) -> Decision:
    if case.address is None:
        return case.decide(History())
    if (known := before(connection, case.report_id)) is not None:
        return case.decide(known)
    stream, now = case.stream, case.at
    found = find(connection, stream, case.address)
    history = case.recall(Memory() if found is None else memory_of(found))
    decision = due = case.decide(history)
    watch = case.watch
    if watch is not None and is_believed(due.trust):
        storm = storms.weigh(connection, gauge, watch, due, None if found is None else found["seq"], now)
        if storm is not None:
            history = structs.replace(history, storm=storm)
            decision = case.decide(history)
    memory = case.remember(decision)
    if memory is None:
        return decision
    seq = remember(connection, stream, case.address, history.memory, memory, now)
    row = {"report_id": case.report_id, "address": seq, "at": to_time(now), "before": _encode(history).decode()}
    finding = {"category": decision.finding.category, "points": decision.points, "because": to_text(decision.because)}
    connection.execute(_SQL["count"], row | finding)
    if watch is not None and decision.withheld is Withheld.STORM:
        storms.hold(connection, watch, due, now)
    elif found is not None and (memory.suppression is not None or decision.kind is Kind.DELIVERY):
        storms.drop_of(connection, stream, case.address)
    return decision


def _forgiven(entry: Entry) -> Memory:
    return forgive(entry.memory, frozenset())


def _delete(connection: Connection, name: str, before: datetime) -> int:
    return connection.execute(_SQL[name], {"before": to_time(before), "limit": _AT_ONCE}).rowcount
