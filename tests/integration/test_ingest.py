"""Mail that lies somewhere is handed to the daemon, and moved, deleted or noted after its commit and not before."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.reports import block, report
from tests.servers.daemon import serve
from tests.servers.smtp_script import ScriptedServer, scripted_server

TO = "return@bounce.example.com"


def bounce(number, newline=b"\n"):
    """A bounce of a recipient of that number, as a mailbox has it."""
    raw = f"X-Original-To: {TO}\nReturn-Path: <>\n".encode() + report(block(f"reader{number}@example.org"))
    return raw.replace(b"\r\n", b"\n").replace(b"\n", newline)


def maildir(folder, *numbers):
    """A Maildir with these bounces in `new`."""
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for number in numbers:
        (folder / "new" / f"{number}.host").write_bytes(bounce(number))
    return folder


def names(folder):
    """What lies in *folder*."""
    return sorted(each.name for each in folder.iterdir())


async def ingest(port, *arguments, given=b""):
    """Ingest by a process of its own; give its exit status and what it said."""
    command = [sys.executable, "-m", "bounced", "ingest", "--server", f"127.0.0.1:{port}", *map(str, arguments)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")}
    done = await asyncio.to_thread(subprocess.run, command, input=given, capture_output=True, check=False, env=environ, timeout=60)
    return done.returncode, done.stderr.decode().strip().splitlines()


async def decided(daemon, number):
    """Wait until so many reports are done; give who they are about."""
    await daemon.logged("arrival.done", times=number)
    return [line for line in daemon.lines if line["event"] == "arrival.done"]


async def test_maildir(tmp_path):
    """What is new goes to `cur`, marked as seen, and is not taken a second time."""
    box = maildir(tmp_path / "Maildir", 1, 2, 3)
    async with serve(tmp_path / "journal") as daemon:
        first = await ingest(daemon.port, box)
        again = await ingest(daemon.port, box)
        done = await decided(daemon, 3)

    assert [(0, ["3 messages taken, 0 refused"]), (0, ["0 messages taken, 0 refused"])] == [first, again]
    assert (["1.host:2,S", "2.host:2,S", "3.host:2,S"], []) == (names(box / "cur"), names(box / "new"))
    assert [{"rfc3464"}, 3] == [{line["reader"] for line in done}, len(done)]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
async def test_standard_input(tmp_path, newline):
    """One message is taken from a pipe, whatever its line ends, for whom the command says."""
    raw = bounce(1, newline).partition(newline)[2]
    async with serve(tmp_path / "journal") as daemon:
        nobody = await ingest(daemon.port, "-", given=raw)
        taken = await ingest(daemon.port, "-", "--to", TO, "--from", "", given=raw)
        await decided(daemon, 1)

    assert [65, 0] == [nobody[0], taken[0]]
    assert "standard input: its header does not say whom it came for: use --to" == nobody[1][0]


async def test_mbox(tmp_path):
    """An mbox is left as it is, and taken from where it was when the daemon took nothing more."""
    box = tmp_path / "mbox"
    texts = [b"From MAILER-DAEMON Sat Nov 28 09:00:00 2026\n" + bounce(number) + b"\n" for number in range(4)]
    box.write_bytes(b"".join(texts))
    half = box.with_name("half")
    half.write_bytes(b"".join([*texts[:2], texts[2].replace(b"return@", b"busy@"), texts[3]]))
    async with scripted_server(ScriptedServer(at_data={"busy": "452 4.3.1 Busy"})) as server:
        stopped = await ingest(server.port, half)
    async with serve(tmp_path / "journal") as daemon:
        rest = await ingest(daemon.port, half)
        whole = await ingest(daemon.port, box)
        await decided(daemon, 4)

    assert (75, True) == (stopped[0], "452 4.3.1 Busy; 2 messages taken before" in stopped[1][-1])
    assert [(0, ["2 messages taken, 0 refused"]), (0, ["4 messages taken, 0 refused"])] == [rest, whole]
    assert b"".join(texts) == box.read_bytes()


async def test_refused(tmp_path):
    """What the daemon refuses for good stays where it is, with its reply; the others are taken, and deleted if that is asked."""
    folder = tmp_path / "mail"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.eml").write_bytes(
            bounce(number).replace(b"return@bounce", b"return@bounce" if number != 1 else b"who@elsewhere")
        )
    async with serve(tmp_path / "journal", SMTP__ACCEPT="bounce.example.com") as daemon:
        code, said = await ingest(daemon.port, folder, "--delete")

    assert (65, "2 messages taken, 1 refused") == (code, said[-1])
    assert "1.eml: 550 5.7.1" in said[0] or "1.eml: 550 5.1.1" in said[0]
    assert ["1.eml"] == names(folder)


async def test_nobody_there(tmp_path):
    """Without a daemon it ends with 75, nothing is moved, and what can't be read is said."""
    box = maildir(tmp_path / "Maildir", 1)
    away = await ingest(1, box)
    nothing = await ingest(1, tmp_path / "nothing")

    assert (75, ["1.host"]) == (away[0], names(box / "new"))
    assert "127.0.0.1:1: Connection refused" in away[1][-1]
    assert (66, True) == (nothing[0], "No such file" in nothing[1][-1])


async def test_not_noted(tmp_path):
    """Where what was taken can't be noted, it says so, and that the message was taken."""
    box = maildir(tmp_path / "Maildir", 1)
    (box / "cur" / "1.host:2,S").mkdir()  # nothing can be moved over a folder
    async with serve(tmp_path / "journal") as daemon:
        code, said = await ingest(daemon.port, box)
        await decided(daemon, 1)

    assert (66, ["1.host"]) == (code, names(box / "new"))
    assert "1.host: taken, and can't be moved, deleted or noted: Is a directory" in said[-1]
