"""What the page shows, read from the journals and the history beside the daemon: nothing here holds up its one writer.

All of it blocks, and belongs into a thread. What is read is bounded, however much is kept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bounced.classify.question import Question, report_of
from bounced.classify.unmatched import Tally as Texts
from bounced.classify.unmatched import skeletons
from bounced.database.engine import Engine
from bounced.decide import Policies, counting
from bounced.errors import BouncedError, EventInvalid
from bounced.judging import Judge
from bounced.model import Arrival, Fault
from bounced.publish.event import CloudEvent, read
from bounced.store import arrivals, looking, suppressions, tallies
from bounced.store.reader import reading_journals
from bounced.store.suppressions import Counted, Entry

#: Decisions on a page of them, and events that are looked through for words that no rule knew.
PER_PAGE = 50
MOST_READ = 3000
_MOST_TEXTS = 20
_HOURS = 24


class Sums(NamedTuple):
    """Decisions of the last day by one thing, the most frequent first: its name, those of this hour, those of the day."""

    title: str
    rows: list[tuple[str, int, int]]


class Day(NamedTuple):
    """The last 24 hours: per hour (`14`) how many suppressions, retries and others; and sums."""

    hours: list[tuple[str, int, int, int]]
    sums: list[Sums]
    total: int


class Trouble(NamedTuple):
    """Something that the sender must mend at a receiver, how often it came in a day, and an example."""

    receiver: str
    category: str
    number: int
    example: CloudEvent | None


class Known(NamedTuple):
    """What is remembered of an address in a stream, and its failures, each with the id of its decision, if that is still there."""

    entry: Entry
    points: float
    threshold: float
    is_suppressed: bool
    failures: list[tuple[Counted, str | None]]


class Facts:
    """Reads the journals in *folder* and the history of *engine*, where there is one."""

    def __init__(self, folder: Path, engine: Engine[Any] | None) -> None:
        self._folder = folder
        self._engine = engine

    def day(self, now: datetime) -> Day:
        """Sum up the last day."""
        rows = self._tallies(now)
        hours = {(now - timedelta(hours=back)).strftime("%Y-%m-%dT%H"): [0, 0, 0] for back in reversed(range(_HOURS))}
        this_hour = now.strftime("%Y-%m-%dT%H")
        by: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in ("disposition", "fault", "category", "receiver")}
        for row in rows:
            if row.hour in hours:
                place = {"suppress": 0, "retry": 1}.get(row.tally.disposition, 2)
                hours[row.hour][place] += row.number
            for name, counts in by.items():
                value = getattr(row.tally, name)
                counts[value]["day"] += row.number
                counts[value]["hour"] += row.number if row.hour == this_hour else 0
        sums = [
            Sums(name, sorted(((value, each["hour"], each["day"]) for value, each in counts.items()), key=_by_day))
            for name, counts in by.items()
        ]
        bars = [(hour[-2:], suppress, retry, other) for hour, (suppress, retry, other) in hours.items()]
        return Day(bars, sums, sum(row.number for row in rows))

    def troubles(self, now: datetime) -> list[Trouble]:
        """List what the sender must mend, by receiver, the most frequent first."""
        counts: Counter[tuple[str, str]] = Counter()
        latest: dict[tuple[str, str], str] = {}
        for row in self._tallies(now):
            if row.tally.fault == Fault.SENDER:
                key = (row.tally.receiver, row.tally.category)
                counts[key] += row.number
                if row.latest:
                    latest[key] = row.latest
        return [Trouble(*key, number, self.event(latest[key]) if key in latest else None) for key, number in counts.most_common()]

    def latest(self, before: dict[int, int]) -> tuple[list[CloudEvent], dict[int, int]]:
        """Read a page of decisions, the newest first, from the places *before*, by journal; give the places where the next one begins."""
        found: list[tuple[CloudEvent, int, int]] = []
        for number, connection in reading_journals(self._folder):
            for seen in looking.latest(connection, PER_PAGE, before.get(number)):
                with suppress(EventInvalid):  # an event of a storm, or of another release
                    found.append((read(seen.body), number, seen.seq))
        found.sort(key=lambda each: each[0].time, reverse=True)
        shown = found[:PER_PAGE]
        if len(shown) < PER_PAGE:
            return [event for event, _, _ in shown], {}
        return [event for event, _, _ in shown], before | {number: seq for _, number, seq in shown}

    def event(self, event_id: str) -> CloudEvent | None:
        """Read the event of an id; None where it is gone."""
        for _, connection in reading_journals(self._folder):
            if (body := looking.event(connection, event_id)) is not None:
                with suppress(EventInvalid):
                    return read(body)
        return None

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Read an arrival; None where it is gone, or damaged."""
        for _, connection in reading_journals(self._folder):
            with suppress(BouncedError):
                if (found := arrivals.find(connection, arrival_id)) is not None:
                    return found
        return None

    def about(self, address: str, policies: Policies, now: datetime) -> list[Known]:
        """Read what is remembered of *address*."""
        if self._engine is None:
            return []
        with self._engine.reading() as connection:
            entries = [(entry, suppressions.failures(connection, entry)) for entry in suppressions.about(connection, address)]
        known = []
        for entry, failures in entries:
            rules = policies.of(entry.stream).counting
            recalled = counting.recall(entry.memory, rules, now)
            decided = list(zip(failures, self._decisions_on([failure.report_id for failure in failures]), strict=True))
            known.append(Known(entry, recalled.points, rules.threshold, recalled.memory.suppression is not None, decided))
        return known

    def matching(self, part: str, now: datetime) -> list[Entry]:
        """Find suppressed addresses that have *part* in them."""
        if self._engine is None:
            return []
        with self._engine.reading() as connection:
            return suppressions.matching(connection, part, now, PER_PAGE)

    def unmatched(self, judge: Judge) -> tuple[list[tuple[str, int]], int]:
        """List words that no rule knew among the latest events, each with a rule to begin with; and how many events were read."""
        texts, read_number = Texts(), 0
        classifier = judge.classifier
        for event in self._latest_events():
            read_number += 1
            dsn = event.data.dsn
            question = Question(dsn.diagnostic, dsn.reply and str(dsn.reply), dsn.status, dsn.remote_mta, None)
            report = report_of(question, classifier.providers.rows)
            failure = report.failures[0]
            if event.data.decision.kind == "bounce" and not classifier.matches(failure, report):
                texts.add(failure, classifier.classify(failure, report))
        entries = texts.most_frequent(_MOST_TEXTS)
        rules = skeletons(entries, {rule.id for rule in classifier.rules})
        return [(rule, entry.count) for entry, rule in zip(entries, rules, strict=True)], read_number

    def _latest_events(self) -> Iterator[CloudEvent]:
        for _, connection in reading_journals(self._folder):
            for seen in looking.latest(connection, MOST_READ):
                with suppress(EventInvalid):
                    yield read(seen.body)

    def _decisions_on(self, report_ids: Sequence[str]) -> list[str | None]:
        found: dict[str, str] = {}
        for _, connection in reading_journals(self._folder):
            for report_id in report_ids:
                decided = looking.decision_on(connection, report_id)
                if decided and looking.event(connection, decided) is not None:
                    found[report_id] = decided
        return [found.get(report_id) for report_id in report_ids]

    def _tallies(self, now: datetime) -> list[tallies.Row]:
        since = now - timedelta(hours=_HOURS - 1)
        return [row for _, connection in reading_journals(self._folder) for row in tallies.since(connection, since)]


def _by_day(row: tuple[str, int, int]) -> tuple[int, str]:
    return -row[2], row[0]
