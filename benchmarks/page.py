"""How long the page takes, with a million events and a million addresses stored, beside an empty node; and the status, which scans nothing.

What is stored is what the daemon itself stored of one bounce, copied row by row.
"""

import asyncio
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.filled import multiply, open_journal
from benchmarks.rig import Rows, middle
from bounced.database.file import File
from bounced.store.history import FILE_NAME
from bounced.store.statements import HISTORY_MIGRATIONS
from tests.reports import block, report
from tests.servers.daemon import Served, serve

_SETTINGS = {"API__WITHOUT_TOKEN": "true"}
_PAGES = {
    "overview": "/",
    "to mend": "/mend",
    "decisions": "/decisions",
    "an old page of them": "/decisions?before=1-{middle}",
    "an address": "/address?q=known{middle}@example.org",
    "part of an address": "/address?q=known{middle}",
    "unknown words": "/unmatched",
    "status": "/status",
}


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    number = 2_000 if quick else 1_000_000
    timed: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        for name, count in (("few", 1), ("many", number)):
            for page, ms in asyncio.run(_measure(Path(folder) / name, count, runs)):
                timed.setdefault((page, name), []).append(ms)
    rows = [(page, middle(timed[page, "few"]), middle(timed[page, "many"])) for page in _PAGES]
    yield Rows(f"The page: milliseconds with one event and with {number:,}, and as many addresses", ("page", "one", "many"), rows)


async def _measure(folder: Path, number: int, runs: int) -> list[tuple[str, float]]:
    """Measure each page, in milliseconds."""
    async with serve(folder, **_SETTINGS) as served:
        await served.send(report(block("first@example.org")))
        await served.logged("arrival.done")
        await served.end()
    with closing(open_journal(folder)) as journal:
        journal.execute("BEGIN IMMEDIATE")
        multiply(journal, number - 1)
        journal.execute("COMMIT")
    with closing(File(folder / FILE_NAME, HISTORY_MIGRATIONS).connect(is_first=True)) as history:
        _remember(history, number)
    async with serve(folder, **_SETTINGS) as served:
        return [
            (page, await asyncio.to_thread(_fetch, served, path.format(middle=number // 2)))
            for _ in range(runs)
            for page, path in _PAGES.items()
        ]


def _fetch(served: Served, path: str) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(f"http://{served.admin}{path}", timeout=120) as answer:
        answer.read()
    return (time.monotonic() - began) * 1000


def _remember(history: sqlite3.Connection, number: int) -> None:
    """Copy the address that is known, and its failure."""
    history.execute("BEGIN IMMEDIATE")
    columns = "stream, scores, suppressed_at, until, category, because, times, generation, changed_at, delivered_at"
    history.execute(
        f"WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {number}) "  # noqa: S608 names and a number of ours
        f"INSERT INTO addresses (address, {columns}) SELECT 'known' || n || '@example.org', {columns} FROM addresses, n LIMIT {number}"
    )
    history.execute(
        "INSERT INTO failures (report_id, address, at, category, points, because, before) "
        "SELECT 'r' || a.seq, a.seq, f.at, f.category, f.points, f.because, f.before FROM addresses a, (SELECT * FROM failures LIMIT 1) f "
        "WHERE a.address LIKE 'known%'"
    )
    history.execute("COMMIT")
