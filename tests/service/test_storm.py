"""The storm brake in the history: what is held is answered alike, and released or dropped once, in each kind of database."""

import asyncio
from datetime import timedelta

import pytest

from bounced.decide.storm import Brake
from bounced.judging import Case
from bounced.model import Disposition, Failure, Recipient, Withheld
from bounced.pipeline.remembering import Asked, Remembered
from bounced.store import storms, suppressions
from bounced.store.history import Histories
from bounced.store.storms import Watch
from tests.service.test_history import BELIEVED, DELIVERED, JUDGE, STRANGER, arrival, engine  # noqa: F401 a fixture
from tests.unit.test_counting import FINDINGS, START

BRAKE = Brake(addresses=3, usual_share=0.02)
MINUTE = 1 / (24 * 60)
LATE = START + timedelta(days=30)


def watch(_case):
    """Look at all as at one receiver, with the report's id for an event."""
    return Watch(brake=BRAKE, receiver="example.org", event=lambda decision: f"event of {decision.report_id}".encode(), lock="r")


@pytest.fixture
async def histories(engine):  # noqa: F811 a fixture
    """An empty history of each kind."""
    async with Histories(engine, commit_seconds=30) as histories:
        yield histories


async def tell(histories, report, what="dead", address=None, day=0.0, trust=BELIEVED, stream="default"):
    """Tell of a failure; give the decision."""
    failure = Failure(recipient=Recipient(address or f"{report}@example.org"))
    case = Case(failure, DELIVERED if what == "ok" else FINDINGS[what], trust, report)
    (verdict,) = await Remembered(histories).verdicts(JUDGE, [Asked(arrival(day, stream), case, watch(case))])
    return verdict.decision


async def tell_all(histories, *reports, **more):
    """Tell of all; give why each is withheld."""
    return [(await tell(histories, report, **more)).withheld for report in reports]


async def suppressed(histories, now=LATE):
    """Name who is suppressed."""
    return sorted(
        [entry.address for entry in await histories.database.read(lambda connection: list(suppressions.suppressed(connection, now)))]
    )


async def held(histories):
    """Name the reports that are held."""
    return sorted([each.report_id for each in await histories.database.read(lambda connection: list(storms.held(connection)))])


async def test_held(histories):
    """From the third on all are held, and not suppressed; told again, each is answered as before."""
    first = await tell_all(histories, "r1", "r2", "r3", "r4")
    again = await tell_all(histories, "r1", "r2", "r3", "r4", day=1)

    assert [None, None, Withheld.STORM, Withheld.STORM] == first == again
    assert (["r1@example.org", "r2@example.org"], ["r3", "r4"]) == (await suppressed(histories), await held(histories))


async def test_remembered(engine):  # noqa: F811 a fixture
    """A restart in the midst of a storm forgets neither it nor what is held."""
    async with Histories(engine, commit_seconds=30) as histories:
        await tell_all(histories, "r1", "r2", "r3")
    async with Histories(engine, commit_seconds=30) as histories:
        assert [Withheld.STORM] == await tell_all(histories, "r4")
        assert ["r3", "r4"] == await held(histories)


async def test_release(histories):
    """A release suppresses from then on, each once; the same order says the same again, another one nothing."""
    await tell_all(histories, "r1", "r2", "r3", "r4")
    at = START + timedelta(hours=1)
    first = await histories.release(["r3", "r4", "r9"], "order 1", at)
    again = await histories.release(["r3", "r4", "r9"], "order 1", at + timedelta(hours=1))
    other = await histories.release(["r3", "r4"], "order 2", at)
    (entry,) = await histories.database.read(lambda connection: suppressions.about(connection, "r3@example.org"))

    assert [("r3", b"event of r3"), ("r4", b"event of r4")] == first == again
    assert ([], []) == (other, await held(histories))
    assert (at, None, 1, 1) == (
        entry.memory.suppression.since,
        entry.memory.suppression.until,
        entry.memory.times,
        entry.memory.generation,
    )


async def test_told_after_release(histories):
    """Who hears of the report only now answers as if no storm had been."""
    await tell_all(histories, "r1", "r2", "r3")
    await histories.release(["r3"], "order 1", START)
    decision = await tell(histories, "r3", day=1)

    assert (Disposition.SUPPRESS, None) == (decision.disposition, decision.withheld)


async def test_two_release(engine):  # noqa: F811 a fixture
    """Of many orders at the same moment each report is released by one."""
    async with Histories(engine, commit_seconds=30) as histories:
        reports = [f"r{number}" for number in range(60)]
        await tell_all(histories, *reports)
        released = await asyncio.gather(*(histories.release(reports, f"order {number}", START) for number in range(5)))

    assert sorted(reports[2:]) == sorted(each.report_id for some in released for each in some)


async def test_drop(histories):
    """What is dropped is not suppressed, can't be released any more, and the next failure out of the storm suppresses."""
    await tell_all(histories, "r1", "r2", "r3")
    dropped = await histories.database.write(lambda connection: storms.drop(connection, ["r3", "r9"]))
    released = await histories.release(["r3"], "order 1", START)

    assert (1, []) == (dropped, released)
    assert [None] == await tell_all(histories, "r10", address="r3@example.org", day=2)


@pytest.mark.parametrize("what", ["ok", "dead"])
async def test_settled_otherwise(histories, what):
    """A message that was delivered, or a failure when the storm is over, settles it: nothing is held of the address any more."""
    await tell_all(histories, "r1", "r2", "r3", "r4")
    await tell(histories, "r10", what, address="r3@example.org", day=2)

    assert ["r4"] == await held(histories)
    assert (what == "dead") == ("r3@example.org" in await suppressed(histories))


async def test_lifted(histories):
    """What an operator forgives is held no more."""
    await tell_all(histories, "r1", "r2", "r3")
    changed = await histories.database.write(
        lambda connection: suppressions.amend(connection, "r3@example.org", None, lambda entry: entry.memory, START)
    )

    assert ("r3@example.org", []) == (changed[0][0].address, await held(histories))


async def test_same_address(histories):
    """One address that fails again and again is one address, before the storm and in it."""
    one = [await tell(histories, f"a{number}", address="anna@example.org") for number in range(5)]
    await tell_all(histories, "r2", "r3", "r4")
    again = [await tell(histories, f"b{number}", address="r4@example.org") for number in range(3)]
    (storm,) = {each.history.storm.addresses for each in again}

    assert [None] * 5 == [each.withheld for each in one]
    assert 4 == storm


async def test_known_good(histories):
    """An address that got a message is remembered, and held sooner than others."""
    await tell(histories, "d1", "ok", address="anna@example.org", day=-3)
    decision = await tell(histories, "r1", address="anna@example.org")

    assert Withheld.STORM is decision.withheld


async def test_strangers(histories):
    """What strangers say neither makes a storm nor hides one."""
    await tell_all(histories, *(f"s{number}" for number in range(50)), trust=STRANGER)
    await tell_all(histories, *(f"t{number}" for number in range(50)), what="list", trust=STRANGER)

    assert [None, None, Withheld.STORM] == await tell_all(histories, "r1", "r2", "r3")


async def test_others_count(histories):
    """Reports that suppress nothing, counted in memory until somebody looks, keep the share low."""
    await tell_all(histories, *(f"o{number}" for number in range(400)), what="list")

    assert [None] * 8 == await tell_all(histories, *(f"r{number}" for number in range(8)))


async def test_forgotten(histories):
    """Receivers of which nothing came for long are forgotten, and what is held goes with its report."""
    await tell_all(histories, "r1", "r2", "r3")
    await histories.forget(START + timedelta(days=500), 400)
    receivers = await histories.database.read(lambda connection: connection.execute("SELECT count(*) AS n FROM receivers").fetchone()["n"])

    assert (0, []) == (receivers, await held(histories))
