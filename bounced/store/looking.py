"""What operators look at in a journal, beside its writer: events by their newest, one event, what was decided on a report.

Functions of a connection, each of which finds what it wants by an index, however much is kept.
"""

import sqlite3
from typing import NamedTuple

from bounced.store.statements import statements

_SQL = statements("looking.sql")
#: Larger than any number of a row.
_LAST = 2**63 - 1


class Seen(NamedTuple):
    """An event in the journal, and its place there."""

    seq: int
    event_id: str
    body: bytes


def latest(connection: sqlite3.Connection, limit: int, before: int | None = None) -> list[Seen]:
    """Read up to *limit* events, the newest first, from the one in the journal before the place *before*."""
    rows = connection.execute(_SQL["latest"], {"before": before or _LAST, "limit": limit})
    return [Seen(row["seq"], row["event_id"], row["body"]) for row in rows]


def event(connection: sqlite3.Connection, event_id: str) -> bytes | None:
    """Read the event of an id; None where it is not here, or no longer."""
    row = connection.execute(_SQL["event"], {"id": event_id}).fetchone()
    return None if row is None else row["body"]


def decision_on(connection: sqlite3.Connection, report_id: str) -> str | None:
    """Give the id of the latest decision on a report; None where that is forgotten, or never was."""
    row = connection.execute(_SQL["decision_on"], {"report_id": report_id}).fetchone()
    return None if row is None else row["decision_id"]
