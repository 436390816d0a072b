"""Arrivals in the journal: kept, taken up again, handed to a person, pruned. Functions of a connection, for one transaction each.

Which of them a judged arrival is next (`decided`, `done`) is the outbox's to say.
"""

import json
import sqlite3
from datetime import datetime
from typing import Literal

from msgspec import Struct

from bounced.errors import JournalFull
from bounced.model import Arrival, Envelope
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.statements import statements

_SQL = statements("arrivals.sql")

#: Why postmaster's mail is a person's (RFC 5321 §4.5.1).
FOR_POSTMASTER = "mail for the postmaster"


class Held(Struct, frozen=True, kw_only=True):
    """An arrival that waits for a person: no report (`unread`), or judging it raised (`aside`).

    `head` is the beginning of the message, enough for its header; `size` is in octets.
    """

    id: str
    at: datetime
    peer: str
    envelope: Envelope
    size: int
    state: Literal["unread", "aside"]
    reason: str
    head: bytes


def keep(connection: sqlite3.Connection, arrival: Arrival, max_bytes: int) -> None:
    """Take *arrival* in, to be judged or, for the postmaster, to be read.

    Raises:
        JournalFull: the octets kept would exceed *max_bytes*.
    """
    octets = len(arrival.raw)
    if not connection.execute(_SQL["accept"], {"octets": octets, "max_bytes": max_bytes}).rowcount:
        raise JournalFull(f"{octets} more octets would exceed {max_bytes}")
    row = connection.execute(
        _SQL["insert_arrival"],
        {
            "id": arrival.id,
            "at": to_time(arrival.at),
            "peer": arrival.peer,
            "helo": to_text(arrival.helo),
            "mail_from": None if arrival.envelope.mail_from is None else to_text(arrival.envelope.mail_from),
            "rcpt_to": json.dumps(arrival.envelope.rcpt_to),
            "size": arrival.size,
            "sha256": arrival.sha256,
            "stream": arrival.stream,
            "tls": arrival.tls,
            "for_postmaster": arrival.for_postmaster,
            "state": "unread" if arrival.for_postmaster else "waiting",
            "reason": FOR_POSTMASTER if arrival.for_postmaster else None,
        },
    )
    connection.execute(_SQL["insert_message"], {"seq": row.lastrowid, "raw": arrival.raw})


def waiting(connection: sqlite3.Connection, after: str | None, limit: int) -> list[Arrival]:
    """Read up to *limit* arrivals that are not judged, oldest first, from the one after *after*."""
    return [_arrival(row) for row in connection.execute(_SQL["waiting"], {"after": after, "limit": limit})]


def hand_to_person(connection: sqlite3.Connection, arrival_id: str, state: Literal["unread", "aside"], reason: str) -> bool:
    """Leave an arrival that waits to a person; False when it does not wait (any more)."""
    values = {"id": arrival_id, "state": state, "reason": to_text(reason)}
    return bool(connection.execute(_SQL["hand_to_person"], values).rowcount)


def held(connection: sqlite3.Connection, limit: int) -> list[Held]:
    """List what waits for a person, newest first."""
    return [
        Held(
            id=row["id"],
            at=from_time(row["at"]),
            peer=row["peer"],
            envelope=_envelope(row),
            size=row["size"],
            state=row["state"],
            reason=row["reason"],
            head=row["head"],
        )
        for row in connection.execute(_SQL["held"], {"limit": limit})
    ]


def find(connection: sqlite3.Connection, arrival_id: str) -> Arrival | None:
    """Read one arrival back, whatever its state; None when it was never here, or was pruned."""
    row = connection.execute(_SQL["arrival"], {"id": arrival_id}).fetchone()
    return _arrival(row) if row else None


def prune(connection: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Delete up to *limit* done arrivals that came before *before*, with their messages and events; return how many."""
    rows = connection.execute(_SQL["prunable"], {"before": to_time(before), "limit": limit}).fetchall()
    seqs = [{"seq": row["seq"]} for row in rows]
    for name in ("delete_events", "delete_message", "delete_arrival"):
        connection.executemany(_SQL[name], seqs)
    connection.execute(_SQL["release"], {"octets": sum(row["octets"] for row in rows)})
    return len(rows)


def _arrival(row: sqlite3.Row) -> Arrival:
    return Arrival(
        id=row["id"],
        at=from_time(row["at"]),
        peer=row["peer"],
        helo=row["helo"],
        envelope=_envelope(row),
        raw=row["raw"],
        size=row["size"],
        sha256=row["sha256"],
        stream=row["stream"],
        tls=row["tls"],
        for_postmaster=bool(row["for_postmaster"]),
    )


def _envelope(row: sqlite3.Row) -> Envelope:
    return Envelope(row["mail_from"], tuple(json.loads(row["rcpt_to"])))
