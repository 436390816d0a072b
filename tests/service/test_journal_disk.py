"""A disk that is full or failing: waiters are told, nothing is half kept, and all is well when the cause is gone."""

import asyncio
import contextlib
import os
import resource
import subprocess
import sys

import pytest

from bounced.database import Database
from bounced.database.file import File
from bounced.errors import JournalUnavailable
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, subprocess_environ

#: Fills a file system of 2 MiB through the journal, frees it, and goes on; says what happened.
FILL = """
import asyncio, pathlib, sys
from bounced.errors import JournalUnavailable
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival

async def main(folder):
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(1024 * 1024))
    kept, refused = [], 0
    async with Journal(folder, SETTINGS) as journal:
        for number in range(200):
            try:
                await journal.keep(arrival(number, raw=b"x" * 20_000))
                kept.append(number)
            except JournalUnavailable as error:
                refused += 1
                if refused == 5:
                    print(error, flush=True)
                    ballast.unlink()
            if refused and kept[-1] == number:
                break
    async with Journal(folder, SETTINGS) as journal:
        missing = [number for number in kept if await journal.find(arrival(number).id) is None]
        account = await journal.account()
        print(refused, missing, account.arrivals.accepted == len(kept), account.balanced)

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@contextlib.contextmanager
def files_no_longer_than(octets):
    """Let every write of this process beyond *octets* of a file fail, as a failing disk would (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_write_error(tmp_path):
    """While writes fail, each keep is refused as temporary; then the same journal takes them, with nothing in between kept."""
    async with Journal(tmp_path, SETTINGS) as journal:
        await journal.keep(arrival(1))
        with files_no_longer_than((tmp_path / "journal.db-wal").stat().st_size + 4096):
            for number in (2, 3):
                with pytest.raises(JournalUnavailable, match=r"journal\.db: disk I/O error"):
                    await journal.keep(arrival(number, raw=b"x" * 100_000))
        await journal.keep(arrival(4))
        account = await journal.account()

        assert [arrival(1), arrival(4)] == await journal.waiting(None, 10)
        assert (2, True) == (account.arrivals.accepted, account.balanced)


async def test_database_full(tmp_path):
    """When SQLite undoes a whole group because one work found no room, each waiter is told, and nothing of it is kept."""

    def insert(octets):
        return lambda connection: connection.execute("INSERT INTO words VALUES (zeroblob(?))", (octets,)).rowcount

    def count(connection):
        return connection.execute("SELECT count(*) FROM words").fetchone()[0]

    file = File(tmp_path / "words.db", ["CREATE TABLE words (word BLOB)"])
    async with Database(file, commit_seconds=10, thread_name="words") as database:
        await database.write(lambda connection: connection.execute("PRAGMA max_page_count = 20").fetchone())
        writes = (database.write(insert(octets)) for octets in (10, 200_000, 10))
        errors = await asyncio.gather(*writes, return_exceptions=True)

        assert [JournalUnavailable] * 3 == [type(error) for error in errors]
        assert 0 == await database.read(count)
        assert 1 == await database.write(insert(200_000))  # a new connection, which has no such limit


async def test_file_gone(tmp_path):
    """A file that is lost after an error is not begun anew: what it held would be forgotten in silence."""
    async with Journal(tmp_path, SETTINGS) as journal:
        with files_no_longer_than(0), pytest.raises(JournalUnavailable):
            await journal.keep(arrival(1))
        for file in tmp_path.glob("journal.db*"):
            file.unlink()
        with pytest.raises(JournalUnavailable, match=r"journal\.db: unable to open database file"):
            await journal.keep(arrival(2))


def test_no_space(tmp_path):
    """On a file system that is really full (ENOSPC), keeping fails as temporary, what was kept stays, and space mends it."""
    script = f'mount -t tmpfs -o size=2m none "{tmp_path}" && exec "{sys.executable}" -c "$FILL" "{tmp_path}"'
    command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c", script]
    done = subprocess.run(command, env={**subprocess_environ(), "FILL": FILL}, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode and "unshare:" in done.stderr:
        pytest.fail(f"this test needs root, or user namespaces (kernel.unprivileged_userns_clone = 1): {done.stderr}")

    assert "journal.db: database or disk is full" in done.stdout, done.stderr
    assert "5 [] True True" == done.stdout.splitlines()[-1]
