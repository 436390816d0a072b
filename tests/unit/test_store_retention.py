"""Retention: what is done is archived and pruned, what nobody dealt with is erased, and the account counts all of it."""

import asyncio
import random
from datetime import timedelta

import pytest
from msgspec.structs import replace

from bounced.parse import parse
from bounced.store import Journal, Settled
from tests.journal_samples import NOON, SETTINGS, arrival, draft
from tests.reports import block, report

LATER = NOON + timedelta(days=1)
RETURNED = (
    b"Received: by a\nMessage-ID: <returned@news.example>\nFrom: news@news.example\nSubject: News\n\n" + b"Dear reader, secret.\n" * 50
)


@pytest.fixture
async def journal(tmp_path):
    async with Journal(tmp_path, replace(SETTINGS, keep_done_hours=1)) as journal:
        yield journal


async def settled(journal, number, *drafts, **fields):
    """Keep the arrival of *number* and settle it."""
    await journal.keep(arrival(number, **fields))
    return await journal.settle(arrival(number).id, drafts)


async def gone(journal, *numbers):
    """Say which of the arrivals with these *numbers* are no longer there."""
    return [number for number in numbers if await journal.find(arrival(number).id) is None]


async def test_archived(journal):
    """What is done is compressed and can be read as before; what waits for the broker or a person is left as it came."""
    raw = b"Subject: a note\r\n\r\n" + b"words " * 500
    await settled(journal, 1, raw=raw)
    await settled(journal, 2, draft("r2"), raw=raw)
    await journal.keep(arrival(3, raw=raw, for_postmaster=True))
    counts = [await journal.archive(NOON), await journal.archive(LATER)]
    account = await journal.account()

    assert [1, 0] == counts
    assert [raw] * 3 == [(await journal.find(arrival(number).id)).raw for number in (1, 2, 3)]
    assert 2 * len(raw) == account.kept_bytes - account.archived_bytes
    assert 0 < account.archived_bytes < len(raw) / 4


MIME = report(block("anna@example.org"), returned=RETURNED.decode(), message_id="<r1@mx.example.net>")
QMAIL = (
    b"Message-ID: <r2@mx.example.net>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\n"
    b"Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
    b"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<anna@example.org>:\n"
    b"192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 192.0.2.1.\n\n"
    b"--- Below this line is a copy of the message.\n\n" + RETURNED
)


@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("raw", [MIME, QMAIL], ids=["attached", "quoted"])
async def test_headers_only(journal, raw, crlf):
    """Of the returned message the headers are kept, wherever it stands, and the report says what it said."""
    raw = raw.replace(b"\n", b"\r\n") if crlf else raw
    await settled(journal, 1, raw=raw)
    await journal.archive(NOON)
    kept = (await journal.find(arrival(1).id)).raw
    before, after = parse(raw), parse(kept)

    assert (True, False) == (b"Subject: News" in kept, b"secret" in kept)
    assert before.failures
    assert (before.identity, before.failures, before.original.message_id) == (after.identity, after.failures, after.original.message_id)


async def test_kept_whole_to_be_known(journal):
    """A report without a Message-ID is known by its body, so it is kept whole."""
    raw = QMAIL.partition(b"\n")[2]
    await settled(journal, 1, raw=raw)
    await journal.archive(NOON)

    assert raw == (await journal.find(arrival(1).id)).raw


async def test_age_counts_from_the_end(journal):
    """The hours count from when an arrival was done, not from when it came: the broker may have been away for days."""
    await settled(journal, 1, draft("r1"))
    await settled(journal, 2)
    await journal.archive(NOON)
    await journal.published(["r1/0"])
    await journal.archive(LATER)
    counts = [await journal.prune(LATER + timedelta(minutes=minutes)) for minutes in (59, 61)]

    assert [1, 1] == counts


async def test_prune(journal):
    """What is done goes; the account still counts it, and what isn't done stays, or has an event aside."""
    await settled(journal, 1, draft("r1"))  # decided
    await settled(journal, 2)  # done
    await settled(journal, 3, draft("r3"), draft("r3b"))  # one event aside
    await settled(journal, 4, draft("r4"))  # done
    await journal.published(["r3/0", "r4/0"])
    await journal.refuse("r3b/0", "malformed")
    await journal.keep(arrival(6, for_postmaster=True))
    before = await journal.account()
    await journal.archive(NOON)
    count = await journal.prune(LATER)
    after = await journal.account()

    assert 2 == count
    assert [2, 4] == await gone(journal, 1, 2, 3, 4, 6)
    assert (before.arrivals, before.decisions) == (after.arrivals, after.decisions)
    assert after.kept_bytes - after.archived_bytes == 2 * len(arrival(0).raw)


async def test_prune_by_size(tmp_path):
    """Beyond the octets that done messages may fill, the oldest go, whatever their age."""
    async with Journal(tmp_path, replace(SETTINGS, keep_done_bytes=2500)) as journal:
        for number in range(5):
            await settled(journal, number, raw=bytes((number * index * index) % 251 for index in range(1000)))
            await journal.archive(NOON + timedelta(seconds=number))
        each = (await journal.account()).archived_bytes // 5
        await journal.prune(NOON)
        account = await journal.account()

        assert list(range(5 - 2500 // each)) == await gone(journal, *range(5))
        assert account.archived_bytes <= 2500
        assert account.balanced


async def test_a_few_at_a_time(journal):
    """Archiving and pruning go on until nothing is left, in several transactions; nobody waits for all of them."""
    for number in range(250):
        await settled(journal, number)
    commits = journal.database.commits
    counts = [await journal.archive(NOON), await journal.prune(LATER)]

    assert [250, 250] == counts
    assert 3 + 4 == journal.database.commits - commits


async def test_unread_erased(journal):
    """Mail that nobody dealt with goes after its time and is counted as erased; what was set aside stays."""
    await journal.keep(arrival(1, for_postmaster=True))
    await journal.keep(arrival(2))
    await journal.unread(arrival(2).id, "no report")
    await journal.keep(arrival(3))
    await journal.set_aside(arrival(3).id, "ValueError")
    counts = [await journal.erase_unread(NOON + timedelta(days=days)) for days in (30, 31)]
    account = await journal.account()

    assert [0, 2] == counts
    assert [1, 2] == await gone(journal, 1, 2, 3)
    assert (2, 1, len(arrival(3).raw), True) == (account.arrivals.erased, account.arrivals.aside, account.kept_bytes, account.balanced)


async def test_duplicate_after_prune(journal):
    """A report is still a duplicate when the message that first brought it was pruned; it is new when it was forgotten."""
    await settled(journal, 1, draft("r1"))
    await journal.published(["r1/0"])
    await journal.archive(NOON)
    await journal.prune(LATER)
    known = await settled(journal, 2, draft("r1"))
    counts = [await journal.forget_reports(NOON + timedelta(days=days)) for days in (90, 91)]
    forgotten = await settled(journal, 3, draft("r1"))

    assert Settled(duplicates=1, done=True) == known
    assert [0, 1] == counts
    assert ["r1/0"] == [event.id for event in forgotten.events]


async def test_receiving_goes_first(journal):
    """Mail that comes while much is archived and deleted is kept in the midst of it, not after it."""
    for number in range(500):
        await settled(journal, number)
    clearing = asyncio.create_task(clear_away(journal))
    kept_meanwhile = 0
    for number in range(1000, 1020):
        await journal.keep(arrival(number))
        kept_meanwhile += not clearing.done()
    cleared = await clearing

    assert (20, [500, 500]) == (kept_meanwhile, cleared)


async def clear_away(journal):
    return [await journal.archive(NOON), await journal.prune(LATER)]


async def test_space_is_used_again(tmp_path):
    """The file has the size of its fullest moment: what is deleted makes room for what comes, round after round."""
    sizes = []
    async with Journal(tmp_path, replace(SETTINGS, keep_done_hours=1)) as journal:
        for turn in range(5):
            for number in range(turn * 50, turn * 50 + 50):
                await settled(journal, number, raw=random.Random(number).randbytes(20_000))  # noqa: S311 no secret
            await clear_away(journal)
            await journal.database.read(lambda connection: connection.execute("PRAGMA wal_checkpoint").fetchone())
            sizes.append((tmp_path / "journal.db").stat().st_size)

    assert sizes[-1] <= sizes[0] * 1.1
