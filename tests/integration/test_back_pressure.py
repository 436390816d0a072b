"""When nothing can be kept: 452 at DATA, a true answer at RCPT, never 5xx, never a 250 that isn't true; and then it goes on."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.test_daemon import bounce, consumed
from tests.servers.daemon import SERVE, Served, serve

CALL_OUT = ("EHLO probe.example.org", "MAIL FROM:<>", "RCPT TO:<return@bounce.example.com>")
NOBODY_THERE = "amqp://guest:guest@127.0.0.1:1/"


def on_small_disk(folder: Path, size: str) -> Sequence[str]:
    """Give the command that runs the daemon with a file system of *size* of its own at *folder*."""
    script = f'mount -t tmpfs -o size={size} none "{folder}" && exec "{sys.executable}" -m bounced serve'
    return ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)), "sh", "-c", script)


def inside(daemon: Served, folder: Path) -> Path:
    """Name *folder* as the daemon sees it."""
    return Path(f"/proc/{daemon.pid}/root{folder}")


async def settled(daemon: Served) -> dict:
    """Wait until all that was accepted is done; give the status then."""
    async with asyncio.timeout(60):
        while True:
            status = await daemon.status()
            arrivals = (status["account"] or {}).get("arrivals", {})
            if arrivals and arrivals["accepted"] == arrivals["done"]:
                return status
            await asyncio.sleep(0.05)


async def codes(daemon: Served, *messages: bytes) -> list[str]:
    """Send *messages*; give the codes that they were answered with."""
    return [reply[:9] for reply in await daemon.send(*messages)]


async def test_low_disk(tmp_path):
    """With less room on the disk than the floor, mail is refused before it is sent; when there is room again, it is taken."""
    command = on_small_disk(tmp_path, "64m")
    async with serve(tmp_path, program=command, JOURNAL__MIN_FREE_BYTES=str(40 * 1024 * 1024)) as daemon:
        ballast = inside(daemon, tmp_path) / "ballast"
        before = await codes(daemon, bounce(1))
        ballast.write_bytes(bytes(32 * 1024 * 1024))
        await daemon.until_ready(ready=False)
        call_out = await daemon.talk(*CALL_OUT, "DATA")
        status, reason = await daemon.status(), (await daemon.page("/ready"))[1]
        ballast.unlink()
        await daemon.until_ready()
        after = await codes(daemon, bounce(2))
        cleared = (await daemon.status())["degraded"]

    assert (["250 2.0.0"], ["250 2.0.0"]) == (before, after)
    assert ["250", "250", "250", "452"] == [answer[:3] for answer in call_out]
    assert call_out[-1].startswith("452 4.3.1")
    assert ("disk-low", False, {}) == (*status["degraded"], status["ready"], cleared)
    assert "journal.min_free_bytes" in reason


async def test_full_disk(tmp_path):
    """On a disk that is really full nothing gets a 250 that isn't true; what did get one is published, and room mends it.

    A message that got 452 may be kept all the same: its commit failed when the record was in the WAL already. Then it counts.
    """
    folder, decisions = tmp_path / "journal", tmp_path / "decisions.jsonl"
    folder.mkdir()
    async with serve(folder, f"file:{decisions}", program=on_small_disk(folder, "6m"), JOURNAL__MIN_FREE_BYTES="0") as daemon:
        ballast = inside(daemon, folder) / "ballast"
        ballast.write_bytes(bytes(3 * 1024 * 1024))
        replies: list[str] = []
        while replies.count("452 4.3.1") < 5 and len(replies) < 400:
            replies += await codes(daemon, bounce(len(replies)) + b"X" * 30_000)
        ballast.unlink()
        await daemon.until_ready()
        replies += await codes(daemon, bounce(len(replies)))
        account = await settled(daemon)

    events = [json.loads(line) for line in decisions.read_text().splitlines()]
    subjects = {event["id"]: event["subject"] for event in events}  # once by id: a file takes again what could not be noted
    accepted = {f"reader{number}@example.org" for number, reply in enumerate(replies) if reply == "250 2.0.0"}
    assert {"250 2.0.0", "452 4.3.1"} == set(replies)
    assert "250 2.0.0" == replies[-1]
    assert set() == accepted - set(subjects.values())
    assert len(subjects) == len(set(subjects.values())) == account["account"]["arrivals"]["accepted"]
    assert account["balanced"]


async def test_full_journal(tmp_path, own_broker):
    """While the broker is away mail is taken up to the journal's limit, then refused; when the broker is back all is delivered."""
    await asyncio.to_thread(own_broker.stop)
    async with serve(tmp_path, own_broker.url, JOURNAL__MAX_BYTES="20000") as daemon:
        replies: list[str] = []
        while replies[-1:] != ["452 4.3.1"]:
            replies += await codes(daemon, bounce(len(replies)))
        call_out = await daemon.talk(*CALL_OUT, "DATA")
        degraded = (await daemon.status())["degraded"]
        await asyncio.to_thread(own_broker.start)
        await daemon.until_ready()
        replies += await codes(daemon, bounce(len(replies)))
        events = await consumed(own_broker.url, count=replies.count("250 2.0.0"))
        await daemon.logged("node.recovered", cause="sink-unavailable")
        status = await daemon.status()

    assert ["250", "250", "250", "452"] == [answer[:3] for answer in call_out]
    assert {"journal-full", "sink-unavailable"} == set(degraded)
    assert replies.count("250 2.0.0") == len(replies) - 1 == len({event.id for event in events})
    assert ({}, True) == (status["degraded"], status["balanced"])


async def test_stalled_journal(tmp_path):
    """A commit that doesn't come is answered 452 within its limit, and the next client before it sends; then all is well again."""
    async with serve(tmp_path, JOURNAL__COMMIT_SECONDS="1") as daemon:
        with closing(sqlite3.connect(tmp_path / "journal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            first = await codes(daemon, bounce(1))
            call_out = await daemon.talk(*CALL_OUT, "DATA")
            other.execute("ROLLBACK")
        await daemon.until_ready()
        second = await codes(daemon, bounce(1))
        events = await consumed("embedded:", folder=tmp_path, count=1)
        await daemon.end()
        rest = await consumed("embedded:", folder=tmp_path)

    assert (["452 4.3.1"], ["250 2.0.0"]) == (first, second)
    assert ["250", "250", "250", "452"] == [answer[:3] for answer in call_out]
    assert ["reader1@example.org"] == [event.subject for event in events + rest]


async def test_never_5xx(tmp_path):
    """Whatever is wrong with the journal at once, no reply to a message is 5xx: a refused bounce is lost for good."""
    async with serve(tmp_path, NOBODY_THERE, JOURNAL__MAX_BYTES="1") as daemon:
        full = await codes(daemon, bounce(1), bounce(2))
        accepted = (await daemon.status())["account"]["arrivals"]["accepted"]
        status = await daemon.end(signal.SIGTERM)

    assert (["452 4.3.1"] * 2, 0, 0) == (full, accepted, status)


@pytest.mark.parametrize("listen", ["", "127.0.0.1:0"])
async def test_admin_pages_are_optional(tmp_path, listen):
    """With an empty address no page is served, and mail is taken all the same."""
    async with serve(tmp_path, program=SERVE, ADMIN__LISTEN=listen) as daemon:
        replies = await codes(daemon, bounce(1))

    assert (bool(listen), ["250 2.0.0"]) == (bool(daemon.admin), replies)
