"""What a consumer remembers: the ids of events that it has handled, in a small file of its own, so that none is handled twice.

An id is remembered, on the disk, before its event is acknowledged. Between the handling and that lies a moment in which a
crash lets the event come again; whoever can't bear that writes the id in the transaction of the handling itself. Bounded by age and
number. One process a file: two consumers that share their work need two memories, and may both get what comes twice.
"""

import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from bounced.database import Database
from bounced.database.file import File
from bounced.errors import EventInvalid, JournalUnavailable, SinkUnavailable
from bounced.publish.delivery import Delivery, Outcome

#: What is remembered: so many ids, for so long. A daemon publishes again what it was about when it crashed, a restored one what
#: it published since the backup.
_MOST = 1_000_000
_SECONDS = 30 * 24 * 3600
#: After so many ids old ones are let go, at most so many at a time.
_PRUNE_EVERY, _PRUNE_ROWS = 1000, 2000
_COMMIT_SECONDS = 30

_SCHEMA = ["CREATE TABLE handled (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at REAL NOT NULL) STRICT;"]
_FORGET = """
DELETE FROM handled WHERE seq IN (
    SELECT seq FROM handled WHERE at < :before OR seq <= (SELECT max(seq) FROM handled) - :most ORDER BY seq LIMIT :rows)
"""
_T = TypeVar("_T")


class Memory:
    """The ids that were handled; made and opened with `remembering`."""

    def __init__(self, database: Database[sqlite3.Connection], most: int = _MOST) -> None:
        self._database = database
        self._most = most
        self._added = 0
        #: Ids of deliveries that are being handled just now.
        self.under_way: set[str] = set()

    async def knows(self, event_id: str) -> bool:
        """Whether the event was handled before."""
        return await _told(self._database.read(partial(_is_there, event_id=event_id)))

    async def add(self, event_id: str) -> None:
        """Remember an event; it is on the disk when this returns."""
        self._added += 1
        prune = self._added % _PRUNE_EVERY == 0

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO handled (id, at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", (event_id, time.time()))
            if prune:
                connection.execute(_FORGET, {"before": time.time() - _SECONDS, "most": self._most, "rows": _PRUNE_ROWS})

        await _told(self._database.write(work))


@asynccontextmanager
async def remembering(path: Path, most: int = _MOST) -> AsyncGenerator[Memory, None]:
    """Have the memory at *path*, made if need be, of *most* ids.

    Raises:
        SinkUnavailable: it can't be used now, or another process uses it.
        JournalInvalid: it is damaged.
    """
    database = Database(File(path, _SCHEMA), commit_seconds=_COMMIT_SECONDS, thread_name="bounced-memory")
    await _told(database.open())
    try:
        yield Memory(database, most)
    finally:
        await _told(database.close())


async def once(deliveries: AsyncGenerator[Delivery, None], path: Path) -> AsyncGenerator[Delivery, None]:
    """Pass on what of *deliveries* was not handled before, by the memory at *path*; acknowledge the rest."""
    async with remembering(path) as memory, aclosing(deliveries):
        async for delivery in deliveries:
            try:
                event_id = delivery.event.id
            except EventInvalid:  # its consumer has to say what becomes of it
                yield delivery
                continue
            if event_id in memory.under_way:
                await delivery.release()
            elif await memory.knows(event_id):
                await delivery.ack()
            else:
                memory.under_way.add(event_id)
                settle = partial(_settle, memory, delivery, event_id)
                yield Delivery(delivery.body, delivery.key, settle, is_redelivered=delivery.is_redelivered)


async def _settle(memory: Memory, delivery: Delivery, event_id: str, outcome: Outcome) -> None:
    if outcome is Outcome.DONE:
        await memory.add(event_id)
    try:
        await delivery.settle(outcome)
    finally:
        memory.under_way.discard(event_id)


def _is_there(connection: sqlite3.Connection, event_id: str) -> bool:
    return connection.execute("SELECT 1 FROM handled WHERE id = ?", (event_id,)).fetchone() is not None


async def _told(asked: Awaitable[_T]) -> _T:
    """Await what was asked of the file, and say which file it is when it can't be used."""
    try:
        return await asked
    except JournalUnavailable as error:
        raise SinkUnavailable(f"the memory can't be used: {error.detail}") from error
