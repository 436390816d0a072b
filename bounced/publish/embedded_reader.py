"""The consumer's side of the embedded queue: reads events out of the daemon's file, from a process of its own.

Its transactions are small and unsynced (an acknowledgement that a power cut undoes is a redelivery), so the daemon
waits milliseconds for it at most. Meant for one consumer a queue: of two, both may see the same event.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from bounced.errors import SinkUnavailable
from bounced.publish.delivery import Delivery, Outcome
from bounced.publish.embedded import SCHEMA_VERSION
from bounced.publish.queues import Queue
from bounced.publish.released import DELIVERY_LIMIT, Released

#: How soon a new event is seen. A look costs a memory access in SQLite's shared index, no read of the file.
_LOOK_SECONDS = 0.05
#: How long a transaction of ours waits for one of the daemon's.
_BUSY_SECONDS = 10.0

_STATES = {Outcome.DONE: "acked", Outcome.REJECTED: "dead"}
_RELEASE = """
UPDATE events
SET releases = releases + 1, changed_at = :now, state = CASE WHEN releases + 1 >= :most THEN 'dead' ELSE state END
WHERE seq = :seq AND state = 'ready'
RETURNING state
"""
_SETTLE = """
UPDATE events SET state = :state, changed_at = :now, body = CASE :state WHEN 'acked' THEN x'' ELSE body END
WHERE seq = :seq AND state = 'ready'
RETURNING state
"""
_T = TypeVar("_T")


class _Row(NamedTuple):
    seq: int
    key: str
    body: bytes
    releases: int


async def deliveries(path: Path, queues: Sequence[Queue], *, prefetch: int, follow: bool) -> AsyncGenerator[Delivery, None]:
    """Deliver the events of *queues* in the file at *path*, oldest first; with *follow* wait for more at the end.

    Raises:
        SinkUnavailable: there is no such file, or it can't be read.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="bounced-reader")
    reader = _Reader(path, queues)

    async def ask(work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except sqlite3.Error as error:
            raise SinkUnavailable(f"{path}: {error}") from error

    released: Released[_Row] = Released(time.monotonic)

    async def settle(row: _Row, outcome: Outcome) -> None:
        try:
            if await ask(partial(reader.settle, row.seq, outcome)):
                released.add(row._replace(releases=row.releases + 1), row.releases)
        except RuntimeError as error:  # the thread is no more
            raise SinkUnavailable("not settled before the iteration ended, so it will be delivered again") from error

    last = 0
    try:
        await ask(reader.open)
        while True:
            rows = await ask(partial(reader.page, last, prefetch))
            if not rows:
                if not follow:
                    return
                await asyncio.sleep(_LOOK_SECONDS)
                rows = released.due()
            for row in rows:
                last = max(last, row.seq)
                yield Delivery(row.body, row.key, partial(settle, row), is_redelivered=row.releases > 0)
    finally:
        thread.submit(reader.close)
        thread.shutdown(wait=False)


class _Reader:
    """The file, used from one thread."""

    def __init__(self, path: Path, queues: Sequence[Queue]) -> None:
        self._path = path
        marks = ", ".join("?" for _ in queues)
        self._dispositions = tuple(queue.disposition for queue in queues)
        self._page = (
            f"SELECT seq, key, body, releases FROM events WHERE state = 'ready' AND disposition IN ({marks}) AND seq > ?"  # noqa: S608 question marks
            " ORDER BY seq LIMIT ?"
        )
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise SinkUnavailable(f"{self._path}: not open")
        return self._connection

    def open(self) -> None:
        """Open the file that the daemon made."""
        if not self._path.exists():
            raise SinkUnavailable(f"{self._path} is not there: has the daemon run with this journal.folder?")
        self._connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        self._connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise SinkUnavailable(f"{self._path} is of another release: its schema is {version}, this release reads {SCHEMA_VERSION}")

    def page(self, after: int, most: int) -> list[_Row]:
        """Read the next events after the one numbered *after*; none as long as nobody has written since the last look at the end."""
        (version,) = self._opened.execute("PRAGMA data_version").fetchone()
        if version == self._seen:
            return []
        rows = [_Row(*row) for row in self._opened.execute(self._page, (*self._dispositions, after, most))]
        if not rows:
            self._seen = version
        return rows

    def settle(self, seq: int, outcome: Outcome) -> bool:
        """Note what became of the event numbered *seq*; whether it is to be delivered again. Given back too often, it is dead."""
        statement = _RELEASE if outcome is Outcome.RELEASED else _SETTLE
        values = {"seq": seq, "state": _STATES.get(outcome), "most": DELIVERY_LIMIT, "now": time.time()}
        row = self._opened.execute(statement, values).fetchone()
        return row is not None and row[0] == "ready"

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
