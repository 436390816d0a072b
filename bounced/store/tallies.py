"""What was decided, counted by hour and by what operators ask about: disposition, fault, category, receiver, belief.

Counted in the transaction that settles, so that a number here is a decision there. No word of it is a stranger's: receivers are those
of our table.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct, field

from bounced.model import Basis, Decision, Fault, Kind
from bounced.store.statements import statements

_SQL = statements("tallies.sql")

#: Of a receiver whom our table does not know.
OTHER = "other"
#: Hours that are kept apart.
HOURS = 48
_HOUR = len("2026-11-29T16")
#: How a finding is known where nobody wrote a rule for the words.
_WITHOUT_RULE = (Basis.STATUS, Basis.BARE_CODE, Basis.REPLY, Basis.NOTHING)


class Tally(NamedTuple):
    """A sort of decision."""

    kind: str
    disposition: str
    category: str
    fault: str
    receiver: str
    grade: str
    withheld: str
    basis: str


class Row(NamedTuple):
    """So many decisions of a sort in an hour (`2026-11-29T16`, UTC), and the id of the newest one's event."""

    hour: str
    tally: Tally
    number: int
    latest: str | None


class Totals(Struct, kw_only=True):
    """Decisions since the journal's file was made. `unmatched`: of bounces whose words no rule knew.

    Counters while they are counted, and plain once they were written and read: msgspec has no type for the former.
    """

    by_disposition: dict[str, int] = field(default_factory=Counter)
    by_fault: dict[str, int] = field(default_factory=Counter)
    by_grade: dict[str, int] = field(default_factory=Counter)
    by_receiver: dict[str, int] = field(default_factory=Counter)
    sender_faults: dict[str, int] = field(default_factory=Counter)
    unmatched: int = 0


_BY = ("by_disposition", "by_fault", "by_grade", "by_receiver", "sender_faults")


def tally(decision: Decision) -> Tally:
    """Say of what sort *decision* is."""
    finding = decision.finding
    return Tally(
        decision.kind,
        decision.disposition,
        finding.category,
        finding.fault,
        finding.provider or OTHER,
        decision.trust.grade,
        decision.withheld or "",
        finding.basis,
    )


def hour_of(at: str) -> str:
    """Give the hour of a time as the journal writes it."""
    return at[:_HOUR]


def count(connection: sqlite3.Connection, made: Iterable[tuple[str, Tally, str | None]]) -> None:
    """Count decisions, each of an hour, of a sort, and with the id of its event, if it has one."""
    numbers: Counter[tuple[str, Tally]] = Counter()
    latest: dict[tuple[str, Tally], str | None] = {}
    for hour, sort, event_id in made:
        numbers[hour, sort] += 1
        latest[hour, sort] = event_id or latest.get((hour, sort))
    connection.executemany(
        _SQL["count"],
        [{"hour": hour, **sort._asdict(), "number": number, "latest": latest[hour, sort]} for (hour, sort), number in numbers.items()],
    )


def since(connection: sqlite3.Connection, at: datetime) -> list[Row]:
    """Read what was decided on arrivals since the hour of *at* (UTC)."""
    rows = connection.execute(_SQL["since"], {"hour": hour_of(at.isoformat())})
    return [Row(row["hour"], Tally(*(row[name] for name in Tally._fields)), row["number"], row["latest"]) for row in rows]


def totals(connection: sqlite3.Connection) -> Totals:
    """Add up all."""
    counts = Totals()
    for row in connection.execute(_SQL["sums"]):
        number = row["number"]
        counts.by_disposition[row["disposition"]] += number
        counts.by_fault[row["fault"]] += number
        counts.by_grade[row["grade"]] += number
        counts.by_receiver[row["receiver"]] += number
        if row["fault"] == Fault.SENDER:
            counts.sender_faults[row["receiver"]] += number
        if row["kind"] == Kind.BOUNCE and row["basis"] in _WITHOUT_RULE:
            counts.unmatched += number
    return counts


def total(several: Iterable[Totals]) -> Totals:
    """Add up those of several journals."""
    counts = Totals()
    for each in several:
        for name in _BY:
            getattr(counts, name).update(getattr(each, name))
        counts.unmatched += each.unmatched
    return counts


def fold(connection: sqlite3.Connection, now: datetime) -> int:
    """Make one of all hours that are more than `HOURS` ago; return how many rows went."""
    hour = hour_of((now - timedelta(hours=HOURS)).isoformat())
    connection.execute(_SQL["fold"], {"hour": hour})
    return connection.execute(_SQL["drop"], {"hour": hour}).rowcount
