"""Dead letters in the embedded queue: looked at, put back, or taken out; beside the daemon, in transactions of their own."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

from bounced.database.file import amending, reading
from bounced.publish.dead_letter import Deed, Letter, Standing
from bounced.publish.embedded import MIGRATIONS
from bounced.publish.queues import QUEUES
from bounced.publish.released import DELIVERY_LIMIT

#: The dead letters' name, as the broker has it.
_DEAD = "bounced.dead"
_PAGE = 100
_COUNT = "SELECT count(*) FROM events WHERE state = ? AND disposition = ?"
_PAGE_OF_DEAD = "SELECT seq, id, key, disposition, releases, body FROM events WHERE state = 'dead' AND seq > ? ORDER BY seq LIMIT ?"
# With a new number: a consumer that is past the old one would not see it.
_REQUEUE = """
UPDATE events SET seq = (SELECT max(seq) + 1 FROM events), state = 'ready', releases = 0, changed_at = :now
WHERE seq = :seq AND state = 'dead'
"""
# Like an event that was acknowledged: its id is remembered for a while.
_REMOVE = "UPDATE events SET state = 'acked', body = x'', changed_at = :now WHERE seq = :seq AND state = 'dead'"


async def standings(path: Path) -> list[Standing]:
    """Say how the queues and the dead letters stand.

    Raises:
        JournalUnavailable: there is no such file, or it can't be read.
        JournalInvalid: it is of another release, or damaged.
    """
    return await asyncio.to_thread(_count, path)


async def letters(path: Path) -> AsyncGenerator[Letter, None]:
    """Go through the dead letters that there are now; what nothing is done about stays.

    Raises:
        JournalUnavailable: there is no such file, or it can't be read.
        JournalInvalid: it is of another release, or damaged.
    """
    after = 0
    while rows := await asyncio.to_thread(_page, path, after):
        for row in rows:
            queue = next((queue.name for queue in QUEUES if queue.disposition == row["disposition"]), row["disposition"])
            reason = "delivery_limit" if row["releases"] >= DELIVERY_LIMIT else "rejected"  # RabbitMQ's words
            yield Letter(row["id"], row["key"], row["body"], queue, reason, partial(_do, path, row["seq"]))
        after = rows[-1]["seq"]


async def _do(path: Path, seq: int, deed: Deed) -> None:
    await asyncio.to_thread(_amend, path, _REQUEUE if deed is Deed.REQUEUED else _REMOVE, seq)


def _count(path: Path) -> list[Standing]:
    with reading(path, MIGRATIONS) as connection:
        ready = [Standing(queue.name, connection.execute(_COUNT, ("ready", queue.disposition)).fetchone()[0]) for queue in QUEUES]
        (dead,) = connection.execute("SELECT count(*) FROM events WHERE state = 'dead'").fetchone()
        return [*ready, Standing(_DEAD, dead)]


def _page(path: Path, after: int) -> list[sqlite3.Row]:
    with reading(path, MIGRATIONS) as connection:
        return connection.execute(_PAGE_OF_DEAD, (after, _PAGE)).fetchall()


def _amend(path: Path, statement: str, seq: int) -> None:
    with amending(path, MIGRATIONS) as connection:
        connection.execute(statement, {"seq": seq, "now": time.time()})
