"""What the history costs with many addresses in it, beside an empty one: looking an address up, counting a failure, octets an address.

The full one is filled row by row in the order of its keys, which takes a minute for two million addresses. Then failures are counted
as the daemon does, a hundred a transaction, each round in both files by turns: of addresses that nobody knew, and of ones that are
there, picked at random. The octets an address stand for itself: what is measured there came by counting, in no order. The times are
those of the process, per address.
"""

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.rig import Rows, middle
from bounced.classify import Classifier
from bounced.decide import counting, decide, policy
from bounced.decide.storm import Brake
from bounced.model import Action, Decision, Disposition, Failure, Grade, History, Kind, Recipient, Report, Trust
from bounced.store import history, memories
from bounced.store.history import Case
from bounced.store.storms import Gauge, Watch

#: Addresses counted in one transaction, and transactions in a round.
AT_ONCE, GROUPS = 100, 20
#: Addresses by which the octets of one are measured.
SAMPLE = 100_000
START = datetime(2026, 1, 1, tzinfo=UTC)
TRUST = Trust(Grade.SIGNED, "token bound to this recipient")


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    addresses = 10_000 if quick else 2_000_000
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        counter = Counter()
        full, empty = (_connect(Path(folder) / name) for name in ("full", "empty"))
        _fill(full, addresses)
        timed: dict[tuple[str, str], list[float]] = {}
        randomness = random.Random(1)  # noqa: S311 no secret
        there = [f"reader{number:09}@example.org" for number in range(AT_ONCE * GROUPS)]
        _count(empty, counter, there)
        for _ in range(3 * runs):
            fresh = [f"new{randomness.getrandbits(64):x}@example.org" for _ in range(AT_ONCE * GROUPS)]
            picked = [f"reader{randomness.randrange(addresses):09}@example.org" for _ in range(AT_ONCE * GROUPS)]
            for name, connection, known in (("empty", empty, there), ("full", full, picked)):
                for what, measure in _measures(connection, counter, fresh, known):
                    timed.setdefault((what, name), []).append(measure())
        rows = []
        for what in dict.fromkeys(what for what, _ in timed):
            small, large = timed[what, "empty"], timed[what, "full"]
            rows.append((what, middle(small, 1), middle(large, 1), f"{statistics.median(large) / statistics.median(small):.2f}"))
        sample = _connect(Path(folder) / "sample")
        number = SAMPLE // 10 if quick else SAMPLE
        _count(sample, counter, [f"reader{randomness.getrandbits(40)}@example.org" for _ in range(number)])
        title = f"The history: {addresses:,} addresses with a failure each, {_octets(sample) / number:.0f} octets an address"
        yield Rows(title, ("what", "empty µs", "full µs", "times"), rows)


class Counter:
    """Counts failures by the shipped policy: a full mailbox each, of a report of its own."""

    def __init__(self) -> None:
        classifier = Classifier.load()
        self.policy = policy.load(classifier.categories).default
        said = "452 4.2.2 Mailbox full"
        failure = Failure(recipient=Recipient("anna@example.org"), action=Action.FAILED, status="4.2.2", reply=452, diagnostic=said)
        self._finding = classifier.classify(failure, Report(kind=Kind.BOUNCE, identity="", failures=(failure,)))
        self._now = START + timedelta(days=1)
        self._gauge = Gauge()
        self._watch = Watch(brake=Brake(), receiver="example.org", event=lambda _: None)

    def count(self, connection: sqlite3.Connection, address: str) -> None:
        """Count a failure of *address* in the caller's transaction."""
        report_id = f"r1-{random.getrandbits(128):032x}"

        def judge(known: History) -> Decision:
            return decide(self._finding, known, TRUST, self.policy, self._now, report=report_id)

        case = Case(
            report_id=report_id,
            stream="default",
            at=self._now,
            address=address,
            recall=lambda memory: counting.recall(memory, self.policy.counting, self._now),
            decide=judge,
            remember=lambda decision: counting.memorise(decision, self._now, is_slow=False),
            watch=self._watch,
        )
        (decision,) = history.apply(connection, [case], self._gauge)
        assert decision.disposition is Disposition.RETRY


def _measures(
    connection: sqlite3.Connection, counter: Counter, fresh: list[str], known: list[str]
) -> Iterator[tuple[str, Callable[[], float]]]:
    yield "look up an address", lambda: _timed(lambda: _look_up(connection, known), len(known))
    yield "count, address known", lambda: _timed(lambda: _count(connection, counter, known), len(known))
    yield "count, address new", lambda: _timed(lambda: _count(connection, counter, fresh), len(fresh))


def _timed(call: Callable[[], None], number: int) -> float:
    """Give the microseconds of the process that *call* takes for each of *number*."""
    began = time.process_time()
    call()
    return (time.process_time() - began) / number * 1e6


def _look_up(connection: sqlite3.Connection, addresses: list[str]) -> None:
    for address in addresses:
        memories.find(connection, "default", address)


def _count(connection: sqlite3.Connection, counter: Counter, addresses: list[str]) -> None:
    for start in range(0, len(addresses), AT_ONCE):
        connection.execute("BEGIN IMMEDIATE")
        for address in addresses[start : start + AT_ONCE]:
            counter.count(connection, address)
        connection.execute("COMMIT")


def _connect(folder: Path) -> sqlite3.Connection:
    folder.mkdir()
    return history.in_folder(folder).connect(is_first=True)


def _fill(connection: sqlite3.Connection, addresses: int) -> None:
    """Put in so many addresses with a failure each, as counting would have left them."""
    connection.execute("BEGIN IMMEDIATE")
    counter = Counter()
    counter.count(connection, "sample@example.org")
    row = dict(connection.execute("SELECT * FROM addresses").fetchone())
    failure = dict(connection.execute("SELECT * FROM failures").fetchone())
    for table, columns, rows in (
        ("addresses", row, ({"address": f"reader{number:09}@example.org", "seq": number + 2} for number in range(addresses))),
        ("failures", failure, ({"report_id": f"r1-{number:032x}", "address": number + 2} for number in range(addresses))),
    ):
        names = ", ".join(columns)
        marks = ", ".join(f":{name}" for name in columns)
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", (columns | each for each in rows))  # noqa: S608 ours
    connection.execute("COMMIT")


def _octets(connection: sqlite3.Connection) -> int:
    pages, octets = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * octets)
