"""The daemon whole: in by SMTP, out by the queue, whatever is killed or away in between."""

import asyncio
import os
import signal
import sys
from contextlib import aclosing

import pytest

from bounced import client
from tests.reports import block, report
from tests.servers.daemon import serve


def bounce(number: int) -> bytes:
    """Make a bounce of its own for each *number*."""
    return report(block(f"reader{number}@example.org"), message_id=f"<report-{number}@mx.example.net>")


async def consumed(*urls, folder=None, count=None):
    """Consume and acknowledge: *count* events, or what is there."""
    events = []
    async with asyncio.timeout(60), aclosing(client.decisions(*urls, folder=folder, follow=count is not None)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                events.append(delivery.event)
            if len(events) == count:
                break
    return events


async def test_killed_before_publishing(tmp_path, broker):
    """What got its 250 before a SIGKILL is published after the next start, once by id; handed in again it is a duplicate."""
    async with serve(tmp_path, "amqp://guest:guest@127.0.0.1:1/") as daemon:
        replies = await daemon.send(bounce(1), bounce(2), bounce(3))
        await daemon.end(signal.SIGKILL)
    async with serve(tmp_path, broker.url) as daemon:
        first = await consumed(broker.url, count=3)
        await daemon.send(bounce(2))
        await daemon.logged("arrival.done", duplicates=1)
        again = await consumed(broker.url)

    assert ["250"] * 3 == [reply[:3] for reply in replies]
    assert ["reader1@example.org", "reader2@example.org", "reader3@example.org"] == sorted(event.subject for event in first)
    assert [] == again


@pytest.mark.parametrize("moment", range(5))
async def test_killed_at_any_moment(tmp_path, moment):
    """Killed after any number of replies, the daemon loses nothing that it acknowledged, and doubles nothing."""
    async with serve(tmp_path) as daemon:
        replies = await daemon.send(*(bounce(number) for number in range(10 * moment + 1)))
        await daemon.end(signal.SIGKILL)
    async with serve(tmp_path):
        events = await consumed("embedded:", folder=tmp_path, count=10 * moment + 1)

    assert {"250"} == {reply[:3] for reply in replies}
    assert len(replies) == len({event.subject for event in events}) == len({event.id for event in events})


async def test_broker_away_at_start(tmp_path, own_broker):
    """Without a broker the daemon starts and takes mail; the events arrive when the broker does."""
    await asyncio.to_thread(own_broker.stop)
    async with serve(tmp_path, own_broker.url) as daemon:
        replies = await daemon.send(bounce(1), bounce(2))
        await daemon.logged("sink.unavailable")
        replies += await daemon.send(bounce(3))
        await asyncio.to_thread(own_broker.start)
        await daemon.logged("arrival.done", 60)
        events = await consumed(own_broker.url, count=3)
        status = await daemon.end()

    assert ["250"] * 3 == [reply[:3] for reply in replies]
    assert 3 == len({event.subject for event in events})
    assert 0 == status


async def test_unread(tmp_path):
    """Mail that is no report, or for the postmaster, is kept for a person and published nowhere."""
    async with serve(tmp_path) as daemon:
        await daemon.send(b"Subject: hello\n\nHow are you?\n")
        await daemon.logged("arrival.unread")
        await daemon.end()

    assert [] == await consumed("embedded:", folder=tmp_path)


async def test_second_daemon(tmp_path):
    """Two daemons never share a journal: the second refuses, and says whose it is."""
    async with serve(tmp_path):
        with pytest.raises(AssertionError, match=r"journal\.db"):
            async with serve(tmp_path):
                pass


async def test_damaged_journal(tmp_path):
    """A damaged journal is refused by its name with an exit code that systemd does not try again, and left as it is."""
    async with serve(tmp_path) as daemon:
        await daemon.send(*(bounce(number) for number in range(50)))
        await daemon.logged("arrival.done")
        await daemon.end()
    journal = tmp_path / "journal.db"
    octets = bytearray(journal.read_bytes())
    octets[8192:8292] = bytes(100)
    journal.write_bytes(octets)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bounced",
        "serve",
        env={**os.environ, "BOUNCED_JOURNAL__FOLDER": f"{tmp_path}"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)

    assert 65 == process.returncode
    assert f"{journal}: " in said.decode()
    assert octets == journal.read_bytes()
