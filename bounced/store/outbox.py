"""The outbox: what decisions led to, from settling an arrival to the sink's word on its last event.

Functions of a connection, for one transaction each. A report is settled once for each degree of belief: the same one
again is a duplicate, unless it is believed more than before (house.md, Identity). Here it is only compared and
numbered; who decides, and what an event looks like, comes with the draft.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from bounced.model import Event
from bounced.store import tallies
from bounced.store.columns import from_time, to_array, to_text, to_time
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


class _Known(NamedTuple):
    """The latest decision on a report."""

    trust_rank: int
    revision: int
    decision_id: str


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
    settling = _Settling(connection, judged)
    settled = [settling.settle(arrival_id, drafts) for arrival_id, drafts in judged]
    settling.close()
    number = sum(len(drafts) for (_, drafts), each in zip(judged, settled, strict=True) if not each.repeated)
    duplicate = sum(each.duplicates for each in settled)
    silent = sum(each.not_for_publishing for each in settled)
    connection.execute(_SQL["count_decisions"], {"made": number, "duplicate": duplicate, "not_for_publishing": silent})
    tallies.count(connection, settling.made)
    return settled


def settle(connection: sqlite3.Connection, arrival_id: str, drafts: Sequence[Draft]) -> Settled:
    """Settle one arrival, as `settle_all`."""
    return settle_all(connection, [(arrival_id, drafts)])[0]


class _Settling:
    """The settling of the arrivals *judged*, one after the other: what is known of them all is read at once, and written so by `close`."""

    def __init__(self, connection: sqlite3.Connection, judged: Sequence[tuple[str, Sequence[Draft]]]) -> None:
        self._connection = connection
        arrivals = connection.execute(_SQL["to_settle"], {"ids": to_array([arrival_id for arrival_id, _ in judged])})
        self._waiting: dict[str, sqlite3.Row] = {row["id"]: row for row in arrivals}
        reports = connection.execute(
            _SQL["reports"], {"report_ids": to_array([draft.report_id for _, drafts in judged for draft in drafts])}
        )
        self._known = {row["report_id"]: _Known(row["trust_rank"], row["revision"], row["decision_id"]) for row in reports}
        self._decided: list[int] = []
        self._done: list[int] = []
        #: The decisions that are new.
        self.made: list[_Made] = []

    def settle(self, arrival_id: str, drafts: Sequence[Draft]) -> Settled:
        """Settle one arrival."""
        arrival = self._waiting.pop(arrival_id, None)
        if arrival is None:
            return Settled(repeated=True)
        events: list[Event] = []
        duplicates, repeats_waiting = 0, False
        for draft in drafts:
            known = self._known.get(draft.report_id)
            if known and known.trust_rank >= draft.trust_rank:
                duplicates += 1
                repeats_waiting |= self._connection.execute(_SQL["is_waiting"], {"id": known.decision_id}).fetchone() is not None
                continue
            before = max(known.revision if known else -1, draft.follows)
            revision, supersedes = before + 1, draft.decision_id(before) if before >= 0 else None
            event = draft.make(revision, supersedes)
            decision_id = put(self._connection, arrival, draft, revision, event)
            self._known[draft.report_id] = _Known(draft.trust_rank, revision, decision_id)
            if event is not None:
                events.append(event)
            if draft.sort is not None:
                self.made.append((tallies.hour_of(arrival["at"]), draft.sort, None if event is None else event.id))
        silent = len(drafts) - duplicates - len(events)
        (self._decided if events else self._done).append(arrival["seq"])
        return Settled(
            events=tuple(events), duplicates=duplicates, repeats_waiting=repeats_waiting, not_for_publishing=silent, done=not events
        )

    def close(self) -> None:
        """Write what became of the arrivals."""
        self._connection.execute(_SQL["decided"], {"seqs": to_array(self._decided)})
        _finish(self._connection, self._done)


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
    marked = connection.execute(_SQL["publish"], {"ids": to_array(event_ids)}).rowcount
    connection.execute(_SQL["count_published"], {"published": marked})
    return _finish_arrivals(connection, event_ids)


def refuse(connection: sqlite3.Connection, event_id: str, reason: str, most: int) -> Refused:
    """Count that the sink refused an event that waits, and set it aside at the *most*-th time."""
    row = connection.execute(_SQL["refuse"], {"id": event_id, "reason": to_text(reason), "most": most}).fetchone()
    is_aside = row is not None and row["state"] == "aside"
    return Refused(is_aside=is_aside, done=tuple(_finish_arrivals(connection, [event_id])) if is_aside else ())


def put(connection: sqlite3.Connection, arrival: sqlite3.Row, draft: Draft, revision: int, event: Event | None) -> str:
    """Record the decision of *draft* as the latest on its report, and put its *event* into the outbox, if it is for publishing.

    Returns the id of the decision.
    """
    if event is not None:
        _insert(connection, arrival["seq"], event)
    decision_id = draft.decision_id(revision)
    connection.execute(
        _SQL["record_report"],
        {
            "report_id": draft.report_id,
            "trust_rank": draft.trust_rank,
            "revision": revision,
            "decision_id": decision_id,
            "at": arrival["at"],
        },
    )
    return decision_id


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
    seqs = {row["id"]: row["seq"] for row in connection.execute(_SQL["finished"], {"ids": to_array(event_ids)})}
    _finish(connection, list(seqs.values()))
    return list(seqs)


def _finish(connection: sqlite3.Connection, seqs: Sequence[int]) -> None:
    connection.execute(_SQL["done"], {"seqs": to_array(seqs)})
    connection.execute(_SQL["count_done"], {"done": len(seqs)})
