"""One SQLite file, one thread, group commit: what a durable queue of ours stands on.

Works (functions of a connection) are handed to a thread of the database's own. Everyone who waits while a commit
runs shares the next one, so that a hundred sessions cost one sync of the disk, not a hundred. A waiter learns the
result of a work only after the COMMIT that holds it has returned, with `synchronous=FULL`: what was answered is on
the disk.

It knows no table and no statement: those are its users', who also bound how much may wait. It never tries a failed
commit again: each waiter is told, and decides. SQLite's promises: https://www.sqlite.org/wal.html,
https://www.sqlite.org/pragma.html#pragma_synchronous, https://www.sqlite.org/lang_savepoint.html.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self, TypeVar

from bounced.database.file import connect, is_trouble, lock, scripts
from bounced.errors import JournalInvalid, JournalUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

#: So many works share one commit at most: a waiter's answer must not hang on an endless group.
_MAX_GROUP = 1000


@dataclass(slots=True)
class _Ask:
    """A work, who waits for it, and what came of it."""

    work: Work[Any]
    answer: asyncio.Future[Any]
    writes: bool
    result: Any = None
    error: Exception | None = None


class Database:
    """One SQLite file, written by one thread in groups; `async with` opens and closes it.

    `migrations` are the scripts that make the schema, the first for an empty file: a sequence of SQL, or a folder of
    `*.sql` whose names sort in order. Their number is the schema's version (`PRAGMA user_version`). `commit_seconds`
    bounds every wait. `commits` and `writes` count the transactions committed since the start and the works in them.
    """

    def __init__(self, path: Path, migrations: Traversable | Sequence[str], *, commit_seconds: float, thread_name: str) -> None:
        self.path = path
        self.commits = 0
        self.writes = 0
        self._scripts = scripts(migrations)
        self._commit_seconds = commit_seconds
        self._thread_name = thread_name
        self._asks: queue.SimpleQueue[_Ask | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Lock the file, create or migrate it, and start the thread.

        Has no time limit: a migration of a large file takes what it takes.

        Raises:
            JournalHeld: another process has it.
            JournalInvalid: a newer release wrote it, it is damaged, or no database at all.
            JournalUnavailable: it can't be opened or written now.
        """
        self._loop = asyncio.get_running_loop()
        self._asks = queue.SimpleQueue()
        opened, ended = self._loop.create_future(), self._loop.create_future()
        # A daemon thread: a disk that hangs must not keep the process from ending. `close` waits for it otherwise.
        threading.Thread(target=self._live, args=(opened, ended), name=self._thread_name, daemon=True).start()
        try:
            await opened
        except asyncio.CancelledError:
            self._asks.put(None)
            raise
        self._ended = ended

    async def close(self) -> None:
        """Finish what was asked, then close the file and give up its lock; harmless when it isn't open.

        Raises:
            JournalUnavailable: the disk did not finish within `commit_seconds`.
        """
        ended, self._ended = self._ended, None
        if ended is None:
            return
        self._asks.put(None)
        try:
            async with asyncio.timeout(self._commit_seconds):
                await ended
        except TimeoutError as error:
            raise self._unavailable(f"not closed within {self._commit_seconds:g} s") from error

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def write(self, work: Work[T]) -> T:
        """Run *work* in the transaction of its group; return its result when that is committed.

        *work* runs in the database's thread, must not end the transaction, and raises to undo what it did, and that
        alone: the exception is raised here, the rest of the group is not touched.

        Raises:
            JournalUnavailable: the disk refused (the whole group), or the commit took longer than `commit_seconds`. After
                either, as after a cancellation, the work may yet turn out to be committed, whole: a disk that fills up can
                fail a commit whose record is in the WAL already. Whoever then says 4xx is sent the same message again,
                and must know it by its identity.
        """
        return await self._ask(work, writes=True)

    async def read(self, work: Work[T]) -> T:
        """Run *work*, which only reads, after its group's commit: it sees what is committed and nothing else.

        It holds up the next commit, so let it read a page at a time.

        Raises:
            JournalUnavailable: the file can't be read, or it took longer than `commit_seconds`.
        """
        return await self._ask(work, writes=False)

    async def _ask(self, work: Work[T], *, writes: bool) -> T:
        if self._loop is None or self._ended is None:
            raise self._unavailable("not open")
        ask = _Ask(work, self._loop.create_future(), writes)
        self._asks.put(ask)
        try:
            async with asyncio.timeout(self._commit_seconds):
                result: T = await ask.answer
        except TimeoutError as error:
            raise self._unavailable(f"no answer within {self._commit_seconds:g} s") from error
        return result

    # What follows runs in the thread.

    def _live(self, opened: asyncio.Future[None], ended: asyncio.Future[None]) -> None:
        """Open, serve group after group, close."""
        try:
            with lock(self.path):
                self._connection = connect(self.path, self._scripts, create=True)
                self._tell(_answer, opened)
                while group := _next_group(self._asks):
                    self._carry_out(group)
                    self._tell(_answer_all, group)
                self._disconnect()
        except (JournalInvalid, JournalUnavailable) as error:
            self._tell(_answer, opened, error)
        finally:
            self._tell(_answer, opened, self._unavailable("not opened"))  # heard only if nothing was said before
            self._tell(_answer, ended)

    def _carry_out(self, group: list[_Ask]) -> None:
        """Commit the group's writes, then do its reads; what fails on the way is its asks' error."""
        asks = [ask for ask in group if not ask.answer.cancelled()]
        writes = [ask for ask in asks if ask.writes]
        try:
            # Not created anew after trouble: an empty file in place of one that went missing would be a lie.
            connection = self._connection = self._connection or connect(self.path, self._scripts, create=False)
            if writes:
                _commit(connection, writes)
                self.commits += 1
                self.writes += len(writes)
            for ask in asks:
                if not ask.writes:
                    _run(connection, ask)
        except (sqlite3.Error, JournalInvalid, JournalUnavailable) as error:
            self._disconnect()
            for ask in asks:
                ask.error = ask.error or self._unavailable(str(error), error)
        for ask in asks:
            if is_trouble(ask.error):
                ask.error = self._unavailable(str(ask.error), ask.error)

    def _disconnect(self) -> None:
        """Close the connection; the next group opens another, whatever state a failed commit left this one in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What is committed is in the WAL: a checkpoint that fails here is made up for at the next opening.
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _tell(self, callback: Callable[..., object], *args: object) -> None:
        """Have the loop call *callback*: one wake-up a group, however many wait in it."""
        # RuntimeError: the loop is closed, so nobody waits any more.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback, *args)

    def _unavailable(self, reason: str, cause: Exception | None = None) -> JournalUnavailable:
        unavailable = JournalUnavailable(f"{self.path}: {reason}")
        unavailable.__cause__ = cause
        return unavailable


def _next_group(asks: queue.SimpleQueue[_Ask | None]) -> list[_Ask]:
    """Wait for an ask, and take all that came meanwhile; none when it is time to end."""
    group: list[_Ask] = []
    while ask := asks.get():
        group.append(ask)
        if len(group) == _MAX_GROUP or asks.empty():
            return group
    asks.put(None)  # the end, which comes after this last group
    return group


def _commit(connection: sqlite3.Connection, asks: list[_Ask]) -> None:
    """Run *asks* in one transaction, each in a savepoint, so that one that raises is undone alone."""
    connection.execute("BEGIN IMMEDIATE")
    for ask in asks:
        connection.execute("SAVEPOINT work")
        _run(connection, ask)
        if ask.error is not None:
            if not connection.in_transaction:
                # Some errors make SQLite undo it all (https://www.sqlite.org/lang_transaction.html, section 3).
                raise sqlite3.OperationalError(f"transaction lost: {ask.error}") from ask.error
            connection.execute("ROLLBACK TO work")
        connection.execute("RELEASE work")
    connection.execute("COMMIT")


def _run(connection: sqlite3.Connection, ask: _Ask) -> None:
    try:
        ask.result = ask.work(connection)
    except Exception as error:  # noqa: BLE001 it belongs to the waiter in whose place this runs, and is raised there
        ask.error = error


def _answer(answer: asyncio.Future[Any], error: Exception | None = None, result: object = None) -> None:
    if answer.done():  # its waiter was cancelled, or had waited long enough
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)


def _answer_all(group: list[_Ask]) -> None:
    for ask in group:
        _answer(ask.answer, ask.error, ask.result)
