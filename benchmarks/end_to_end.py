"""What a bounce costs end to end: from SMTP to a quorum queue with confirm, every promise kept; beside a daemon of a day's work.

SMTP, journal, parse, classify, history, trust, storm brake, RabbitMQ (a private node of one), the log at info. The CPU is that of all of
the daemon's processes by the operating system's accounting, from the first message to the last published, and so are the messages a
second. The sender, the broker and the daemon share the machine's cores, so throughput says less than CPU. The sender is ours
(`benchmarks.load`): smtp-source sends one message again and again, which bounced would know as one report. Every run sends messages that
nobody has seen, of addresses that nobody knows; daemons take turns.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import BELIEVED, load
from benchmarks.rig import ROOT, Rows, children, cpu_seconds, memory_mib, middle
from tests.servers.daemon import serve
from tests.servers.rabbitmq import PrivateNode

_WARM_UP = 200
BASELINE = "a day's work"
#: Settings of bounced for each way.
WAYS = {
    "bounced": {"STORM__ADDRESSES": "20"},
    "bounced, without a history": {"HISTORY__STORE": "none", "STORM__ADDRESSES": "0"},
    "bounced, without a history, two workers": {"HISTORY__STORE": "none", "STORM__ADDRESSES": "0", "NODE__WORKERS": "2"},
}
#: Sessions at once, and messages in each.
LOADS = ((20, 1_000_000), (100, 1_000_000), (20, 1))


class Run(NamedTuple):
    """What a run came to: microseconds of CPU a message, messages a second, the times of a transaction in ms, MiB of memory."""

    cpu: float
    rate: float
    p50: float
    p99: float
    memory: float


class Target(NamedTuple):
    """A daemon to be loaded: its port, its processes, and how to wait until all that it took is published."""

    port: int
    pids: Callable[[], list[int]]
    settled: Callable[[int], Awaitable[None]]


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, a table for each load."""
    messages = 300 if quick else 3000
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        node = PrivateNode(Path(folder))
        node.start()
        try:
            for sessions, each in LOADS[-1:] if quick else LOADS:
                measured = asyncio.run(_measure(node.url, messages, runs, sessions, each))
                yield _rows(measured, f"End to end: {sessions} sessions, {'one message each' if each == 1 else 'kept open'}")
        finally:
            node.end()


async def _measure(url: str, messages: int, runs: int, sessions: int, each: int) -> dict[str, list[Run]]:
    measured: dict[str, list[Run]] = {}
    for number in range(runs):
        for way in (BASELINE, *WAYS):
            async with daemon(way, url) as target:
                await load(target.port, _WARM_UP, sessions, each, seed=2 * number)
                await target.settled(_WARM_UP)
                before = cpu_seconds(target.pids())
                began = time.monotonic()
                sent = await load(target.port, messages, sessions, each, seed=2 * number + 1)
                await target.settled(_WARM_UP + messages)
                seconds = time.monotonic() - began
                cpu = (cpu_seconds(target.pids()) - before) / messages * 1e6
                run = Run(cpu, messages / seconds, sent["p50"], sent["p99"], memory_mib(target.pids()))
                measured.setdefault(way, []).append(run)
    return measured


@asynccontextmanager
async def daemon(way: str, url: str) -> AsyncIterator[Target]:
    """Run the daemon that is called so, publishing to the broker at *url*."""
    if way == BASELINE:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.days_work", url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        port = int(await process.stdout.readline())

        async def at_once(_number: int) -> None:
            """Wait for nothing: it publishes before it says 250."""

        yield Target(port, lambda: [process.pid], at_once)
        process.kill()
        await process.wait()
        return
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        async with serve(Path(folder), url, LOG__LEVEL="info", **BELIEVED, **WAYS[way]) as served:

            async def settled(number: int) -> None:
                while True:
                    account = (await served.status())["account"]
                    if account and account["arrivals"]["done"] >= number:
                        return
                    await asyncio.sleep(0.2)

            yield Target(served.port, lambda: [served.pid, *children(served.pid)], settled)


def _rows(measured: dict[str, list[Run]], title: str) -> Rows:
    base = statistics.median(run.cpu for run in measured[BASELINE])
    rows = []
    for way, runs in measured.items():
        cpu, rate, p50, p99, memory = zip(*runs, strict=True)
        share = statistics.median(cpu) / base
        rows.append((way, middle(cpu), f"{share:.2f}", middle(rate), middle(p50, 1), middle(p99, 1), f"{statistics.median(memory):.0f}"))
    return Rows(title, ("daemon", "CPU µs a message", "of a day's work", "messages/s", "p50 ms", "p99 ms", "MiB"), rows)
