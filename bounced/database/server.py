"""PostgreSQL under a `Database`: several nodes write what they share, each through one connection.

Needs psycopg (`pip install 'bounced-daemon[postgresql]'`). Who changes the same thing at the same moment waits for the other by
advisory locks, taken in one order, so that no two wait for each other. Statements are written for SQLite and for it alike.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS, https://www.psycopg.org/psycopg3/docs/.
"""

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, ClassVar

from bounced.database.file import scripts
from bounced.errors import ConfigInvalid, HistoryUnavailable, JournalInvalid, JournalUnavailable

if TYPE_CHECKING:
    import psycopg

#: Classes of SQLSTATE that say something about the server, not about the statement that met them: connection, resources, operator's
#: intervention, system, and a transaction that another one undid (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_TROUBLE = ("08", "25", "40", "53", "55", "57", "58", "XX")
#: Whoever is slower than that is taken for dead by the others, in milliseconds: a connection that sleeps in a transaction holds its locks.
_IDLE_MS = 60_000
#: A parameter; not the `::` of a cast.
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_MIGRATING = "bounced:migrations"


class ServerConnection:
    """A connection of psycopg's that takes statements as they are written for SQLite; rows are read by their columns' names."""

    def __init__(self, connection: "psycopg.Connection[dict[str, Any]]") -> None:
        self.connection = connection

    def execute(self, statement: str, values: Mapping[str, object] | None = None, /) -> "psycopg.Cursor[dict[str, Any]]":
        """Carry out a statement."""
        return self.connection.execute(_translated(statement), values)

    def close(self) -> None:
        """Close."""
        self.connection.close()


class Server:
    """The database at *url* (`postgresql://…`), with the tables that *migrations* make in the first schema of its search path.

    A statement that takes longer than *seconds* is given up.

    Raises:
        ConfigInvalid: psycopg is not installed, or *url* is none of PostgreSQL's.
    """

    #: Few, because each holds its locks until the commit, and a server has some thousands for all.
    most_works: ClassVar[int] = 25
    may_be_away: ClassVar[bool] = True

    def __init__(self, url: str, migrations: Traversable | Sequence[str], *, seconds: float) -> None:
        try:
            import psycopg  # noqa: PLC0415 optional
            from psycopg import conninfo  # noqa: PLC0415
        except ImportError as error:
            raise ConfigInvalid("history.store: PostgreSQL needs psycopg: pip install 'bounced-daemon[postgresql]'") from error
        self._psycopg = psycopg
        self.errors: type[Exception] = psycopg.Error
        try:
            parts = conninfo.conninfo_to_dict(url)
        except psycopg.Error as error:
            raise ConfigInvalid(f"history.url: {' '.join(str(error).split())}") from error
        self._place = f"postgresql://{parts.get('host') or ''}/{parts.get('dbname') or ''}"
        self._url = url
        self._seconds = seconds
        self._scripts = scripts(migrations)

    @property
    def name(self) -> str:
        """Its host and its database's name."""
        return self._place

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Hold nothing: it has many writers."""
        return contextlib.nullcontext()

    def connect(self, *, is_first: bool = False) -> ServerConnection:  # noqa: ARG002 it is the same each time
        """Connect and bring the schema up to date.

        Raises:
            JournalInvalid: a newer release has been here.
            HistoryUnavailable: it can't be reached.
        """
        with self._explained():
            connection = self._open()
            with contextlib.ExitStack() as undo:
                undo.callback(connection.close)
                if _version(connection, self._place, len(self._scripts)) < len(self._scripts):
                    self._migrate(connection)
                undo.pop_all()
            return connection

    def reading(self) -> contextlib.AbstractContextManager[ServerConnection]:
        """Be connected for reading, in one transaction; raises what `amending` does."""
        return self.amending()

    @contextlib.contextmanager
    def amending(self, locks: Sequence[str] = ()) -> Iterator[ServerConnection]:
        """Be connected for one small transaction; committed unless the block raises. What *locks* name nobody else changes meanwhile.

        Raises:
            JournalInvalid: another release has been here.
            HistoryUnavailable: it can't be reached, or broke off.
        """
        with contextlib.closing(self.connect()) as connection, self._explained():
            self.begin(connection, locks)
            yield connection
            connection.execute("COMMIT")

    def begin(self, connection: ServerConnection, locks: Sequence[str]) -> None:
        """Begin, and take *locks* in one order."""
        connection.execute("BEGIN")
        lock(connection, locks)

    def is_lost(self, connection: ServerConnection) -> bool:
        """Whether there is no transaction to go back in."""
        status = self._psycopg.pq.TransactionStatus
        return connection.connection.info.transaction_status not in {status.INTRANS, status.INERROR}

    def is_trouble(self, error: BaseException | None) -> bool:
        """Whether *error* comes from the server."""
        return isinstance(error, self._psycopg.Error) and (error.sqlstate or "08").startswith(_TROUBLE)

    def unavailable(self, reason: str) -> JournalUnavailable:
        """Say that it can't be reached."""
        return HistoryUnavailable(" ".join(reason.split()))

    def _open(self) -> ServerConnection:
        milliseconds = int(self._seconds * 1000)
        connection = self._psycopg.connect(
            self._url,
            autocommit=True,
            row_factory=self._psycopg.rows.dict_row,
            connect_timeout=max(2, int(self._seconds)),
            tcp_user_timeout=milliseconds,
            application_name="bounced",
        )
        for name, value in (("statement_timeout", milliseconds), ("idle_in_transaction_session_timeout", _IDLE_MS)):
            connection.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
        return ServerConnection(connection)

    def _migrate(self, connection: ServerConnection) -> None:
        """Run the scripts that have not been run, in one transaction, and one node at a time."""
        connection.execute("BEGIN")
        lock(connection, [_MIGRATING])
        connection.execute("CREATE TABLE IF NOT EXISTS bounced_schema (version INTEGER NOT NULL)")
        done = _version(connection, self._place, len(self._scripts))
        for script in self._scripts[done:]:
            connection.connection.execute(script.encode())
        connection.execute("DELETE FROM bounced_schema")
        connection.execute("INSERT INTO bounced_schema (version) VALUES (:version)", {"version": len(self._scripts)})
        connection.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            raise self.unavailable(f"{self._place}: {error}") from error


def lock(connection: ServerConnection, names: Sequence[str]) -> None:
    """Wait until nobody else holds any of *names*, and hold them until the transaction's end."""
    if keys := sorted({_lock_key(name) for name in names}):
        connection.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS BIGINT[])) AS key", {"keys": keys})


def _lock_key(name: str) -> int:
    """A number of 64 bits, signed, for *name*: two names that share one wait for each other, and that is all."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _version(connection: ServerConnection, place: str, known: int) -> int:
    if connection.execute("SELECT 1 WHERE to_regclass('bounced_schema') IS NOT NULL").fetchone() is None:
        return 0
    row = connection.execute("SELECT version FROM bounced_schema").fetchone()
    version: int = row["version"] if row else 0
    if version > known:
        raise JournalInvalid(f"{place}: written by a newer release: its schema is {version}, this release knows {known}")
    return version


@lru_cache(maxsize=100)
def _translated(statement: str) -> bytes:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%")).encode()
