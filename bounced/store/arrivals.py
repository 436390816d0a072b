"""Arrivals in the journal: kept, taken up again, handed to a person and back. Functions of a connection, for one transaction each.

Which of them a judged arrival is next (`decided`, `done`) is the outbox's to say.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from bounced.errors import JournalFull, JournalInvalid
from bounced.model import Arrival, Envelope, Form
from bounced.store.archive import unpack
from bounced.store.columns import from_envelope, from_time, to_text, to_time
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


class Page(NamedTuple):
    """Arrivals to be judged; and of rows that can't be read, which a disk has damaged, the number and the reason."""

    arrivals: list[Arrival]
    damaged: list[tuple[int, str]]


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
            "form": arrival.form,
            "state": "unread" if arrival.for_postmaster else "waiting",
            "reason": FOR_POSTMASTER if arrival.for_postmaster else None,
        },
    )
    connection.execute(_SQL["insert_message"], {"seq": row.lastrowid, "raw": arrival.raw})


def waiting(connection: sqlite3.Connection, after: str | None, limit: int) -> Page:
    """Read up to *limit* arrivals that are not judged, oldest first, from the one after *after*."""
    page = Page([], [])
    for row in connection.execute(_SQL["waiting"], {"after": after, "limit": limit}):
        try:
            page.arrivals.append(_arrival(row))
        except (ValueError, TypeError, JournalInvalid) as error:
            page.damaged.append((row["seq"], f"its row is damaged: {error}"))
    return page


def waiting_ids(connection: sqlite3.Connection) -> set[str]:
    """Name all arrivals that are not judged."""
    return {row["id"] for row in connection.execute(_SQL["waiting_ids"])}


def begin(connection: sqlite3.Connection, arrival_id: str) -> int:
    """Count that judging an arrival begins; return how often it has begun, this time included."""
    (row,) = connection.execute(_SQL["begin"], {"id": arrival_id}).fetchall()
    return int(row["begun"])


def begin_first(connection: sqlite3.Connection, arrival_ids: Sequence[str]) -> set[str]:
    """Count that judging arrivals begins for the first time; name those of *arrival_ids* for which it is the first."""
    return {each for each in arrival_ids if connection.execute(_SQL["begin_first"], {"id": each}).rowcount}


def set_rows_aside(connection: sqlite3.Connection, damaged: Sequence[tuple[int, str]]) -> None:
    """Leave to a person what `waiting` could not read, so that it holds nothing else up."""
    for seq, reason in damaged:
        connection.execute(_SQL["set_row_aside"], {"seq": seq, "reason": to_text(reason)})


def release(connection: sqlite3.Connection, arrival_id: str) -> bool:
    """Give an arrival that waits for a person back to be judged; False when it doesn't wait, or is the postmaster's."""
    return bool(connection.execute(_SQL["release"], {"id": arrival_id}).rowcount)


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
            envelope=from_envelope(row),
            size=row["size"],
            state=row["state"],
            reason=row["reason"],
            head=row["head"],
        )
        for row in connection.execute(_SQL["held"], {"limit": limit})
    ]


def find(connection: sqlite3.Connection, arrival_id: str) -> Arrival | None:
    """Read one arrival back, whatever its state, as much of it as is kept; None when it was never here, or was pruned.

    Raises:
        JournalInvalid: it is damaged.
    """
    row = connection.execute(_SQL["arrival"], {"id": arrival_id}).fetchone()
    return _arrival(row) if row else None


def every(connection: sqlite3.Connection) -> Iterator[Arrival]:
    """Read all that is kept, oldest first, one at a time; mail for the postmaster is not."""
    return (_arrival(row) for row in connection.execute(_SQL["every"]))


def _arrival(row: sqlite3.Row) -> Arrival:
    return Arrival(
        id=row["id"],
        at=from_time(row["at"]),
        peer=row["peer"],
        helo=row["helo"],
        envelope=from_envelope(row),
        raw=unpack(row["raw"], row["id"]) if row["archived_at"] else row["raw"],
        size=row["size"],
        sha256=row["sha256"],
        stream=row["stream"],
        tls=row["tls"],
        for_postmaster=bool(row["for_postmaster"]),
        form=Form(row["form"]),
    )
