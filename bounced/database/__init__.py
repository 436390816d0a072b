"""One database, one thread, group commit: what a durable queue of ours stands on.

Works (functions of a connection) are handed to a thread of the database's own. Everyone who waits while a commit
runs shares the next one, so that a hundred sessions cost one sync of the disk, not a hundred. A waiter learns the
result of a work only after the COMMIT that holds it has returned: what was answered is on the disk. What it connects to is an
`Engine`: a SQLite file (`bounced.database.file`), or PostgreSQL (`bounced.database.server`).

It knows no table and no statement: those are its users', who also bound how much may wait. It never tries a failed
commit again: each waiter is told, and decides. SQLite's promises: https://www.sqlite.org/wal.html,
https://www.sqlite.org/pragma.html#pragma_synchronous, https://www.sqlite.org/lang_savepoint.html.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from bounced.database.engine import C, Connection, Engine
from bounced.database.limit import Limit
from bounced.errors import JournalInvalid, JournalUnavailable

T = TypeVar("T")


@dataclass(slots=True)
class _Ask:
    """A work, who waits for it, and what came of it."""

    work: Callable[[Any], Any]
    answer: asyncio.Future[Any]
    writes: bool
    locks: Sequence[str]
    result: Any = None
    error: Exception | None = None


class Database(Generic[C]):
    """The database that *engine* connects to, written by one thread in groups; `async with` opens and closes it.

    `commit_seconds` bounds every wait. `commits` and `writes` count the transactions committed since the start and the works
    in them.
    """

    def __init__(self, engine: Engine[C], *, commit_seconds: float, thread_name: str) -> None:
        self.commits = 0
        self.writes = 0
        self._engine = engine
        self._commit_seconds = commit_seconds
        self._thread_name = thread_name
        self._asks: queue.SimpleQueue[_Ask | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._limit: Limit
        self._ended: asyncio.Future[None] | None = None
        self._connection: C | None = None

    async def open(self) -> None:
        """Start the thread, and have it lock the database, create or migrate it.

        Has no time limit: a migration of a large file takes what it takes.

        Raises:
            JournalHeld: another process has it.
            JournalInvalid: a newer release wrote it, it is damaged, or no database at all.
            JournalUnavailable: it can't be opened or written now, and is not one that may be away.
        """
        self._loop = asyncio.get_running_loop()
        self._limit = Limit(self._loop, self._commit_seconds, lambda: self._unavailable(f"no answer within {self._commit_seconds:g} s"))
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

    async def write(self, work: Callable[[C], T], *, locks: Sequence[str] = ()) -> T:
        """Run *work* in the transaction of its group; return its result when that is committed. It may be run twice, once undone.

        What *locks* name no other process changes meanwhile, where there are others at all. *work* runs in the database's
        thread, must not end the transaction, and raises to undo what it did, and that alone: the exception is raised here, the
        rest of the group is not touched.

        Raises:
            JournalUnavailable: the disk refused (the whole group), or the commit took longer than `commit_seconds`. After
                either, as after a cancellation, the work may yet turn out to be committed, whole: a disk that fills up can
                fail a commit whose record is in the WAL already. Whoever then says 4xx is sent the same message again,
                and must know it by its identity.
        """
        return await self._ask(work, writes=True, locks=locks)

    async def read(self, work: Callable[[C], T]) -> T:
        """Run *work*, which only reads, after its group's commit: it sees what is committed and nothing else.

        It holds up the next commit, so let it read a page at a time.

        Raises:
            JournalUnavailable: the file can't be read, or it took longer than `commit_seconds`.
        """
        return await self._ask(work, writes=False)

    async def _ask(self, work: Callable[[C], T], *, writes: bool, locks: Sequence[str] = ()) -> T:
        if self._loop is None or self._ended is None:
            raise self._unavailable("not open")
        ask = _Ask(work, self._loop.create_future(), writes, locks)
        self._asks.put(ask)
        self._limit.watch(ask.answer)
        result: T = await ask.answer
        return result

    # What follows runs in the thread.

    def _live(self, opened: asyncio.Future[None], ended: asyncio.Future[None]) -> None:
        """Open, serve group after group, close."""
        try:
            with self._engine.hold():
                self._connect_first()
                self._tell(_answer, opened)
                while group := _next_group(self._asks, self._engine.most_works):
                    self._carry_out(group)
                    self._tell(_answer_all, group)
                self._disconnect()
        except (JournalInvalid, JournalUnavailable) as error:
            self._tell(_answer, opened, error)
        finally:
            self._tell(_answer, opened, self._unavailable("not opened"))  # heard only if nothing was said before
            self._tell(_answer, ended)

    def _connect_first(self) -> None:
        try:
            self._connection = self._engine.connect(is_first=True)
        except JournalUnavailable:
            if not self._engine.may_be_away:
                raise

    def _carry_out(self, group: list[_Ask]) -> None:
        """Commit the group's writes, then do its reads; what fails on the way is its asks' error."""
        asks = [ask for ask in group if not ask.answer.done()]  # cancelled, or its time is over
        writes = [ask for ask in asks if ask.writes]
        try:
            connection = self._connection = self._connection or self._engine.connect(is_first=False)
            if writes:
                self._commit(connection, writes)
                self.commits += 1
                self.writes += len(writes)
            for ask in asks:
                if not ask.writes:
                    _run(connection, ask)
        except (self._engine.errors, JournalInvalid, JournalUnavailable) as error:
            self._disconnect()
            for ask in asks:
                ask.error = ask.error or self._unavailable(str(error), error)
        for ask in asks:
            if self._engine.is_trouble(ask.error):
                ask.error = self._unavailable(str(ask.error), ask.error)

    def _commit(self, connection: C, asks: list[_Ask]) -> None:
        """Run *asks* in one transaction. If one raises, all is undone and they run again, each in a savepoint.

        A savepoint costs as much as a small work, and nearly no work raises.
        """
        locks = [lock for ask in asks for lock in ask.locks]
        self._engine.begin(connection, locks)
        if all(_run(connection, ask) for ask in asks):
            connection.execute("COMMIT")
            return
        if not self._engine.is_lost(connection):
            connection.execute("ROLLBACK")
        self._commit_apart(connection, asks, locks)

    def _commit_apart(self, connection: C, asks: list[_Ask], locks: Sequence[str]) -> None:
        """Run *asks* in one transaction, each in a savepoint, so that one that raises is undone alone."""
        self._engine.begin(connection, locks)
        for ask in asks:
            connection.execute("SAVEPOINT work")
            _run(connection, ask)
            if ask.error is not None:
                if self._engine.is_lost(connection):
                    raise self._engine.unavailable(f"transaction lost: {ask.error}") from ask.error
                connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
        connection.execute("COMMIT")

    def _disconnect(self) -> None:
        """Close the connection; the next group opens another, whatever state a failed commit left this one in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # What is committed is on the disk: what SQLite would tidy up here, it does at the next opening.
            with contextlib.suppress(self._engine.errors):
                connection.close()

    def _tell(self, callback: Callable[..., object], *args: object) -> None:
        """Have the loop call *callback*: one wake-up a group, however many wait in it."""
        # RuntimeError: the loop is closed, so nobody waits any more.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback, *args)

    def _unavailable(self, reason: str, cause: Exception | None = None) -> JournalUnavailable:
        unavailable = self._engine.unavailable(f"{self._engine.name}: {reason}")
        unavailable.__cause__ = cause
        return unavailable


def _next_group(asks: queue.SimpleQueue[_Ask | None], most: int) -> list[_Ask]:
    """Wait for an ask, and take all that came meanwhile; none when it is time to end."""
    group: list[_Ask] = []
    while ask := asks.get():
        group.append(ask)
        if len(group) == most or asks.empty():
            return group
    asks.put(None)  # the end, which comes after this last group
    return group


def _run(connection: Connection, ask: _Ask) -> bool:
    """Run the work of *ask*; False when it raised."""
    ask.error = None
    try:
        ask.result = ask.work(connection)
    except Exception as error:  # noqa: BLE001 it belongs to the waiter in whose place this runs, and is raised there
        ask.error = error
    return ask.error is None


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
