"""What is counted is what was decided, hour by hour, whatever is settled twice, and whatever is put together later."""

from datetime import timedelta

from msgspec import structs

from bounced.store import Journal
from bounced.store.tallies import HOURS, Row, Tally, Totals, since, total
from tests.journal_samples import NOON, SETTINGS, arrival, draft

GONE = Tally("bounce", "suppress", "invalid-recipient", "recipient", "gmail", "reporter", "", "rule")
LISTED = Tally("bounce", "retry", "reputation-block", "sender", "gmail", "reporter", "", "status")
FORGED = Tally("bounce", "retry", "invalid-recipient", "recipient", "other", "forged", "unproven", "bare-code")


def of_sort(report_id, sort, **fields):
    """A draft that is counted so."""
    return structs.replace(draft(report_id, **fields), sort=sort)


async def settled(journal, number, *drafts):
    """Keep the arrival of that number, and settle it with *drafts*."""
    await journal.keep(arrival(number))
    await journal.settle(arrival(number).id, drafts)


async def test_counted_once(tmp_path):
    """Each new decision counts in the hour of its arrival, a duplicate and a settling that is repeated never; an event is an example."""
    async with Journal(tmp_path, SETTINGS) as journal:
        await settled(journal, 0, of_sort("r0", GONE), of_sort("r1", GONE), of_sort("r2", LISTED, publish=False))
        await journal.settle(arrival(0).id, [of_sort("r0", GONE)])
        await settled(journal, 1, of_sort("r0", GONE), of_sort("r3", FORGED))
        await settled(journal, 3600, of_sort("r4", GONE))
        rows = await journal.database.read(lambda connection: since(connection, NOON))
        totals = await journal.totals()

    hour, later = "2026-11-23T12", "2026-11-23T13"
    expected = [Row(hour, GONE, 2, "r1/0"), Row(hour, LISTED, 1, None), Row(hour, FORGED, 1, "r3/0"), Row(later, GONE, 1, "r4/0")]
    assert sorted(expected) == sorted(rows)
    assert ({"suppress": 3, "retry": 2}, {"recipient": 4, "sender": 1}) == (totals.by_disposition, totals.by_fault)
    assert ({"reporter": 4, "forged": 1}, {"gmail": 4, "other": 1}) == (totals.by_grade, totals.by_receiver)
    assert ({"gmail": 1}, 2) == (totals.sender_faults, totals.unmatched)


async def test_old_hours(tmp_path):
    """Hours that are long over are put together: the totals stay, also the second time, and nothing of them is in the last day."""
    now = NOON + timedelta(hours=HOURS + 2)
    async with Journal(tmp_path, SETTINGS) as journal:
        await settled(journal, 0, of_sort("r0", GONE), of_sort("r1", GONE))
        before = await journal.totals()
        await journal.fold_tallies(now)
        await settled(journal, 3600, of_sort("r2", GONE))
        await journal.fold_tallies(now)
        after = await journal.totals()
        rows = await journal.database.read(lambda connection: since(connection, NOON))

    assert {"suppress": 2} == before.by_disposition
    assert ({"suppress": 3}, []) == (after.by_disposition, rows)


def test_of_several_journals():
    """The totals of several journals are their sums."""
    one, other = Totals(by_fault={"sender": 1}, unmatched=1), Totals(by_fault={"sender": 2, "recipient": 3}, by_grade={"none": 1})

    assert Totals(by_fault={"sender": 3, "recipient": 3}, by_grade={"none": 1}, unmatched=1) == total([one, other])
