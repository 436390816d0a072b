"""The file under a database: its lock, its opening, its schema's version, and what SQLite's errors mean.

It neither repairs nor moves a damaged file: it names it, and a person decides. Result codes:
https://www.sqlite.org/rescode.html.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

from bounced.database.owner import denied, make_file, make_folder
from bounced.errors import JournalHeld, JournalInvalid, JournalUnavailable

#: These say something about the machine, not about the statement that met them.
_TROUBLE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
#: What opening a file meets when it is cut short, overwritten, or none of ours (a table of its own in our way).
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB}
#: Octets; no database has fewer (https://www.sqlite.org/fileformat.html, section 1.3.2).
_SMALLEST_PAGE = 512
#: Octets; a file of no more is checked whole at the start, at 2 s a GiB (2026-11). In a larger one damage is met when it is read.
_MOST_CHECKED = 1024 * 1024 * 1024
#: SQLite's own (SQLITE_DEFAULT_FILE_PERMISSIONS), less the umask.
_MODE = 0o644
#: Free pages that are written over in one transaction; milliseconds to wait for another writer; tries to empty a WAL.
_PAGES_AT_ONCE = 1000
_BUSY_MS = 10_000
_CHECKPOINTS = 5
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",  # what a savepoint may have to undo is kept in memory, not in a file
    "PRAGMA secure_delete = FAST",  # what is deleted leaves nothing in the pages that stay in use, at no more writing
    "PRAGMA wal_autocheckpoint = 4000",  # pages: an interruption of some milliseconds every 16 MiB
    "PRAGMA journal_size_limit = 67108864",  # octets: a WAL that a long reader let swell shrinks again
)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold `PATH.lock`, with our process id in it; make the folder if it is missing.

    A file of its own, because SQLite lets go of its locks between transactions. It is left behind: were it deleted,
    two processes could each hold one of that name.

    Raises:
        JournalHeld: another process holds it.
        JournalUnavailable: it can't be made.
    """
    name = path.with_name(f"{path.name}.lock")
    try:
        make_folder(path.parent)
        make_file(name, 0o600)
        descriptor = os.open(name, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise JournalUnavailable(f"{name}: {error.strerror}{denied(path)}") from error
    try:
        _seize(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _seize(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise JournalHeld(f"{path}, process {holder}") from error
    except OSError as error:  # a network file system without locks, say
        raise JournalUnavailable(f"{path}: can't be locked: {error.strerror}") from error
    # On a full disk the lock is as good without the number.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


class File:
    """A SQLite file at *path*, of which there is one writer: an `Engine`.

    `migrations` are the scripts that make the schema, the first for an empty file: a sequence of SQL, or a folder of
    `*.sql` whose names sort in order. Their number is the schema's version (`PRAGMA user_version`).
    """

    most_works: ClassVar[int] = 1000
    may_be_away: ClassVar[bool] = False
    errors: type[Exception] = sqlite3.Error

    def __init__(self, path: Path, migrations: Traversable | Sequence[str]) -> None:
        self.path = path
        self._scripts = scripts(migrations)

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Hold its lock."""
        return lock(self.path)

    def connect(self, *, is_first: bool) -> sqlite3.Connection:
        """Open it; it is made at the *first* time alone: an empty file in place of one that went missing would be a lie."""
        return connect(self.path, self._scripts, create=is_first)

    def reading(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Have it open for reading, as `reading`."""
        return reading(self.path, self._scripts)

    def amending(self, _locks: Sequence[str] = ()) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Have it open for one small transaction, as `amending`; nobody else writes meanwhile."""
        return amending(self.path, self._scripts)

    def begin(self, connection: sqlite3.Connection, _locks: Sequence[str]) -> None:
        """Begin a transaction that writes; nobody else does."""
        connection.execute("BEGIN IMMEDIATE")

    def is_lost(self, connection: sqlite3.Connection) -> bool:
        """Whether SQLite undid the whole transaction, as for some errors (https://www.sqlite.org/lang_transaction.html, §3)."""
        return not connection.in_transaction

    def is_trouble(self, error: BaseException | None) -> bool:
        """Whether *error* comes from the disk or the file."""
        return is_trouble(error)

    def unavailable(self, reason: str) -> JournalUnavailable:
        """Say that the file can't be used now."""
        return JournalUnavailable(reason)


def scripts(migrations: Traversable | Sequence[str]) -> tuple[str, ...]:
    """The scripts of a folder of `*.sql` in the order of their names; a sequence of scripts as it is."""
    if isinstance(migrations, Sequence):
        return tuple(migrations)
    files = sorted(migrations.iterdir(), key=lambda file: file.name)
    return tuple(file.read_text(encoding="utf-8") for file in files if file.name.endswith(".sql"))


def connect(path: Path, migrations: Sequence[str], *, create: bool) -> sqlite3.Connection:
    """Open *path* for writing and bring its schema up to date; make the file if it is missing, and check it, if *create* says so.

    Rows come as `sqlite3.Row`, which can be read by position and by name.

    Raises:
        JournalInvalid: a newer release wrote it, it is damaged, or no database of ours.
        JournalUnavailable: it can't be opened or written now.
    """
    if create and 0 < _octets(path) <= _MOST_CHECKED:
        check(path, migrations)
    with _explained(path), contextlib.ExitStack() as undo:
        connection = _open(path, "rwc" if create else "rw")
        undo.callback(connection.close)
        _set_up(connection, path)
        _migrate(connection, path, migrations)
        undo.pop_all()
        return connection


@contextlib.contextmanager
def reading(path: Path, migrations: Sequence[str]) -> Iterator[sqlite3.Connection]:
    """Have *path* open for reading, beside a process that may be writing it: no lock, no change.

    Raises:
        JournalInvalid: another release wrote it, it is damaged, or no database of ours.
        JournalUnavailable: it is missing or can't be read.
    """
    with _explained(path), contextlib.closing(_open(path, "ro")) as connection:
        _refuse_older(connection, path, migrations)
        yield connection


@contextlib.contextmanager
def amending(path: Path, migrations: Sequence[str]) -> Iterator[sqlite3.Connection]:
    """Have *path* open for one small transaction, beside a process that may be writing it; committed unless the block raises.

    Whoever writes it waits meanwhile, for some seconds at most: let the block do little.

    Raises:
        JournalInvalid: another release wrote it, it is damaged, or no database of ours.
        JournalUnavailable: it is missing or can't be written now.
    """
    with _explained(path), contextlib.closing(_open(path, "rw")) as connection:
        _refuse_older(connection, path, migrations)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def scrub(path: Path, migrations: Sequence[str]) -> bool:
    """Overwrite what deleted rows have left in free pages of *path*, and empty its WAL, beside a process that may be writing it.

    False where somebody who reads keeps the WAL from being emptied. Raises as `amending` does.
    """
    with _explained(path), contextlib.closing(_open(path, "rw")) as connection:
        _refuse_older(connection, path, migrations)
        for pragma in (*_PRAGMAS, f"PRAGMA busy_timeout = {_BUSY_MS}"):
            connection.execute(pragma)
        (page,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("CREATE TABLE IF NOT EXISTS scrub (zeros BLOB)")
        # Each row takes free pages off the list and writes them over; small transactions, because the other one waits meanwhile.
        while (free := connection.execute("PRAGMA freelist_count").fetchone()[0]) > 0:
            connection.execute("INSERT INTO scrub VALUES (zeroblob(?))", (min(free, _PAGES_AT_ONCE) * page,))
        connection.execute("DROP TABLE scrub")
        for _ in range(_CHECKPOINTS):
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return True
        return False


def check(path: Path, migrations: Sequence[str]) -> None:
    """Find out whether this release can use *path*, and read all of it.

    Read-only, because a connection that may write would carry a damaged WAL over into the file when it is closed.

    Raises:
        JournalInvalid: a newer release wrote it, it is damaged, or no database of ours.
        JournalUnavailable: it is missing or can't be read.
    """
    with _explained(path), contextlib.closing(_open(path, "ro")) as connection:
        _version(connection, path, len(migrations))
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise JournalInvalid(f"{path}: it is damaged (docs/backup.md says what to do): {' '.join(found.split())}")


def is_trouble(error: BaseException | None) -> bool:
    """Whether *error* comes from the disk or the file rather than from what was asked of it."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _TROUBLE


def _open(path: Path, mode: str) -> sqlite3.Connection:
    _refuse_stump(path)
    if mode == "rwc":  # SQLite gives what it puts beside a file to the file's owner, but would keep the file for root
        make_file(path, _MODE)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.text_factory = _text
    return connection


def _text(octets: bytes) -> str:
    """Decode a text: what we wrote is UTF-8, but a disk may have changed it, and then its row must still be read."""
    return octets.decode("utf-8", "replace")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Name the file where SQLite complains, and tell damage from trouble that passes."""
    try:
        yield
    except sqlite3.Error as error:
        kind = JournalInvalid if _primary_code(error) in _DAMAGE else JournalUnavailable
        raise kind(f"{path}: {error}{denied(path)}") from error
    except OSError as error:
        raise JournalUnavailable(f"{path}: {error.strerror}{denied(path)}") from error


def _refuse_stump(path: Path) -> None:
    """Refuse what is too short for a database but was one: SQLite takes it for a new file and deletes its WAL."""
    octets, in_wal = _octets(path), _octets(path.with_name(f"{path.name}-wal"))
    if octets < _SMALLEST_PAGE and (octets or in_wal):
        raise JournalInvalid(f"{path}: cut short: {octets} octets are left")


def _octets(path: Path) -> int:
    """The size of a file, 0 when there is none."""
    try:
        return path.stat().st_size if path.exists() else 0
    except OSError as error:
        raise JournalUnavailable(f"{path}: {error.strerror}{denied(path)}") from error


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalUnavailable(f"{path}: the file system can't share memory between processes, as a WAL needs")
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _refuse_older(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    if _version(connection, path, len(migrations)) < len(migrations):
        raise JournalInvalid(f"{path}: written by an older release: start the daemon once to bring it up to date")


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Run the scripts that the file has not had, each in one transaction with the version it leads to."""
    version = _version(connection, path, len(migrations))
    for number, script in enumerate(migrations[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version = {number};\nCOMMIT;")


def _version(connection: sqlite3.Connection, path: Path, known: int) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        raise JournalInvalid(f"{path}: written by a newer release: its schema is {version}, this release knows {known}")
    return version


def _primary_code(error: sqlite3.Error) -> int:
    """The low octet of SQLite's result code; Python's own complaints about a call have none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF
