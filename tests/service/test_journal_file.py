"""The database's file: who may open it, which release wrote it, and what is said of a damaged one."""

import os
import subprocess
import sys

import pytest

from bounced.database import Database
from bounced.database.file import File
from bounced.errors import JournalHeld, JournalInvalid, JournalUnavailable
from tests.journal_samples import subprocess_environ

FIRST = "CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('first');"
SECOND = "ALTER TABLE words ADD COLUMN length INTEGER; UPDATE words SET length = length(word);"
HOLD = """
import asyncio, sys, pathlib
from bounced.database import Database
from bounced.database.file import File
async def hold():
    async with Database(File(pathlib.Path(sys.argv[1]), []), commit_seconds=10, thread_name="words"):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(hold())
"""


def database(path, *scripts):
    return Database(File(path, scripts), commit_seconds=10, thread_name="words")


def rows(connection):
    return [tuple(row) for row in connection.execute("SELECT * FROM words")]


@pytest.fixture
def holder(tmp_path):
    """Run a process that has the database open until it is killed."""
    command = [sys.executable, "-c", HOLD, tmp_path / "words.db"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=subprocess_environ()) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


async def test_second_process(tmp_path, holder):
    """A file that another process has open is refused by name and process; once that is gone, it opens."""
    path = tmp_path / "words.db"
    with pytest.raises(JournalHeld, match=rf"words\.db, process {holder.pid}$"):
        await database(path).open()
    holder.kill()
    holder.wait(10)
    async with database(path):
        pass

    assert f"{os.getpid()}\n" == path.with_name("words.db.lock").read_text()


async def test_second_in_process(tmp_path):
    """The lock holds within a process too, and closing gives it up."""
    path = tmp_path / "words.db"
    async with database(path):
        with pytest.raises(JournalHeld):
            await database(path).open()
    async with database(path):
        pass


async def test_migration(tmp_path):
    """An older file is brought up to date with what it has; only what is new to it is run."""
    async with database(tmp_path / "words.db", FIRST):
        pass
    for _ in range(2):
        async with database(tmp_path / "words.db", FIRST, SECOND) as newer:
            assert [("first", 5)] == await newer.read(rows)


async def test_migrations_of_a_folder(tmp_path):
    """The scripts of a folder are run in the order of their names."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0002_length.sql").write_text(SECOND)
    (folder / "0001_words.sql").write_text(FIRST)
    (folder / "README").write_text("no script")
    async with Database(File(tmp_path / "words.db", folder), commit_seconds=10, thread_name="words") as both:
        assert [("first", 5)] == await both.read(rows)


async def test_failed_migration(tmp_path):
    """A script that fails leaves the file as it was."""
    path = tmp_path / "words.db"
    with pytest.raises(JournalInvalid, match=r"words\.db: no such table: lost"):
        await database(path, FIRST, "DELETE FROM words; DELETE FROM lost;").open()
    async with database(path, FIRST) as older:
        assert [("first",)] == await older.read(rows)


async def test_newer_release(tmp_path):
    """A newer release's file is refused, with what to know about it."""
    async with database(tmp_path / "words.db", FIRST, SECOND):
        pass
    with pytest.raises(JournalInvalid, match=r"words\.db: written by a newer release: its schema is 2, this release knows 1"):
        await database(tmp_path / "words.db", FIRST).open()


@pytest.mark.parametrize(
    "content", [b"no database at all, though long enough to be one" * 100, b"short", b"SQLite format 3\x00" + bytes(4080)]
)
async def test_no_database(tmp_path, content):
    """A file that is no database is refused by name, and left as it is."""
    path = tmp_path / "words.db"
    path.write_bytes(content)
    with pytest.raises(JournalInvalid, match=r"words\.db: "):
        await database(path, FIRST).open()

    assert content == path.read_bytes()


@pytest.mark.parametrize("cut", [1, 99, 100, 512, 4095, 4096, 5000, 8192, 12_000, 40_000])
async def test_torn(tmp_path, cut):
    """A file cut short is refused by name; it never opens with less than it had."""
    path = tmp_path / "words.db"
    async with database(path, FIRST) as whole:
        await whole.write(lambda connection: connection.executemany("INSERT INTO words VALUES (?)", [("x" * 1000,)] * 100).rowcount)
    os.truncate(path, cut)
    with pytest.raises(JournalInvalid, match=r"words\.db: "):
        await database(path, FIRST).open()


@pytest.mark.parametrize("left", [None, b""])
async def test_lost_beside_its_wal(tmp_path, left):
    """A file that is gone or empty while its WAL is not is refused: SQLite would delete the WAL and begin anew."""
    path = tmp_path / "words.db"
    wal = path.with_name("words.db-wal")
    wal.write_bytes(b"frames" * 1000)
    if left is not None:
        path.write_bytes(left)
    with pytest.raises(JournalInvalid, match=r"words\.db: cut short: 0 octets are left"):
        await database(path, FIRST).open()

    assert b"frames" * 1000 == wal.read_bytes()


async def test_empty_file(tmp_path):
    """An empty file, as a first start leaves it that is killed at once, becomes a database."""
    (tmp_path / "words.db").touch()
    async with database(tmp_path / "words.db", FIRST) as fresh:
        assert [("first",)] == await fresh.read(rows)


@pytest.mark.parametrize("keep", [0, 1, 31, 32, 1000, 4152, 10_000])
async def test_torn_wal(tmp_path, keep):
    """A WAL cut short, as by a loss of power before a sync, costs what was not synced: the file opens with what was."""
    path, copy = tmp_path / "words.db", tmp_path / "copy.db"
    async with database(path, FIRST) as whole:
        await whole.write(lambda connection: connection.execute("PRAGMA user_version").fetchone()[0])
        copy.write_bytes(path.read_bytes())
        copy.with_name("copy.db-wal").write_bytes(path.with_name("words.db-wal").read_bytes()[:keep])
    async with database(copy, FIRST) as mended:
        assert [("first",)] == await mended.read(rows)


async def test_folder(tmp_path):
    """The folder is made, for us alone: mail lies in it."""
    async with database(tmp_path / "a" / "b" / "words.db", FIRST):
        pass

    assert 0o700 == (tmp_path / "a" / "b").stat().st_mode & 0o777


async def test_folder_in_the_way(tmp_path):
    """Where the folder can't be made, the error names what was wanted."""
    (tmp_path / "a").write_text("a file")
    with pytest.raises(JournalUnavailable, match=r"words\.db\.lock: (File exists|Not a directory)"):
        await database(tmp_path / "a" / "words.db", FIRST).open()
