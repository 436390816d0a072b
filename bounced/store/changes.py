"""The changes of the suppression list, in the order in which they were committed, for who mirrors it. Functions of a connection."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from bounced.database.engine import Connection
from bounced.model import Memory
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.statements import statements

_SQL = statements("changes.sql")


class Change(StrEnum):
    """What became of the suppression of an address: made, made longer or for another reason, lifted, or ended by itself."""

    CREATED = "created"
    CHANGED = "changed"
    LIFTED = "lifted"
    EXPIRED = "expired"


class Changed(Struct, frozen=True, kw_only=True):
    """A change, the *seq*-th. The suppression is the one that stands now or, where it was lifted or has ended, that stood."""

    seq: int
    at: datetime
    change: Change
    stream: str
    address: str
    since: datetime
    until: datetime | None
    category: str
    because: str
    generation: int


def note(connection: Connection, key: Mapping[str, object], before: Memory, after: Memory, now: datetime, *, ended: bool = False) -> None:
    """Note what changes for the address of *key* as *after* takes the place of *before*, if anything does."""
    suppression = after.suppression or before.suppression
    if suppression is None or before.suppression == after.suppression:
        return
    if after.suppression is None:
        change = Change.EXPIRED if ended else Change.LIFTED
    else:
        change = Change.CREATED if before.suppression is None else Change.CHANGED
    connection.execute(
        _SQL["note"],
        {
            **key,
            "at": to_time(now),
            "change": change,
            "since": to_time(suppression.since),
            "until": suppression.until and to_time(suppression.until),
            "category": suppression.category,
            "because": to_text(suppression.because),
            "generation": after.generation,
        },
    )


def changes(connection: Connection, after: int, limit: int, stream: str | None = None) -> list[Changed]:
    """Read up to *limit* changes after the *after*-th, of all streams or of one."""
    rows = connection.execute(_SQL["changes"], {"after": after, "limit": limit, "stream": stream})
    return [
        Changed(
            seq=row["seq"],
            at=from_time(row["at"]),
            change=Change(row["change"]),
            stream=row["stream"],
            address=row["address"],
            since=from_time(row["since"]),
            until=row["until"] and from_time(row["until"]),
            category=row["category"],
            because=row["because"],
            generation=row["generation"],
        )
        for row in rows
    ]


def newest(connection: Connection) -> int:
    """Number the last change; 0: there was none."""
    seq: int = connection.execute(_SQL["newest"]).fetchone()["seq"]
    return seq


def fed(connection: Connection, feed: str) -> int | None:
    """Say up to which change *feed* is published; None: it is new."""
    row = connection.execute(_SQL["fed"], {"name": feed}).fetchone()
    return None if row is None else row["seq"]


def feed(connection: Connection, name: str, seq: int) -> None:
    """Note that the feed *name* is published up to the *seq*-th change."""
    connection.execute(_SQL["feed"], {"name": name, "seq": seq})
