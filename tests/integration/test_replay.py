"""Judging again: what would change is shown and nothing else done; corrections are published on demand, once, beside the daemon."""

import asyncio

import pytest
from click.testing import CliRunner

from bounced import client
from bounced.cli.replay import command as replay
from bounced.cli.unread import command as unread
from bounced.errors import InputUnreadable
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival
from tests.reports import block, report
from tests.servers.daemon import serve

BOUNCE = report(block(status="5.0.0", diagnostic_code="smtp; 550 Frobnication of this address is over"))
PACK = """
[[rule]]
id = "site.frobnication"
category = "mailbox-disabled"
when = { reply = [550] }
phrases = ["frobnication of this address is over"]
seen = "2026-11"
examples = ["550 Frobnication of this address is over"]
"""


@pytest.fixture
def run(tmp_path):
    """Run a command on the journal that the daemon has open; with *packs*, by rules that the daemon does not have."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "site.toml").write_text(PACK)

    async def run(command, *arguments, packs=False):
        environ = {
            "BOUNCED_JOURNAL__FOLDER": str(tmp_path / "journal"),
            "BOUNCED_TRUST__PEERS": "127.0.0.0/8",
            "BOUNCED_TRUST__REPORTERS": "*",
            **({"BOUNCED_RULES__FOLDER": str(tmp_path / "rules")} if packs else {}),
        }
        return await asyncio.to_thread(CliRunner().invoke, command, arguments, env=environ, catch_exceptions=False)

    return run


async def taken(folder, count):
    """Consume *count* events, in whatever queue."""
    events = []
    async with asyncio.timeout(30):
        async for delivery in client.decisions("embedded:", folder=folder):
            async with delivery:
                events.append(delivery.event)
            if len(events) == count:
                break
    return events


async def test_unknown(tmp_path, run):
    """An id that the journal does not keep ends with its name, before anything is published."""
    async with serve(tmp_path / "journal") as daemon:
        with pytest.raises(InputUnreadable, match=r"journal keep: nonsense$"):
            await run(replay, "nonsense", "--publish")
        await daemon.end()


async def test_corrected(tmp_path, run):
    """Unchanged packs change nothing; others are shown first, and on demand published as a revision that supersedes; then all is said."""
    folder = tmp_path / "journal"
    async with serve(folder) as daemon:
        await daemon.send(BOUNCE)
        await daemon.logged("arrival.done")
        unchanged = await run(replay)
        shown = await run(replay, packs=True)
        (first,) = await taken(folder, 1)
        published = await run(replay, "--publish", packs=True)
        (second,) = await taken(folder, 1)
        again = await run(replay, packs=True)
        await daemon.end()
    async with Journal(folder, SETTINGS) as journal:
        account = await journal.account()

    assert ("", "") == (unchanged.stdout, again.stdout)
    assert "anna@example.org" in shown.stdout
    assert shown.stdout == published.stdout
    assert (0, None) == (first.data.revision, first.data.supersedes)
    assert (1, first.id, "mailbox-disabled") == (second.data.revision, second.data.supersedes, second.data.decision.category)
    assert (True, 2, 2) == (account.balanced, account.decisions.made, account.decisions.published)


async def test_archived(tmp_path, run):
    """What is archived is judged again like what is not."""
    folder = tmp_path / "journal"
    async with serve(folder) as daemon:
        await daemon.send(BOUNCE)
        await daemon.logged("arrival.done")
        await daemon.end()
    async with Journal(folder, SETTINGS) as journal:
        assert 1 == await journal.archive(arrival(1).at)
    changes = await run(replay, "--publish", packs=True)
    async with serve(folder):
        events = await taken(folder, 2)

    assert "mailbox-disabled" in changes.stdout
    assert [0, 1] == [event.data.revision for event in events]


async def test_given_back(tmp_path, run):
    """What waits for a person is judged by the running daemon when it is given back; what is deleted is gone and counted."""
    folder = tmp_path / "journal"
    async with Journal(folder, SETTINGS) as journal:
        for number in (1, 2):
            await journal.keep(arrival(number, BOUNCE))
            await journal.set_aside(arrival(number).id, "ValueError")
    async with serve(folder) as daemon:
        await run(unread, "--judge", arrival(1).id)
        await daemon.logged("arrival.done", arrival_id=arrival(1).id)
        await run(unread, "--delete", arrival(2).id)
        with pytest.raises(InputUnreadable, match=arrival(2).id):
            await run(unread, "--judge", arrival(2).id)
        listed = await run(unread)
        await daemon.end()
    async with Journal(folder, SETTINGS) as journal:
        account = await journal.account()

    assert "" == listed.stdout
    assert (1, 1, True) == (account.arrivals.done, account.arrivals.erased, account.balanced)
