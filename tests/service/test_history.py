"""The history on the disk: what is counted is counted once, answered alike, remembered over a restart and forgotten in time."""

import asyncio
from datetime import timedelta

import pytest

from bounced.judging import Case, Judge
from bounced.model import Arrival, Disposition, Envelope, Failure, Grade, Kind, Recipient, Trust
from bounced.pipeline.remembering import Asked, Remembered
from bounced.store.history import Histories, in_folder, on_server
from tests.unit.test_counting import CATEGORIES, FINDINGS, START

JUDGE = Judge.load()
BELIEVED, STRANGER = Trust(Grade.SIGNED, "ours"), Trust(Grade.NONE, "a stranger")
DELIVERED = FINDINGS["full"].__class__(
    kind=Kind.DELIVERY,
    category="unknown",
    fault=CATEGORIES["unknown"].fault,
    advice=CATEGORIES["unknown"].advice,
    remedy="",
    because="delivered",
    rule="r",
    basis=FINDINGS["full"].basis,
    confidence=1.0,
    permanent=False,
)


def arrival(days, stream="default"):
    """What came so many days after the start."""
    at = START + timedelta(days=days)
    return Arrival(id="a", at=at, peer="", helo="", envelope=Envelope(), raw=b"", size=0, sha256="", stream=stream)


def case(what, report, address="anna@example.org", trust=BELIEVED):
    """A case of what is called so in the counter's stories, or `ok`."""
    return Case(Failure(recipient=Recipient(address)), DELIVERED if what == "ok" else FINDINGS[what], trust, report)


async def tell(histories, *events, stream="default"):
    """Tell events (day, what, report id, …) one after the other; give the decisions."""
    memory = Remembered(histories)
    return [(await memory.verdicts(JUDGE, [Asked(arrival(day, stream), case(*rest))]))[0].decision for day, *rest in events]


@pytest.fixture(params=["file", "server"])
def engine(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "file":
        return in_folder(tmp_path)
    return on_server(request.getfixturevalue("postgresql").new_database(), seconds=30)


@pytest.fixture
async def histories(engine):
    """An empty history in it."""
    async with Histories(engine, commit_seconds=30) as histories:
        yield histories


async def test_counted_once(histories):
    """The same report again is decided alike and counts nothing, at the same time and later."""
    first, again, later, other = await tell(histories, (0, "soft", "r1"), (0, "soft", "r1"), (3, "soft", "r1"), (3, "soft", "r2"))

    assert (first.because, first.history) == (again.because, again.history) == (later.because, later.history)
    assert [Disposition.RETRY, Disposition.SUPPRESS] == [later.disposition, other.disposition]


async def test_remembered(engine):
    """A restart forgets nothing."""
    async with Histories(engine, commit_seconds=30) as histories:
        await tell(histories, (0, "soft", "r1"))
    async with Histories(engine, commit_seconds=30) as histories:
        (decision,) = await tell(histories, (3, "soft", "r2"))
    async with Histories(engine, commit_seconds=30) as histories:
        (after,) = await tell(histories, (4, "list", "r3"))

    assert Disposition.SUPPRESS is decision.disposition
    assert (START + timedelta(days=63), 2, 5) == (after.history.suppressed_until, after.history.scoring_days, after.history.points)
    assert decision.because == after.history.memory.suppression.because


async def test_apart(histories):
    """Streams and addresses are counted each by itself; an address in other letters is the same."""
    await tell(histories, (0, "soft", "r1"), (0, "soft", "r2", "bob@example.org"))
    (other_stream,) = await tell(histories, (3, "soft", "r3"), stream="news")
    other, same = await tell(histories, (3, "soft", "r4", "carl@example.org"), (3, "soft", "r5", "ANNA@Example.ORG"))

    assert [Disposition.RETRY, Disposition.RETRY, Disposition.SUPPRESS] == [each.disposition for each in (other_stream, other, same)]


async def test_strangers_leave_nothing(histories):
    """What nobody vouches for is not remembered, be it a failure or a delivery."""
    await tell(histories, (0, "soft", "r1", "anna@example.org", STRANGER), (1, "soft", "r2"), (2, "ok", "r3", "anna@example.org", STRANGER))
    (decision,) = await tell(histories, (4, "soft", "r4"))

    assert (Disposition.SUPPRESS, 1) == (decision.disposition, decision.history.scoring_days)


async def test_delivery(histories):
    """A delivery that is believed clears the points and lifts."""
    *_, suppressed, _, after = await tell(histories, (0, "soft", "r1"), (3, "soft", "r2"), (4, "ok", "r3"), (5, "full", "r4"))

    assert (Disposition.SUPPRESS, Disposition.RETRY, 0) == (suppressed.disposition, after.disposition, after.history.points)


async def test_nobody(histories):
    """A failure of which nobody knows whom it concerns is decided, and remembered of nobody."""
    first, second = await tell(histories, (0, "soft", "r1", None), (3, "soft", "r2", None))

    assert [0, 0] == [first.history.points, second.history.points]


async def test_together(histories):
    """Of many reports at the same moment none is lost, and none is counted twice."""
    memory = Remembered(histories)
    cases = [(number % 7, case("full", f"r{number % 50}", f"reader{number % 10}@example.org")) for number in range(1000)]
    await asyncio.gather(*(memory.verdicts(JUDGE, [Asked(arrival(day), each)]) for day, each in cases))
    decisions = await tell(histories, *((8, "list", "x", f"reader{number}@example.org") for number in range(10)))

    # Each of the 50 reports has one address and one first day; a day scores once an address.
    days = {}
    for number in range(50):
        days.setdefault(number % 10, set()).add(number % 7)
    assert [len(days[number]) for number in range(10)] == [decision.history.scoring_days for decision in decisions]


async def test_ten_thousand(histories):
    """A report with ten thousand recipients is taken in parts, and whole."""
    cases = [case("dead", f"r{number}", f"reader{number}@example.org") for number in range(10_000)]
    verdicts = await Remembered(histories).verdicts(JUDGE, [Asked(arrival(0), each) for each in cases])

    assert [each.report_id for each in cases] == [verdict.decision.report_id for verdict in verdicts]
    assert {Disposition.SUPPRESS} == {verdict.decision.disposition for verdict in verdicts}


async def test_forgotten(histories):
    """What is old goes, but for who is still suppressed."""
    await tell(histories, (0, "full", "r1"), (0, "bare", "r2", "bob@example.org"), (0, "dead", "r3", "carl@example.org"))
    await tell(histories, (300, "full", "r4", "dora@example.org"))
    counts = [await histories.forget(START + timedelta(days=days), 400) for days in (399, 401, 429, 431, 2000)]

    assert [0, 1, 0, 1, 1] == counts
    (carl,) = await tell(histories, (2000, "list", "r9", "carl@example.org"))
    assert carl.history.memory.suppression is not None
