"""A journal that an older release wrote: brought up to date with all that is in it, whatever was under way."""

import contextlib
import sqlite3

import pytest

from bounced.errors import JournalInvalid
from bounced.store import Journal
from bounced.store.account import Arrivals, Decisions
from bounced.store.files import journal_file
from bounced.store.reader import reading_journal
from tests.journal_samples import NOON, SETTINGS, arrival, draft, event
from tests.older import SCRIPTS, STATES, older


@pytest.mark.parametrize("version", range(1, len(SCRIPTS)))
async def test_nothing_lost(tmp_path, version):
    """Every arrival, event and report of the older release is there, in its state, and the account balances."""
    older(tmp_path, version)
    async with Journal(tmp_path, SETTINGS) as journal:
        account = await journal.account()
        found = [await journal.find(arrival(number).id) for number in range(len(STATES))]
        waiting, pending = await journal.waiting(None, 10), await journal.pending(10)

    assert [arrival(number) for number in range(len(STATES))] == found
    assert ([arrival(0)], [event("r1/0")]) == (waiting, pending)
    assert Arrivals(accepted=5, done=1, waiting=1, decided=1, unread=1, aside=1, erased=0) == account.arrivals
    assert Decisions(made=3, published=1, waiting=1, duplicate=0, not_for_publishing=0, aside=1) == account.decisions
    assert account.balanced


@pytest.mark.parametrize("version", range(1, len(SCRIPTS)))
async def test_goes_on(tmp_path, version):
    """What the older release left is judged, published, archived and known again, as if it had been this release's own."""
    older(tmp_path, version)
    async with Journal(tmp_path, SETTINGS) as journal:
        settled = await journal.settle(arrival(0).id, [draft("r3"), draft("r4")])
        done = await journal.published(["r1/0", "r4/0"])
        archived = await journal.archive(NOON)
        found = await journal.find(arrival(2).id)

    assert (1, ["r4/0"]) == (settled.duplicates, [item.id for item in settled.events])
    assert {arrival(0).id, arrival(1).id} == set(done)
    assert (3, arrival(2)) == (archived, found)


@pytest.mark.parametrize("version", range(1, len(SCRIPTS)))
def test_not_by_a_command(tmp_path, version):
    """A command that only reads does not bring the file up to date; it says who does."""
    older(tmp_path, version)
    with pytest.raises(JournalInvalid, match=r"journal\.db: written by an older release: start the daemon once"), reading_journal(tmp_path):
        pass


async def test_newer(tmp_path):
    """The journal of a newer release is refused with both versions, and left as it is."""
    async with Journal(tmp_path, SETTINGS):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / journal_file(1))) as connection:
        connection.execute(f"PRAGMA user_version = {len(SCRIPTS) + 1}")
    before = (tmp_path / journal_file(1)).read_bytes()
    with pytest.raises(JournalInvalid, match=f"newer release: its schema is {len(SCRIPTS) + 1}, this release knows {len(SCRIPTS)}"):
        await Journal(tmp_path, SETTINGS).open()

    assert before == (tmp_path / journal_file(1)).read_bytes()
