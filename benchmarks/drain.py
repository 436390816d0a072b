"""How fast a full journal is worked off: what came while nothing could be judged, and what was judged while the broker was away.

The journal is written beforehand; then the daemon starts, with a private RabbitMQ of one node, and is watched until all is published.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.filled import arrival, open_journal
from benchmarks.load import BELIEVED, bounces, load
from benchmarks.rig import Rows, cpu_seconds, memory_mib, middle
from bounced.store import arrivals
from tests.servers.daemon import Served, serve
from tests.servers.rabbitmq import PrivateNode

_AWAY = "amqp://guest:guest@127.0.0.1:1/"


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    number = 300 if quick else 10_000
    measured: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        node = PrivateNode(Path(folder))
        node.start()
        try:
            for run in range(runs):
                for name, make in (("to be judged", _unjudged), ("to be published", _unpublished)):
                    journal = Path(folder) / f"{name}-{run}"
                    asyncio.run(make(journal, number, run))
                    measured.setdefault(name, []).append(asyncio.run(_drained(journal, node.url, number)))
        finally:
            node.end()
    rows = []
    for name, values in measured.items():
        rate, cpu, memory = zip(*values, strict=True)
        rows.append((name, middle(rate), middle(cpu), f"{statistics.median(memory):.0f}"))
    yield Rows(f"Drain: {number:,} arrivals", ("that wait", "messages/s", "CPU µs a message", "MiB"), rows)


async def _unjudged(folder: Path, number: int, seed: int) -> None:
    """Make a journal in which so many arrivals wait to be judged."""
    folder.mkdir()
    connection = open_journal(folder)
    connection.execute("BEGIN IMMEDIATE")
    for each, raw in enumerate(bounces(number, seed)):
        arrivals.keep(connection, arrival(f"{seed}-{each:08}", raw), 1 << 50)
    connection.execute("COMMIT")
    connection.close()


async def _unpublished(folder: Path, number: int, seed: int) -> None:
    """Make a journal in which the events of so many arrivals wait to be published."""
    async with serve(folder, _AWAY, LOG__LEVEL="info", **BELIEVED) as served:
        await load(served.port, number, 20, number, seed)
        while (await served.status())["account"]["arrivals"]["decided"] < number:
            await asyncio.sleep(0.2)


async def _drained(folder: Path, url: str, number: int) -> tuple[float, float, float]:
    async with serve(folder, url, LOG__LEVEL="info", **BELIEVED) as served:
        began = time.monotonic()
        await _until_done(served, number)
        return number / (time.monotonic() - began), cpu_seconds([served.pid]) / number * 1e6, memory_mib([served.pid])


async def _until_done(served: Served, number: int) -> None:
    while True:
        account = (await served.status())["account"]
        if account and account["arrivals"]["done"] >= number:
            return
        await asyncio.sleep(0.1)
