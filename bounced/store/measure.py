"""How much room there is for more, what waits longest, and whether the journal can be written at all. Functions of a connection."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from bounced.store.columns import from_time
from bounced.store.statements import statements

_SQL = statements("measure.sql")


class Measure(Struct, frozen=True, kw_only=True):
    """What counts against the journal's limits.

    `kept_bytes` of messages that are not archived stand against `journal.max_bytes`, `free_bytes` of the disk against
    `journal.min_free_bytes`.
    """

    kept_bytes: int
    free_bytes: int
    #: When the oldest arrival came whose decisions are not all published; None when there is none.
    oldest_undelivered: datetime | None


def measure(connection: sqlite3.Connection, folder: Path) -> Measure:
    """Measure what is used and what is free in *folder*.

    In the database's thread on purpose: a disk that hangs holds up this thread and no other, and is noticed by it.
    """
    row = connection.execute(_SQL["measure"]).fetchone()
    disk = os.statvfs(folder)
    return Measure(
        kept_bytes=row["kept_bytes"],
        free_bytes=disk.f_bavail * disk.f_frsize,
        oldest_undelivered=from_time(row["oldest"]) if row["oldest"] else None,
    )


def probe(connection: sqlite3.Connection) -> None:
    """Write what is there already: a commit like any other, which changes nothing."""
    connection.execute(_SQL["probe"])
