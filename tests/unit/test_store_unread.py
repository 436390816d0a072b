"""`bounced unread`: the list, the message, and what a stranger's mail may not do to a terminal."""

import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bounced.cli.unread import command
from bounced.errors import InputUnreadable, JournalUnavailable
from bounced.model import Envelope
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, subprocess_environ

NOTE = b"Subject: =?utf-8?q?Caf=C3=A9?=\r\nFrom: anna@example.org\r\n\r\nhello \x00\xff\r\n"


@pytest.fixture
async def run(tmp_path):
    """Run the command on a journal with two messages for a person, while the daemon's side of it is open."""
    settings = tmp_path / "bounced.toml"
    settings.write_text(f'[journal]\nfolder = "{tmp_path / "journal"}"\n')
    async with Journal(tmp_path / "journal", SETTINGS) as journal:
        await journal.keep(arrival(1, NOTE, envelope=Envelope("a@example.org", ("bounces@example.net",))))
        await journal.unread(arrival(1).id, "mail")
        await journal.keep(arrival(2, b"Subject: a\tb\x1b[31mred\r\n\r\n"))
        await journal.set_aside(arrival(2).id, "ValueError")
        await journal.keep(arrival(3))
        yield lambda *arguments: CliRunner().invoke(command, ["--config", f"{settings}", *arguments])


async def test_list(run):
    """Each line has what tells a message from another, newest first; what isn't a person's is not listed."""
    lines = run().stdout.splitlines()

    assert [
        f"{arrival(2).id} 2026-11-23T12:00:02+00:00 192.0.2.10 <> bounces@example.net a\ufffdb\ufffd[31mred 24 aside ValueError".split(),
        f"{arrival(1).id} 2026-11-23T12:00:01+00:00 192.0.2.10 <a@example.org> bounces@example.net Café {len(NOTE)} unread mail".split(),
    ] == [line.split("\t") for line in lines]


async def test_limit(run):
    """The list is as long as asked for."""

    assert [arrival(2).id] == [line.partition("\t")[0] for line in run("--limit", "1").stdout.splitlines()]


async def test_message(run):
    """To a pipe, a message is printed octet by octet."""

    assert NOTE == run(arrival(1).id).stdout_bytes


@pytest.mark.usefixtures("run")
async def test_on_a_terminal(tmp_path):
    """On a terminal, no control character of a stranger's gets through, neither in the list nor in the message."""
    listed = _on_terminal(tmp_path)
    printed = _on_terminal(tmp_path, arrival(2).id)

    assert "\ufffd[31mred" in listed
    assert "Subject: a\tb\ufffd[31mred\r\n\r\n" == printed


def _on_terminal(tmp_path, *arguments):
    """Run the command on a terminal of 200 columns and return what it writes there."""
    master, slave = pty.openpty()
    program = [sys.executable, "-c", "from bounced.cli.unread import command; command()", "--config", tmp_path / "bounced.toml"]
    environ = {**subprocess_environ(), "COLUMNS": "200", "TERM": "xterm"}
    with subprocess.Popen([*program, *arguments], stdout=slave, env=environ):
        os.close(slave)
        octets = b"".join(iter(lambda: _read(master), b""))
    os.close(master)
    return octets.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 4096)
    except OSError:  # EIO: the other side is closed, as a terminal says it on Linux
        return b""


async def test_judged_and_deleted(run):
    """Who asks for both gets neither; what is done is said."""
    both = run(arrival(1).id, "--judge", "--delete")
    without = run("--delete")
    judged, deleted = run(arrival(1).id, "--judge"), run(arrival(2).id, "--delete")

    assert (2, 2) == (both.exit_code, without.exit_code)
    assert "--delete wants the ID" in without.stderr
    assert [f"{arrival(1).id}: given back to be judged\n", f"{arrival(2).id}: deleted\n"] == [judged.stderr, deleted.stderr]


async def test_unknown(run):
    """An id that is not there ends with its name."""
    error = run("nobody").exception

    assert isinstance(error, InputUnreadable)
    assert "nobody" in str(error)


@pytest.mark.parametrize(("folder", "kind"), [("missing", InputUnreadable), ("x" * 300, JournalUnavailable)])
def test_no_journal(tmp_path, folder, kind):
    """Where there is no journal, or can be none, the place is named, and none is made."""
    settings = tmp_path / "bounced.toml"
    settings.write_text(f'[journal]\nfolder = "{tmp_path / folder}"\n')
    error = CliRunner().invoke(command, ["--config", f"{settings}"]).exception

    assert kind is type(error)
    assert folder in str(error)
    assert [settings] == list(tmp_path.iterdir())


async def test_after_the_daemon(tmp_path, run):
    """The list can be read when no daemon runs, and leaves the file as it is."""
    async with Journal(tmp_path / "still", SETTINGS) as journal:
        await journal.keep(arrival(1, for_postmaster=True))
    (tmp_path / "bounced.toml").write_text(f'[journal]\nfolder = "{tmp_path / "still"}"\n')
    before = (tmp_path / "still" / "journal.db").read_bytes()
    listed = run().stdout

    assert listed.startswith(arrival(1).id)
    assert before == (tmp_path / "still" / "journal.db").read_bytes()
