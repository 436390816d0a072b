"""Journals that have a past: so many arrivals that are done, each with its event, as the daemon would have left them."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import bounces
from bounced.database.file import File
from bounced.model import Arrival, Envelope, Event
from bounced.store import arrivals, outbox
from bounced.store.files import journal_file
from bounced.store.outbox import Draft
from bounced.store.statements import MIGRATIONS

NOW = datetime(2026, 11, 28, tzinfo=UTC)
_BODY = b"{" + b" " * 1800 + b"}"


def fill(folder: Path, number: int) -> None:
    """Make the journal in *folder*, with *number* arrivals that are done: the first as the daemon has it, the others copies of its rows."""
    folder.mkdir()
    connection = open_journal(folder)
    if number:
        connection.execute("BEGIN IMMEDIATE")
        take(connection, [arrival("first", next(bounces(1, 1)))])
        multiply(connection, number - 1)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def open_journal(folder: Path) -> sqlite3.Connection:
    """Open the journal in *folder*, made if need be."""
    return File(folder / journal_file(1), MIGRATIONS).connect(is_first=True)


def arrival(name: str, raw: bytes) -> Arrival:
    """Make an arrival of *raw*."""
    envelope = Envelope("", ("return@bounce.example.com",))
    return Arrival(
        id=name, at=NOW, peer="192.0.2.1", helo="h", envelope=envelope, raw=raw, size=len(raw), sha256="0" * 64, stream="default"
    )


def take(connection: sqlite3.Connection, arrived: list[Arrival]) -> None:
    """Take *arrived* all the way: kept, settled, published."""
    for each in arrived:
        arrivals.keep(connection, each, 1 << 50)
    outbox.settle_all(connection, [(each.id, [_draft(each.id)]) for each in arrived])
    outbox.published(connection, [f"b-{each.id}" for each in arrived])


def _draft(name: str) -> Draft:
    event = Event(
        id=f"b-{name}",
        key="bounce.retry.recipient.mailbox-full.default",
        type="io.bounced.bounce.v1",
        source="urn:bounced:example.net",
        subject="anna@example.org",
        time=NOW,
        reference=None,
        body=_BODY,
    )
    return Draft(report_id=f"r-{name}", trust_rank=1, decision_id=lambda _: f"b-{name}", make=lambda _revision, _supersedes: event)


def multiply(connection: sqlite3.Connection, number: int) -> None:
    """Copy the rows of the first arrival *number* times, under names in no order."""
    rows = {table: dict(connection.execute(f"SELECT * FROM {table}").fetchone()) for table in ("arrivals", "messages", "reports", "outbox")}  # noqa: S608 names of ours
    changes = {
        "arrivals": lambda n: {"seq": n + 2, "id": _name(n)},
        "messages": lambda n: {"seq": n + 2, "raw": b"x" * 900},  # as large as they are when they are archived
        "reports": lambda n: {"report_id": f"r-{_name(n)}"},
        "outbox": lambda n: {"seq": n + 2, "arrival": n + 2, "event_id": f"b-{_name(n)}"},
    }
    rows["arrivals"] |= {"archived_at": rows["arrivals"]["at"]}
    for table, row in rows.items():
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        values = (row | changes[table](n) for n in range(number))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608 names of ours
    connection.execute("UPDATE account SET accepted = :n, done = :n, made = :n, published = :n", {"n": number + 1})


def _name(number: int) -> str:
    """Name the *number*-th, so that names that follow one another lie far apart."""
    return f"{number * 2654435761 % (1 << 32):08x}{number:08x}"
