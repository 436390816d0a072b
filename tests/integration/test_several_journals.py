"""Operators' commands on a folder of several journals: all are looked at, and what is amended is amended where it lies."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from click.testing import CliRunner

from bounced import cli
from bounced.model import Envelope
from bounced.store import Journal
from bounced.store.files import journal_file
from tests.integration.test_daemon import bounce, consumed
from tests.journal_samples import SETTINGS, arrival
from tests.servers.daemon import serve


@pytest.fixture
async def run(tmp_path):
    """Run a command on two journals: the first with arrivals 1 and 3, the second with 2 and 4; the even ones wait for a person."""
    async with AsyncExitStack() as stack:
        journals = [await stack.enter_async_context(Journal(tmp_path, SETTINGS, number)) for number in (1, 2)]
        for number in range(1, 5):
            note = f"Subject: note {number}\r\n\r\nhello\r\n".encode()
            await journals[1 - number % 2].keep(arrival(number, note, envelope=Envelope("a@example.org", ("bounces@example.net",))))
        for journal, number in ((journals[1], 2), (journals[1], 4), (journals[0], 3)):
            await journal.unread(arrival(number).id, "mail")

    def run(*arguments):
        environ = {"BOUNCED_CONFIG": None, "BOUNCED_JOURNAL__FOLDER": str(tmp_path), "BOUNCED_ADMIN__LISTEN": ""}
        return CliRunner().invoke(cli._bounced, [*map(str, arguments)], env=environ, catch_exceptions=False)

    return run


def ids(result):
    """Give the first column of what was printed."""
    return [line.partition("\t")[0] for line in result.stdout.splitlines()]


async def test_unread_lists_all(run):
    """The newest come first, whichever journal they are in, and the limit is one for all."""

    assert [arrival(number).id for number in (4, 3, 2)] == ids(run("unread"))
    assert [arrival(4).id, arrival(3).id] == ids(run("unread", "--limit", 2))


async def test_unread_finds(run):
    """A message is shown, deleted and given back in the journal that it lies in."""
    shown = [run("unread", arrival(number).id).stdout_bytes for number in (2, 3)]
    run("unread", "--delete", arrival(2).id)
    run("unread", "--judge", arrival(3).id)

    assert [b"Subject: note 2", b"Subject: note 3"] == [each.partition(b"\r\n")[0] for each in shown]
    assert [arrival(4).id] == ids(run("unread"))


async def test_status_adds_up(run):
    """Without a daemon the account is that of all journals."""
    account = json.loads(run("status", "--json").stdout)

    assert (4, 1, 3) == tuple(account["arrivals"][name] for name in ("accepted", "waiting", "unread"))


async def test_backup_and_restore(run, tmp_path):
    """A backup has every journal; what is in the way of its return is moved aside, and all of it comes back."""
    made = run("backup", tmp_path / "saved")
    run("unread", "--delete", arrival(2).id)
    run("unread", "--delete", arrival(3).id)
    restored = run("restore", "--set-aside", tmp_path / "saved")

    assert all(journal_file(number) in result.stdout for result in (made, restored) for number in (1, 2))
    assert [arrival(number).id for number in (4, 3, 2)] == ids(run("unread"))


async def test_drain_and_replay(tmp_path, broker):
    """What three workers left is published by `bounced drain`, and judged again by `bounced replay`, all of it."""
    async with serve(tmp_path, "amqp://guest:guest@127.0.0.1:1/", NODE__WORKERS="3", HISTORY__STORE="none") as daemon:
        for number in range(24):
            await daemon.send(bounce(number))
        await daemon.end()
    kept = {line["worker"] for line in daemon.lines if line["event"] == "arrival.kept"}
    environ = {
        "BOUNCED_CONFIG": None,
        "BOUNCED_JOURNAL__FOLDER": str(tmp_path),
        "BOUNCED_SINK__URLS": broker.url,
        "BOUNCED_TRUST__PEERS": "127.0.0.1",
        "BOUNCED_TRUST__REPORTERS": "*",
    }
    drained, replayed = [
        await asyncio.to_thread(CliRunner().invoke, cli._bounced, [command], env=environ, catch_exceptions=False)
        for command in ("drain", "replay")
    ]
    events = await consumed(broker.url)

    assert {1, 2, 3} == kept
    assert "Nothing is left to publish" in drained.stdout
    assert "24 arrivals judged again, 0 decisions would change" in replayed.stderr
    assert {f"reader{number}@example.org" for number in range(24)} == {event.subject for event in events}
