"""What is remembered of an address, as a row: found, read and written. Functions of a connection."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from bounced.address import fold
from bounced.database.engine import Connection
from bounced.model import Memory, Score, Suppression
from bounced.store.changes import note
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.hashed import forget_hash, hash_of, key_of
from bounced.store.statements import statements

_SQL = statements("history.sql")
_SCORES = msgspec.json.Decoder(tuple[Score, ...])
_encode = msgspec.json.Encoder().encode


def find(connection: Connection, stream: str, address: str) -> Mapping[str, Any] | None:
    """Find the row of *address* in *stream*; None when nothing is remembered of it."""
    row: Mapping[str, Any] | None = connection.execute(_SQL["memory"], key(stream, address)).fetchone()
    if row is None and (of_hashes := key_of(connection)) is not None:
        row = connection.execute(_SQL["memory"], {"stream": stream, "address": hash_of(of_hashes, address)}).fetchone()
    return row


def known(connection: Connection, stream: str, address: str) -> Memory:
    """Read what is remembered of *address* in *stream*; an empty memory where nothing is."""
    row = find(connection, stream, address)
    return Memory() if row is None else memory_of(row)


def remember(
    connection: Connection, stream: str, address: str, before: Memory, memory: Memory, now: datetime, *, ended: bool = False
) -> int:
    """Write that *memory* is what is remembered of *address* in *stream* from *now* on, *before* until then; give its row's number.

    What that changes of the suppression list is noted; *ended*: it is not lifted, but over. Was the address forgotten before, and kept as a
    hash, it has its name again.
    """
    values = key(stream, address) | _columns(memory) | {"changed_at": to_time(now)}
    note(connection, key(stream, address), before, memory, now, ended=ended)
    seq: int = connection.execute(_SQL["remember"], values).fetchone()["seq"]
    forget_hash(connection, stream, address)
    return seq


def name_of(stream: str, address: str) -> str:
    """Name an address in a stream, for who locks it."""
    return f"{stream}\0{fold(address)}"


def key(stream: str, address: str) -> dict[str, object]:
    """Give the columns by which an address is found."""
    return {"stream": stream, "address": to_text(fold(address))}


def memory_of(row: Mapping[str, Any]) -> Memory:
    """Read a memory from the columns of *row*."""
    suppression = None
    if row["suppressed_at"] is not None:
        until = None if row["until"] is None else from_time(row["until"])
        since = from_time(row["suppressed_at"])
        suppression = Suppression(since=since, until=until, category=row["category"], because=row["because"])
    return Memory(
        scores=_SCORES.decode(row["scores"]),
        suppression=suppression,
        times=row["times"],
        generation=row["generation"],
        delivered=None if row["delivered_at"] is None else from_time(row["delivered_at"]),
    )


def _columns(memory: Memory) -> dict[str, object]:
    suppression = memory.suppression
    return {
        "scores": _encode(memory.scores).decode(),
        "suppressed_at": suppression and to_time(suppression.since),
        "until": to_time(suppression.until) if suppression and suppression.until else None,
        "category": suppression and suppression.category,
        "because": suppression and to_text(suppression.because),
        "times": memory.times,
        "generation": memory.generation,
        "delivered_at": memory.delivered and to_time(memory.delivered),
    }
