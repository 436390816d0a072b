"""The storm brake in the history: what receivers send is counted there, and what is held waits there to be released or dropped.

Functions of a connection, for the midst of a transaction or for an operator's commands; what a storm is stands in
`bounced.decide.storm`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct, structs

from bounced.database.engine import Connection
from bounced.decide import counting, storm
from bounced.decide.storm import NO_DOMAIN, Brake, Minute, Traffic
from bounced.model import Decision, History, Storm, Suppression
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.memories import key, known, name_of, remember
from bounced.store.statements import statements

_SQL = statements("storms.sql")
_TRAFFIC = msgspec.json.Decoder(Traffic)
_HISTORY = msgspec.json.Decoder(History)
_encode = msgspec.json.Encoder().encode
_PAGE = 500
#: Receivers that a gauge counts at most before it forgets who had nothing lately.
_MANY_RECEIVERS = 5000


class Watch(Struct, frozen=True, kw_only=True):
    """How the brake looks at a case: by which rules, about which receiver; `domain` where that is said not to exist.

    `event` makes the event that a decision would be published as, None where it is not for publishing. `lock` is what no other process
    may change meanwhile, None where nothing will be.
    """

    brake: Brake
    receiver: str
    event: Callable[[Decision], bytes | None]
    domain: str | None = None
    lock: str | None = None


class Gauge:
    """Counts reports by receiver and minute, in memory, until a failure makes somebody look: most never do.

    What it has counted is lost with the process, or with a transaction that is undone, which makes a receiver look a little more stormy
    for some minutes.
    """

    def __init__(self) -> None:
        self._minutes: dict[str, Counter[int]] = {}

    def count(self, receiver: str, minute: int, number: int = 1) -> None:
        """Count *number* reports about *receiver*."""
        if receiver not in self._minutes and len(self._minutes) >= _MANY_RECEIVERS:
            self._minutes = {name: counts for name, counts in self._minutes.items() if max(counts) >= minute - 1}
        self._minutes.setdefault(receiver, Counter())[minute] += number

    def take(self, receiver: str) -> Iterator[Minute]:
        """Give what was counted of *receiver* since the last time, oldest first."""
        counts = self._minutes.pop(receiver, Counter[int]())
        return (Minute(minute, counts[minute]) for minute in sorted(counts))


class Held(NamedTuple):
    """A failure that is held."""

    report_id: str
    at: datetime
    address: str
    stream: str
    category: str
    receiver: str


class Standing(NamedTuple):
    """What is held of a receiver: how many failures, since when, the latest, and what one of them says."""

    receiver: str
    number: int
    since: datetime
    latest: datetime
    because: str


class Released(NamedTuple):
    """A failure that is released: its event as it was to be published, None where it was not for publishing."""

    report_id: str
    event: bytes | None


def weigh(connection: Connection, gauge: Gauge, watch: Watch, decision: Decision, seq: int | None, now: datetime) -> Storm | None:
    """Count *decision*, about the address whose row is *seq*, and find the storm that it is part of."""
    minute = storm.minute_of(now)
    is_sudden = storm.is_sudden(decision)
    if watch.receiver != NO_DOMAIN:
        gauge.count(NO_DOMAIN, minute)
    if not is_sudden:
        gauge.count(watch.receiver, minute)
        return None
    traffic = _traffic(connection, watch.receiver)
    for earlier in gauge.take(watch.receiver):
        traffic = storm.add(traffic, watch.brake, earlier)
    is_new = seq is None or connection.execute(_SQL["is_held"], {"address": seq}).fetchone() is None
    traffic = storm.add(traffic, watch.brake, Minute(minute, 1, int(is_new)))
    if watch.domain is not None:
        traffic = storm.ask_for(traffic, watch.brake, watch.domain, minute)
    found = storm.gather(traffic, watch.brake, decision.history.memory, now, watch.receiver)
    if found is not None:
        traffic = storm.held(traffic, found, now, number=int(is_new))
    _keep(connection, watch.receiver, traffic, now)
    return found


def hold(connection: Connection, watch: Watch, due: Decision, now: datetime) -> None:
    """Hold *due*, which would suppress; its report is counted already."""
    event = watch.event(due)
    values = {
        "report_id": due.report_id,
        "receiver": watch.receiver,
        "at": to_time(now),
        "until": due.until and to_time(due.until),
        "category": due.finding.category,
        "because": to_text(due.because),
        "event": event and event.decode(),
    }
    connection.execute(_SQL["hold"], values)


def drop_of(connection: Connection, stream: str, address: str) -> int:
    """Drop what is held of *address* in *stream*, because something else has settled it; return how many failures were."""
    return connection.execute(_SQL["drop_of_address"], key(stream, address)).rowcount


def standing(connection: Connection) -> list[Standing]:
    """Say what is held, by receiver."""
    rows = connection.execute(_SQL["storms"]).fetchall()
    return [Standing(row["receiver"], row["number"], from_time(row["since"]), from_time(row["latest"]), row["because"]) for row in rows]


def held(connection: Connection, receiver: str | None = None, before: datetime | None = None) -> Iterator[Held]:
    """Go through what is held, of *receiver* or of all, since *before* or longer if that is given, the oldest first."""
    after, after_id = "", ""
    while True:
        values = {"receiver": receiver, "before": before and to_time(before), "after": after, "after_id": after_id, "limit": _PAGE}
        rows = connection.execute(_SQL["held"], values).fetchall()
        for row in rows:
            yield Held(row["report_id"], from_time(row["at"]), row["address"], row["stream"], row["category"], row["receiver"])
        if len(rows) < _PAGE:
            return
        after, after_id = rows[-1]["at"], rows[-1]["report_id"]


def drop(connection: Connection, report_ids: Sequence[str]) -> int:
    """Drop what is held of *report_ids*; return how many were."""
    return sum(connection.execute(_SQL["drop"], {"report_id": report_id}).rowcount for report_id in report_ids)


def lock_of(receiver: str) -> str:
    """Name what is known of *receiver*, for who locks it."""
    return f"receiver\0{receiver}"


def locks(connection: Connection, report_ids: Sequence[str]) -> list[str]:
    """Name what a release of *report_ids* changes, for who locks it: addresses and receivers."""
    rows = [connection.execute(_SQL["whose"], {"report_id": report_id}).fetchone() for report_id in report_ids]
    there = [row for row in rows if row is not None]
    return [*(name_of(row["stream"], row["address"]) for row in there), *{lock_of(row["receiver"]) for row in there}]


def release(connection: Connection, report_ids: Sequence[str], by: str, now: datetime) -> list[Released]:
    """Suppress what is held of *report_ids*, and answer from now on as if no storm had been; the order is called *by*."""
    released, learnt = [], Counter[tuple[str, int]]()
    for report_id in report_ids:
        row = connection.execute(_SQL["to_release"], {"report_id": report_id, "by": by}).fetchone()
        if row is None:
            continue
        if row["released_by"] is None:
            until = None if row["until"] is None else from_time(row["until"])
            suppression = Suppression(since=now, until=until, category=row["category"], because=row["because"])
            _suppress(connection, row["stream"], row["address"], suppression, now)
            before = structs.replace(_HISTORY.decode(row["before"]), storm=None)
            connection.execute(_SQL["forget_storm"], {"report_id": report_id, "before": _encode(before).decode()})
            connection.execute(_SQL["release"], {"report_id": report_id, "by": by})
            learnt[row["receiver"], storm.minute_of(from_time(row["at"]))] += 1
        released.append(Released(report_id, row["event"] and row["event"].encode()))
    for (receiver, minute), number in sorted(learnt.items()):  # what a person lets pass is usual
        _keep(connection, receiver, storm.learn(_traffic(connection, receiver), minute, number, number), now)
    return released


def _suppress(connection: Connection, stream: str, address: str, suppression: Suppression, now: datetime) -> None:
    memory = known(connection, stream, address)
    if counting.standing(memory, now) is None:
        remember(connection, stream, address, memory, counting.suppressed(memory, suppression), now)


def _traffic(connection: Connection, receiver: str) -> Traffic:
    row = connection.execute(_SQL["traffic"], {"name": receiver}).fetchone()
    return Traffic() if row is None else _TRAFFIC.decode(row["traffic"])


def _keep(connection: Connection, receiver: str, traffic: Traffic, now: datetime) -> None:
    connection.execute(_SQL["keep_traffic"], {"name": receiver, "traffic": _encode(traffic).decode(), "changed_at": to_time(now)})
