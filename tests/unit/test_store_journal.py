"""The journal's steps: what is kept comes back, settling counts a report once, the outbox keeps its order."""

import os
from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from bounced import config
from bounced.errors import JournalFull
from bounced.model import Envelope
from bounced.store import Journal, Refused, Settled
from bounced.store.arrivals import FOR_POSTMASTER
from tests.journal_samples import NOON, SETTINGS, arrival, draft, event


@pytest.fixture
async def journal(tmp_path):
    async with Journal(tmp_path, SETTINGS) as journal:
        yield journal


async def settled(journal, number, *drafts):
    """Keep the arrival of *number* and settle it."""
    await journal.keep(arrival(number))
    return await journal.settle(arrival(number).id, drafts)


async def ids(journal):
    return [event.id for event in await journal.pending(100)]


@pytest.mark.parametrize(
    "kept",
    [
        arrival(1),
        arrival(2, raw=bytes(range(256)) * 1000, tls="TLSv1.3", stream="news"),
        arrival(3, raw=b"", envelope=Envelope(None, ())),
        arrival(4, envelope=Envelope("jörg@exämple.org", ('"a, b"@example.net', "ünread@example.net"))),
        arrival(5, for_postmaster=True),
    ],
    ids=lambda kept: kept.id,
)
async def test_kept_whole(tmp_path, kept):
    """An arrival comes back from the disk as it went in."""
    async with Journal(tmp_path, SETTINGS) as journal:
        await journal.keep(kept)
    async with Journal(tmp_path, SETTINGS) as journal:
        assert kept == await journal.find(kept.id)


async def test_kept_in_utc(journal):
    """The moment of an arrival is the same one in whatever zone it was given."""
    moment = datetime(2026, 11, 23, 14, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await journal.keep(replace(arrival(1), at=moment))
    found = await journal.find(arrival(1).id)

    assert (moment, UTC) == (found.at, found.at.tzinfo)


async def test_text_that_is_none(journal):
    """Octets that a decoder let pass as lone surrogates don't keep a message from being kept."""
    await journal.keep(arrival(1, envelope=Envelope("a\udce9@example.org", ("b\ud800@example.net",))))
    found = await journal.find(arrival(1).id)

    assert Envelope("a\ufffd\ufffd\ufffd@example.org", ("b\ud800@example.net",)) == found.envelope


async def test_waiting_in_order(journal):
    """What waits is read oldest first, a page at a time; what is judged or a person's is not among it."""
    for number in range(7):
        await journal.keep(arrival(number, for_postmaster=number == 3))
    await journal.settle(arrival(0).id, [])
    await journal.unread(arrival(5).id, "no report")
    first = await journal.waiting(None, 2)
    second = await journal.waiting(first[-1].id, 10)

    assert [[1, 2], [4, 6]] == [[int(item.id[-6:]) for item in page] for page in (first, second)]


async def test_first_report(journal):
    """A report not seen before has revision 0, supersedes nothing, and its event waits in the outbox."""
    seen = []
    outcome = await settled(journal, 1, draft("r1", seen=seen))

    assert [("r1", 0, None)] == seen
    assert Settled(events=(event("r1/0"),)) == outcome
    assert [event("r1/0")] == await journal.pending(10)


@pytest.mark.parametrize(
    ("ranks", "revisions"),
    [
        ((1, 1), [(0, None)]),  # the same again
        ((2, 1), [(0, None)]),  # believed less than before
        ((1, 2), [(0, None), (1, "r/0")]),  # believed more: a correction
        ((0, 1, 2, 2, 3), [(0, None), (1, "r/0"), (2, "r/1"), (3, "r/2")]),
    ],
)
async def test_belief(journal, ranks, revisions):
    """A report is a duplicate of one that was believed as much; believed more, it corrects the decision before."""
    seen = []
    outcomes = [await settled(journal, number, draft("r", rank, seen=seen)) for number, rank in enumerate(ranks)]

    assert revisions == [(revision, supersedes) for _, revision, supersedes in seen]
    assert len(ranks) - len(revisions) == sum(outcome.duplicates for outcome in outcomes)
    assert [f"r/{revision}" for revision, _ in revisions] == await ids(journal)


@pytest.mark.parametrize("ranks", [(1, 1), (2, 1), (1, 2), (0, 1, 2, 2, 3)])
async def test_settled_together(tmp_path, ranks):
    """Arrivals that bring the same report come to the same, settled together or each by itself; one named twice is settled once."""
    drafts = {arrival(number).id: [draft("r", rank), draft("other", publish=False)] for number, rank in enumerate(ranks)}

    async def settle(folder, *groups):
        folder.mkdir()
        async with Journal(folder, SETTINGS) as journal:
            for number in range(len(ranks)):
                await journal.keep(arrival(number))
            outcomes = [outcome for group in groups for outcome in await journal.settle_all(group)]
            return outcomes, await ids(journal), await journal.account()

    judged = list(drafts.items())
    together = await settle(tmp_path / "together", [*judged, judged[0]])
    apart = await settle(tmp_path / "apart", *([each] for each in [*judged, judged[0]]))

    assert apart == together
    assert Settled(repeated=True) == together[0][-1]


async def test_named_twice(journal):
    """A recipient named twice in one report is counted once."""
    outcome = await settled(journal, 1, draft("r1"), draft("r2"), draft("r1"))

    assert (1, ["r1/0", "r2/0"]) == (outcome.duplicates, await ids(journal))


async def test_settled_twice(journal):
    """Settling again, as after a crash, changes nothing and says so; so does settling what is unknown."""
    await settled(journal, 1, draft("r1"))
    before = await journal.account()
    again = await journal.settle(arrival(1).id, [draft("r1", 3), draft("r2")])
    unknown = await journal.settle("nobody", [draft("r3")])

    assert (Settled(repeated=True), Settled(repeated=True)) == (again, unknown)
    assert before == await journal.account()


async def test_nothing_to_publish(journal):
    """An arrival whose decisions are all duplicates or not for publishing is done at once."""
    await settled(journal, 1, draft("r1"))
    outcome = await settled(journal, 2, draft("r1"), draft("r2", publish=False))

    assert Settled(duplicates=1, repeats_waiting=True, not_for_publishing=1, done=True) == outcome


async def test_draft_that_raises(journal):
    """A draft that raises undoes the settling; the arrival waits, and can be set aside with its reason."""

    def fail(_revision, _supersedes):
        raise ZeroDivisionError

    bad = draft("r2")
    await journal.keep(arrival(1))
    with pytest.raises(ZeroDivisionError):
        await journal.settle(arrival(1).id, [draft("r1"), type(bad)(report_id="r2", trust_rank=1, decision_id=bad.decision_id, make=fail)])
    assert ([], [arrival(1)]) == (await ids(journal), await journal.waiting(None, 10))
    assert await journal.set_aside(arrival(1).id, "ZeroDivisionError")
    [item] = await journal.held(10)

    assert (arrival(1).id, "aside", "ZeroDivisionError") == (item.id, item.state, item.reason)


async def test_pending_in_order(journal):
    """Events come in the order of the decisions, whatever their ids, and stay until the sink has them."""
    for number, name in enumerate(("z", "a", "m")):
        await settled(journal, number, draft(f"{name}1"), draft(f"{name}2"))
    await journal.published(["a1/0"])

    assert ["z1/0", "z2/0", "a2/0", "m1/0", "m2/0"] == await ids(journal)
    assert ["z1/0", "z2/0"] == [item.id for item in await journal.pending(2)]


async def test_done_with_the_last_event(journal):
    """An arrival is done when the last of its events is published or refused, and is named once."""
    await settled(journal, 1, draft("r1"), draft("r2"), draft("r3"))
    await settled(journal, 2, draft("r4"))
    steps = [
        await journal.published(["r1/0"]),
        list((await journal.refuse("r2/0", "too large")).done),
        await journal.published(["r3/0", "r4/0"]),
        await journal.published(["r3/0", "r4/0"]),
    ]

    assert [[], [], [arrival(1).id, arrival(2).id], []] == steps
    assert 2 == (await journal.account()).arrivals.done


async def test_refused_last(journal):
    """An event refused for good is out of the others' way, counted aside, and not published after all."""
    await settled(journal, 1, draft("r1"))
    refused = await journal.refuse("r1/0", "malformed")
    await journal.published(["r1/0"])
    decisions = (await journal.account()).decisions

    assert Refused(is_aside=True, done=(arrival(1).id,)) == refused
    assert ([], 1, 0) == (await ids(journal), decisions.aside, decisions.published)


async def test_refused_some_times(journal):
    """An event that may be refused more than once goes on waiting until the last time; once published it can't be refused."""
    await settled(journal, 1, draft("r1"), draft("r2"))
    first = await journal.refuse("r1/0", "too large", most=2)
    waiting = await ids(journal)
    second = await journal.refuse("r1/0", "too large", most=2)
    await journal.published(["r2/0"])

    assert [False, True, False] == [first.is_aside, second.is_aside, (await journal.refuse("r2/0", "late")).is_aside]
    assert [["r1/0", "r2/0"], []] == [waiting, await ids(journal)]


async def test_pending_after(journal):
    """What waits can be read from behind an event, also one that was published; behind an unknown one, from the beginning."""
    await settled(journal, 1, draft("r1"), draft("r2"), draft("r3"))
    await journal.published(["r1/0"])
    pages = [[item.id for item in await journal.pending(10, after)] for after in ("r1/0", "r2/0", "r3/0", "gone", None)]

    assert [["r2/0", "r3/0"], ["r3/0"], [], ["r2/0", "r3/0"], ["r2/0", "r3/0"]] == pages


async def test_measure(journal, tmp_path):
    """The measure tells the octets kept, what the disk has left, since when the oldest arrival waits; a probe changes nothing."""
    empty = await journal.measure()
    await journal.keep(arrival(1, raw=b"x" * 500))
    await settled(journal, 2, draft("r1"))
    before = await journal.account()
    await journal.probe()
    both, after = await journal.measure(), await journal.account()
    await journal.settle(arrival(1).id, [])
    decided = await journal.measure()
    disk = os.statvfs(tmp_path)

    assert (0, None) == (empty.kept_bytes, empty.oldest_undelivered)
    assert (before, before.kept_bytes) == (after, both.kept_bytes)
    assert [arrival(1).at, arrival(2).at] == [both.oldest_undelivered, decided.oldest_undelivered]
    assert 0 < both.free_bytes <= disk.f_blocks * disk.f_frsize


async def test_for_people(journal):
    """Mail for the postmaster, what is no report and what could not be judged are a person's, and judged no more."""
    for number in range(3):
        await journal.keep(arrival(number, for_postmaster=number == 0))
    await journal.unread(arrival(1).id, "no report")
    await journal.set_aside(arrival(2).id, "ValueError")
    again = [await journal.unread(arrival(2).id, "another reason"), await journal.set_aside(arrival(0).id, "another reason")]

    assert [("aside", "ValueError"), ("unread", "no report"), ("unread", FOR_POSTMASTER)] == [
        (item.state, item.reason) for item in await journal.held(10)
    ]
    assert [False, False] == again
    assert arrival(2) == await journal.find(arrival(2).id)


async def test_full(tmp_path):
    """What would exceed the limit is refused and leaves no trace; what still fits is taken, and what is archived does not count."""
    async with Journal(tmp_path, config.Journal(max_bytes=1000)) as journal:
        await journal.keep(arrival(1, raw=b"x" * 600))
        with pytest.raises(JournalFull, match="401 more octets would exceed 1000"):
            await journal.keep(arrival(2, raw=b"x" * 401))
        await journal.keep(arrival(3, raw=b"x" * 400))
        await journal.settle(arrival(1).id, [])
        await journal.archive(NOON)
        await journal.keep(arrival(4, raw=b"x" * 600))
        account = await journal.account()

    assert (3, 1000, True) == (account.arrivals.accepted, account.kept_bytes - account.archived_bytes, account.balanced)
