"""Retention: what is done is archived, that is reduced and compressed, and then deleted by age and by size.

Functions of a connection, for one small transaction each, so that senders wait no longer than one of them takes; and
`pack`, which is slow, pure and belongs into a thread of the caller's. Of a message that is done, the body of the
returned message goes, unless it is a few lines, or what is left would be read differently.

Deleted rows leave free pages in the file, which later ones fill: its size is that of the fullest moment, within
`journal.max_bytes`, `journal.keep_done_bytes` and what a few indexes take. It is not vacuumed: VACUUM copies the file
while nobody may write, and `auto_vacuum` moves pages in every commit to give back what the next hour takes again. A
backup that is restored has no free pages (docs/backup.md).
"""

import sqlite3
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

from bounced.errors import JournalInvalid
from bounced.model import Envelope, Report
from bounced.parse import condense, parse
from bounced.store.columns import from_envelope, to_time
from bounced.store.statements import statements

_SQL = statements("archive.sql")

#: Octets of the messages archived in one transaction, unless the first has more.
_MOST_BYTES = 4 * 1024 * 1024
#: Octets that must go for it to be worth reading the message twice, to see whether it says the same without them.
_WORTH_READING = 500
#: Levels above 6 take twice as long for a hundredth less (samples of bounced, 2026-11: 26 KB become 11 in 0.4 ms).
_LEVEL = 6


class Done(NamedTuple):
    """An arrival that is done: its row, and its message as it came."""

    seq: int
    raw: bytes
    envelope: Envelope


class Packed(NamedTuple):
    """What is kept of it: the row, the compressed message, and the octets that it had before."""

    seq: int
    compressed: bytes
    octets: int


def to_archive(connection: sqlite3.Connection, limit: int) -> list[Done]:
    """Read up to *limit* done arrivals that are not archived, and no more than a few MiB, but one at least."""
    found: list[Done] = []
    octets = 0
    for row in connection.execute(_SQL["to_archive"], {"limit": limit}).fetchall():
        octets += row["octets"]
        if found and octets > _MOST_BYTES:
            break
        message = connection.execute(_SQL["message"], {"seq": row["seq"]}).fetchone()
        found.append(Done(row["seq"], message["raw"], from_envelope(message)))
    return found


def pack(done: Sequence[Done]) -> list[Packed]:
    """Reduce and compress the messages of *done*. Takes a millisecond each: not for the loop, nor for the journal's thread."""
    return [Packed(item.seq, zlib.compress(_reduced(item.raw, item.envelope), _LEVEL), len(item.raw)) for item in done]


def unpack(compressed: bytes, arrival_id: str) -> bytes:
    """Give back the message that `pack` compressed.

    Raises:
        JournalInvalid: it is damaged.
    """
    try:
        return zlib.decompress(compressed)
    except zlib.error as error:
        raise JournalInvalid(f"the archived message of {arrival_id} is damaged: {error}") from error


def archive(connection: sqlite3.Connection, packed: Sequence[Packed], at: datetime) -> None:
    """Put the *packed* messages in place of those that came; their age counts from *at*."""
    for item in packed:
        if connection.execute(_SQL["archive"], {"seq": item.seq, "at": to_time(at)}).rowcount:
            connection.execute(_SQL["replace_message"], {"seq": item.seq, "raw": item.compressed})
            connection.execute(_SQL["count_archived"], {"before": item.octets, "after": len(item.compressed)})


def prune(connection: sqlite3.Connection, before: datetime, max_bytes: int, limit: int) -> int:
    """Delete up to *limit* arrivals that were archived before *before*, or the oldest while all have more than *max_bytes*."""
    (archived_bytes,) = connection.execute(_SQL["archived_bytes"]).fetchone()
    rows = []
    for row in connection.execute(_SQL["oldest"], {"limit": limit}).fetchall():
        if row["archived_at"] >= to_time(before) and archived_bytes <= max_bytes:
            break
        archived_bytes -= row["octets"]
        rows.append(row)
    octets = delete(connection, rows)
    connection.execute(_SQL["count_deleted"], {"octets": octets, "archived": octets, "erased": 0})
    return len(rows)


def erase_unread(connection: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Delete up to *limit* arrivals that were no report and came before *before*; return how many."""
    return _erase(connection, connection.execute(_SQL["old_unread"], {"before": to_time(before), "limit": limit}).fetchall())


def erase(connection: sqlite3.Connection, arrival_id: str) -> bool:
    """Delete an arrival that waits for a person; False when it doesn't."""
    return bool(_erase(connection, connection.execute(_SQL["held_by_person"], {"id": arrival_id}).fetchall()))


def forget_reports(connection: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Forget up to *limit* reports that came before *before*: should one of them come again, it counts as new."""
    return connection.execute(_SQL["forget_reports"], {"before": to_time(before), "limit": limit}).rowcount


def _erase(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> int:
    connection.execute(_SQL["count_deleted"], {"octets": delete(connection, rows), "archived": 0, "erased": len(rows)})
    return len(rows)


def delete(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> int:
    """Delete the arrivals of *rows* with their messages and events; return the octets that their messages had."""
    seqs = [{"seq": row["seq"]} for row in rows]
    for name in ("delete_events", "delete_message", "delete_arrival"):
        connection.executemany(_SQL[name], seqs)
    return sum(row["octets"] for row in rows)


def _reduced(raw: bytes, envelope: Envelope) -> bytes:
    """Take the bodies of returned messages and of attachments out of *raw*, unless it is another report without them."""
    reduced = condense(raw, quoted=True)
    if len(raw) - len(reduced) < _WORTH_READING or _meaning(reduced, envelope) != _meaning(raw, envelope):
        return raw
    return reduced


def _meaning(raw: bytes, envelope: Envelope) -> Report:
    """What *raw* says, but for how much was returned."""
    report = parse(raw, envelope)
    return structs.replace(report, text="", original=structs.replace(report.original, size=0))
