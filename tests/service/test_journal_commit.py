"""The database under the journal: shared commits, the order of commit and answer, works that fail, waiters that leave."""

import asyncio
import sqlite3
import threading

import pytest

from bounced.database import Database
from bounced.database.file import File
from bounced.errors import JournalUnavailable

TABLE = ["CREATE TABLE words (word TEXT UNIQUE)"]


@pytest.fixture
async def database(tmp_path):
    async with Database(File(tmp_path / "words.db", TABLE), commit_seconds=10, thread_name="words") as database:
        yield database


def add(word):
    return lambda connection: connection.execute("INSERT INTO words VALUES (?)", (word,)).lastrowid


def words(connection):
    return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY rowid")]


class Held:
    """Holds the database's thread in the midst of a group until it is let go."""

    def __init__(self, database):
        self.began, self._go = asyncio.Event(), threading.Event()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(database.write(self._work))

    def _work(self, _connection):
        self._loop.call_soon_threadsafe(self.began.set)
        self._go.wait(10)

    async def __aenter__(self):
        await asyncio.wait_for(self.began.wait(), 10)
        return self

    async def __aexit__(self, *_):
        self._go.set()
        await asyncio.gather(self._task, return_exceptions=True)


async def start(*writes):
    """Have *writes* asked for, not answered."""
    tasks = [asyncio.ensure_future(write) for write in writes]
    await asyncio.sleep(0)
    return tasks


async def test_shared_commit(database):
    """All who wait while a commit runs share the next one."""
    async with Held(database):
        tasks = await start(*(database.write(add(f"w{number}")) for number in range(200)))
    await asyncio.gather(*tasks)

    assert (2, 201) == (database.commits, database.writes)


async def test_answer_after_commit(database, tmp_path):
    """A write returns after COMMIT has: what it wrote is there for whoever else opens the file, in that very moment."""
    statements = []
    await database.write(lambda connection: connection.set_trace_callback(statements.append))
    del statements[:]
    with sqlite3.connect(tmp_path / "words.db") as other:
        await database.write(add("kept"))
        seen = words(other)
    other.close()

    assert (["kept"], "COMMIT") == (seen, statements[-1])


async def test_synchronous_full(database):
    """The file is in WAL mode and synced at every commit: 2 is FULL (sqlite.org/pragma.html)."""
    modes = await database.read(lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")])

    assert ["wal", 2] == modes


async def test_failing_work(database):
    """A work that raises is undone alone, and its exception is its waiter's; the group's others are committed."""

    def spoil(connection):
        add("spoilt")(connection)
        raise ValueError("no")

    async with Held(database):
        tasks = await start(database.write(add("first")), database.write(spoil), database.write(add("first")), database.write(add("last")))
    kinds = [type(outcome) for outcome in await asyncio.gather(*tasks, return_exceptions=True)]

    assert [int, ValueError, sqlite3.IntegrityError, int] == kinds
    assert ["first", "last"] == await database.read(words)


async def test_works_in_order(database):
    """Works are done in the order in which they were asked for."""
    async with Held(database):
        tasks = await start(*(database.write(add(f"{number}")) for number in range(50)))
    await asyncio.gather(*tasks)

    assert [f"{number}" for number in range(50)] == await database.read(words)


async def test_read_is_committed(database):
    """A read sees nothing of its group that is not committed, also where it was asked for first."""
    in_transaction = lambda connection: connection.in_transaction  # noqa: E731 it is the property, named
    async with Held(database):
        tasks = await start(database.read(words), database.write(add("later")), database.read(in_transaction))

    assert [["later"], 1, False] == await asyncio.gather(*tasks)


async def test_cancelled_before_begun(database):
    """A work whose waiter has left before it began is not done; the others are."""
    async with Held(database):
        left, stayed = await start(database.write(add("left")), database.write(add("stayed")))
        left.cancel()
        await asyncio.wait([left])
    await stayed

    assert ["stayed"] == await database.read(words)


async def test_cancelled_after_begun(database):
    """A waiter who leaves in the midst of his work harms nobody; the work may be committed."""
    held = Held(database)
    async with held:
        held._task.cancel()
        await asyncio.wait([held._task])
        [stayed] = await start(database.write(add("stayed")))

    assert 1 == await stayed


async def test_wait_has_a_limit(tmp_path):
    """Whoever waits longer than `commit_seconds` is told so; when the disk goes on, so does the database."""
    async with Database(File(tmp_path / "words.db", TABLE), commit_seconds=0.2, thread_name="words") as database:
        async with Held(database):
            with pytest.raises(JournalUnavailable, match=r"words\.db: no answer within 0\.2 s"):
                await database.write(add("late"))

        assert 1 == await database.write(add("on time"))


async def test_close_finishes(tmp_path):
    """Closing commits what was asked for before; afterwards it is refused."""
    database = Database(File(tmp_path / "words.db", TABLE), commit_seconds=10, thread_name="words")
    await database.open()
    async with Held(database):
        tasks = await start(*(database.write(add(f"{number}")) for number in range(20)))
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        with pytest.raises(JournalUnavailable, match="not open"):
            await database.write(add("too late"))
    await closing

    assert list(range(1, 21)) == await asyncio.gather(*tasks)
    assert not [thread for thread in threading.enumerate() if thread.name == "words" and not _ends(thread)]


def _ends(thread):
    thread.join(10)
    return not thread.is_alive()


async def test_reopen(tmp_path):
    """A database that was closed can be opened again, and has everything."""
    database = Database(File(tmp_path / "words.db", TABLE), commit_seconds=10, thread_name="words")
    for word in ("one", "two"):
        async with database:
            await database.write(add(word))
    async with database:
        assert ["one", "two"] == await database.read(words)
