"""Corrections: arrivals that were judged, judged again later with better rules, and new revisions of decisions that came out otherwise.

Functions of a connection, for one transaction each; for an operator's command beside the daemon. Who judges is the caller.
A correction is published like any decision, under a new id; it names the one that it supersedes.
"""

import sqlite3
from collections.abc import Iterator
from typing import Literal, NamedTuple

from bounced.store.outbox import Draft, put
from bounced.store.statements import statements

_SQL = statements("corrections.sql")
_PAGE = 500


class Judged(NamedTuple):
    """An arrival that is kept and was judged, or set before a person."""

    id: str
    state: Literal["decided", "done", "unread", "aside"]


class Standing(NamedTuple):
    """The latest decision on a report: its revision, its id, and the event that says it."""

    revision: int
    decision_id: str
    body: bytes


def judged(connection: sqlite3.Connection) -> Iterator[Judged]:
    """Go through all that is kept and was judged, oldest first."""
    after = 0
    while rows := connection.execute(_SQL["judged"], {"after": after, "limit": _PAGE}).fetchall():
        yield from (Judged(row["id"], row["state"]) for row in rows)
        after = rows[-1]["seq"]


def published(connection: sqlite3.Connection) -> Iterator[bytes]:
    """Go through the events that are kept, published or not, in the order in which they were decided."""
    after = 0
    while rows := connection.execute(_SQL["published"], {"after": after, "limit": _PAGE}).fetchall():
        yield from (row["body"] for row in rows)
        after = rows[-1]["seq"]


def standing(connection: sqlite3.Connection, arrival_id: str, report_id: str) -> Standing | None:
    """Find the latest decision on a report, if this arrival led to it and it was for publishing."""
    row = connection.execute(_SQL["standing"], {"report_id": report_id, "id": arrival_id}).fetchone()
    return Standing(row["revision"], row["decision_id"], row["body"]) if row else None


def correct(connection: sqlite3.Connection, arrival_id: str, draft: Draft, superseded: Standing) -> bool:
    """Put the event of *draft*, which supersedes that decision, into the outbox; False when another did, or it is not for publishing."""
    arrival = connection.execute(_SQL["arrival"], {"id": arrival_id}).fetchone()
    if arrival is None or standing(connection, arrival_id, draft.report_id) != superseded:
        return False
    revision = superseded.revision + 1
    event = draft.make(revision, superseded.decision_id)
    if event is None:
        return False
    put(connection, arrival, draft, revision, event)
    connection.execute(_SQL["count_made"])
    if arrival["state"] == "done":
        connection.execute(_SQL["count_reopened"])
        connection.execute(_SQL["decided"], {"seq": arrival["seq"]})
    return True
