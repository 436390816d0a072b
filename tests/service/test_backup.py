"""Backup and restore: a copy made beside the running daemon holds all that was acknowledged before, and comes back whole."""

import asyncio
import io
import shutil
import sqlite3
import tarfile
from contextlib import closing

import pytest
from click.testing import CliRunner

from bounced import client
from bounced.cli.backup import command as backup
from bounced.cli.restore import command as restore
from bounced.errors import BackupFailed, BackupInvalid, InputUnreadable, JournalHeld
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, draft
from tests.reports import block, report
from tests.servers.daemon import serve


def bounce(number):
    return report(block(f"reader{number}@example.org"), message_id=f"<report-{number}@mx.example.net>")


@pytest.fixture
def run(tmp_path):
    """Run a command on the folder `journal`; raise what it raises."""
    settings = tmp_path / "bounced.toml"
    settings.write_text(f'[journal]\nfolder = "{tmp_path / "journal"}"\n')

    def run(command, *arguments):
        return CliRunner().invoke(command, ["--config", f"{settings}", *map(str, arguments)], catch_exceptions=False)

    return run


@pytest.fixture
async def saved(tmp_path, run):
    """Make a backup of a journal with something in it, and take the journal away."""
    async with Journal(tmp_path / "journal", SETTINGS) as journal:
        await journal.keep(arrival(1))
        await journal.keep(arrival(2))
        await journal.settle(arrival(2).id, [draft("r2")])
        run(backup, tmp_path / "saved")
    shutil.rmtree(tmp_path / "journal")
    return tmp_path / "saved"


async def test_disk_lost(tmp_path, run):
    """All that was acknowledged before a backup, made in the midst of receiving, is delivered by the daemon of another disk."""
    async with serve(tmp_path / "journal") as daemon:
        await daemon.send(*(bounce(number) for number in range(20)))
        sending = asyncio.create_task(daemon.send(*(bounce(number) for number in range(20, 120))))
        await asyncio.to_thread(run, backup, tmp_path / "saved")
        replies = await sending
    shutil.rmtree(tmp_path / "journal")
    run(restore, tmp_path / "saved")
    async with serve(tmp_path / "journal") as daemon:
        again = await daemon.send(*(bounce(number) for number in range(120)))
        events = []
        async with asyncio.timeout(60):
            async for delivery in client.decisions("embedded:", folder=tmp_path / "journal"):
                async with delivery:
                    events.append(delivery.event)
                if len({event.subject for event in events}) == 120:
                    break

    assert {"250"} == {reply[:3] for reply in [*replies, *again]}
    assert 120 == len(events) == len({event.id for event in events})


async def test_whole(tmp_path, run, saved):
    """What comes back is the journal as it was: what waits, what is to be published, the account."""
    run(restore, saved)
    async with Journal(tmp_path / "journal", SETTINGS) as journal:
        waiting, pending, account = await journal.waiting(None, 10), await journal.pending(10), await journal.account()

    assert ([arrival(1)], ["r2/0"], True) == (waiting, [event.id for event in pending], account.balanced)


async def test_private(saved):
    """Nobody but its owner can read a backup."""

    assert 0o600 == saved.stat().st_mode & 0o777


async def test_never_replaced(tmp_path, run, saved):
    """A file that is there is not replaced by a backup, and nothing is left beside it."""
    run(restore, saved)
    before = saved.read_bytes()
    with pytest.raises(BackupFailed, match="saved: File exists"):
        run(backup, saved)

    assert before == saved.read_bytes()
    assert ["bounced.toml", "journal", "saved"] == sorted(path.name for path in tmp_path.iterdir())


async def test_live_journal(tmp_path, run, saved):
    """A journal that a daemon has open is left alone."""
    async with Journal(tmp_path / "journal", SETTINGS) as journal:
        with pytest.raises(JournalHeld):
            run(restore, "--set-aside", saved)
        await journal.keep(arrival(3))


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
async def test_something_there(tmp_path, run, saved, name):
    """A journal, or a WAL that is left of one, is not written over; with --set-aside it is kept under another name."""
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / name).write_bytes(b"what is there")
    with pytest.raises(BackupFailed, match="--set-aside"):
        run(restore, saved)
    untouched = (tmp_path / "journal" / name).read_bytes()
    run(restore, "--set-aside", saved)
    async with Journal(tmp_path / "journal", SETTINGS) as journal:
        account = await journal.account()

    assert b"what is there" == untouched
    assert [b"what is there"] == [path.read_bytes() for path in (tmp_path / "journal").glob("journal.db.aside-*")]
    assert 2 == account.arrivals.accepted


def archive(tmp_path, name, content):
    with tarfile.open(tmp_path / "bad", "w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))


def newer(tmp_path):
    with closing(sqlite3.connect(tmp_path / "newer")) as connection:
        connection.execute("PRAGMA user_version = 99")
    archive(tmp_path, "journal.db", (tmp_path / "newer").read_bytes())


def spoilt(tmp_path):
    content = bytearray((tmp_path / "saved").read_bytes())
    content[100:200] = b"\xff" * 100
    (tmp_path / "bad").write_bytes(content)


BAD = {
    "spoilt": spoilt,
    "no archive": lambda tmp_path: (tmp_path / "bad").write_bytes(b"no archive at all"),
    "cut": lambda tmp_path: (tmp_path / "bad").write_bytes((tmp_path / "saved").read_bytes()[:-200]),
    "escaping": lambda tmp_path: archive(tmp_path, "../journal.db", b"x"),
    "foreign": lambda tmp_path: archive(tmp_path, "passwd", b"x"),
    "no database": lambda tmp_path: archive(tmp_path, "journal.db", b"x" * 5000),
    "newer": newer,
}


@pytest.mark.parametrize("make", BAD.values(), ids=list(BAD))
@pytest.mark.usefixtures("saved")
async def test_no_backup(tmp_path, run, make):
    """What is no backup of ours, damaged or of a newer release is refused, and nothing is put anywhere."""
    make(tmp_path)
    with pytest.raises(BackupInvalid) as caught:
        run(restore, tmp_path / "bad")

    assert "\n" not in str(caught.value)
    assert [] == [path for path in (tmp_path / "journal").rglob("*") if not path.name.endswith(".lock")]
    assert not (tmp_path / "passwd").exists()


def test_nothing_to_restore(tmp_path, run):
    """A file that is not there is named, and no folder is made for it."""
    with pytest.raises(InputUnreadable, match=r"gone: No such file or directory$"):
        run(restore, tmp_path / "gone")

    assert not (tmp_path / "journal").exists()
