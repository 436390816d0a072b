"""The outbox: what decisions led to, from settling an arrival to the sink's word on its last event.

Functions of a connection, for one transaction each. A report is settled once for each degree of belief: the same one
again is a duplicate, unless it is believed more than before (house.md, Identity). Here it is only compared and
numbered; who decides, and what an event looks like, comes with the draft.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence

from msgspec import Struct

from bounced.model import Event
from bounced.store import tallies
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.statements import statements
from bounced.store.tallies import Tally

_SQL = statements("outbox.sql")


class Draft(Struct, frozen=True, kw_only=True):
    """A decision on one recipient, before it is known whether it is a new one.

    `trust_rank` grows with belief (`Grade.rank`). `decision_id` tells the decision's id for a revision. `make` makes the
    event for a revision and the id of the decision that it supersedes, None when it is not for publishing; it is called
    in the database's thread, in the midst of a transaction: it must be quick and pure. What it raises undoes the
    settling. `follows` is a revision that was published elsewhere, maybe, and that this one supersedes; -1: none. `sort` is how it is
    counted for operators, None: not at all.
    """

    report_id: str
    trust_rank: int
    decision_id: Callable[[int], str]
    make: Callable[[int, str | None], Event | None]
    follows: int = -1
    sort: Tally | None = None


#: A new decision: its hour, its sort, and the id of its event, if it has one.
_Made = tuple[str, Tally, str | None]


class Settled(Struct, frozen=True, kw_only=True):
    """What settling an arrival came to. `repeated`: it was settled before, and nothing was changed."""

    events: tuple[Event, ...] = ()
    duplicates: int = 0
    #: What the duplicates repeat is not published yet.
    repeats_waiting: bool = False
    not_for_publishing: int = 0
    #: There was nothing to publish: the arrival is done.
    done: bool = False
    repeated: bool = False


class Refused(Struct, frozen=True, kw_only=True):
    """What a refusal came to: whether the event is set aside now, and the arrivals that are done by it."""

    is_aside: bool
    done: tuple[str, ...] = ()


def settle_all(connection: sqlite3.Connection, judged: Sequence[tuple[str, Sequence[Draft]]]) -> list[Settled]:
    """Settle arrivals, each of an id and of its drafts: number the drafts, put the events of the new ones in the outbox, count all."""
    made: list[_Made] = []
    settled = [_settle(connection, arrival_id, drafts, made) for arrival_id, drafts in judged]
    number = sum(len(drafts) for (_, drafts), each in zip(judged, settled, strict=True) if not each.repeated)
    duplicate = sum(each.duplicates for each in settled)
    silent = sum(each.not_for_publishing for each in settled)
    connection.execute(_SQL["count_decisions"], {"made": number, "duplicate": duplicate, "not_for_publishing": silent})
    tallies.count(connection, made)
    return settled


def settle(connection: sqlite3.Connection, arrival_id: str, drafts: Sequence[Draft]) -> Settled:
    """Settle one arrival, as `settle_all`."""
    return settle_all(connection, [(arrival_id, drafts)])[0]


def _settle(connection: sqlite3.Connection, arrival_id: str, drafts: Sequence[Draft], made: list[_Made]) -> Settled:
    """Settle one arrival, and add to *made* the decisions on it that are new."""
    arrival = connection.execute(_SQL["to_settle"], {"id": arrival_id}).fetchone()
    if arrival is None:
        return Settled(repeated=True)
    events: list[Event] = []
    duplicates, repeats_waiting = 0, False
    for draft in drafts:
        known = connection.execute(_SQL["report"], {"report_id": draft.report_id}).fetchone()
        if known and known["trust_rank"] >= draft.trust_rank:
            duplicates += 1
            repeats_waiting |= connection.execute(_SQL["is_waiting"], {"id": known["decision_id"]}).fetchone() is not None
            continue
        before = max(known["revision"] if known else -1, draft.follows)
        revision, supersedes = before + 1, draft.decision_id(before) if before >= 0 else None
        event = draft.make(revision, supersedes)
        put(connection, arrival, draft, revision, event)
        if event is not None:
            events.append(event)
        if draft.sort is not None:
            made.append((tallies.hour_of(arrival["at"]), draft.sort, None if event is None else event.id))
    silent = len(drafts) - duplicates - len(events)
    if events:
        connection.execute(_SQL["decided"], {"seq": arrival["seq"]})
    else:
        _finish(connection, [arrival["seq"]])
    return Settled(events=tuple(events), duplicates=duplicates, repeats_waiting=repeats_waiting, not_for_publishing=silent, done=not events)


def pending(connection: sqlite3.Connection, limit: int, after: str | None) -> list[Event]:
    """Read up to *limit* events that are to be published, in the order in which they were decided, from the one after *after*."""
    return [
        Event(
            id=row["id"],
            key=row["key"],
            type=row["type"],
            source=row["source"],
            subject=row["subject"],
            time=from_time(row["time"]),
            reference=row["reference"],
            body=row["body"],
        )
        for row in connection.execute(_SQL["pending"], {"after": after, "limit": limit})
    ]


def published(connection: sqlite3.Connection, event_ids: Sequence[str]) -> list[str]:
    """Note that the sink has *event_ids* for good; return the ids of the arrivals that are done by it."""
    marked = sum(connection.execute(_SQL["publish"], {"id": event_id}).rowcount for event_id in event_ids)
    connection.execute(_SQL["count_published"], {"published": marked})
    return _finish_arrivals(connection, event_ids)


def refuse(connection: sqlite3.Connection, event_id: str, reason: str, most: int) -> Refused:
    """Count that the sink refused an event that waits, and set it aside at the *most*-th time."""
    row = connection.execute(_SQL["refuse"], {"id": event_id, "reason": to_text(reason), "most": most}).fetchone()
    is_aside = row is not None and row["state"] == "aside"
    return Refused(is_aside=is_aside, done=tuple(_finish_arrivals(connection, [event_id])) if is_aside else ())


def put(connection: sqlite3.Connection, arrival: sqlite3.Row, draft: Draft, revision: int, event: Event | None) -> None:
    """Record the decision of *draft* as the latest on its report, and put its *event* into the outbox, if it is for publishing."""
    if event is not None:
        _insert(connection, arrival["seq"], event)
    connection.execute(
        _SQL["record_report"],
        {
            "report_id": draft.report_id,
            "trust_rank": draft.trust_rank,
            "revision": revision,
            "decision_id": draft.decision_id(revision),
            "at": arrival["at"],
        },
    )


def _insert(connection: sqlite3.Connection, arrival_seq: int, event: Event) -> None:
    connection.execute(
        _SQL["insert_event"],
        {
            "arrival": arrival_seq,
            "id": event.id,
            "key": event.key,
            "type": event.type,
            "source": event.source,
            "subject": None if event.subject is None else to_text(event.subject),
            "time": to_time(event.time),
            "reference": None if event.reference is None else to_text(event.reference),
            "body": event.body,
        },
    )


def _finish_arrivals(connection: sqlite3.Connection, event_ids: Sequence[str]) -> list[str]:
    """Make done the arrivals of *event_ids* none of whose events waits any more; return their ids."""
    rows = [connection.execute(_SQL["finished"], {"id": event_id}).fetchone() for event_id in event_ids]
    seqs = {row["id"]: row["seq"] for row in rows if row}
    _finish(connection, seqs.values())
    return list(seqs)


def _finish(connection: sqlite3.Connection, seqs: Collection[int]) -> None:
    connection.executemany(_SQL["done"], [{"seq": seq} for seq in seqs])
    connection.execute(_SQL["count_done"], {"done": len(seqs)})
