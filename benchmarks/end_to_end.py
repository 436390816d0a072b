"""What a bounce costs end to end: from SMTP to a quorum queue with confirm, every promise kept; beside a daemon of a day's work.

    python -m benchmarks.end_to_end [--quick] [--messages N] [--runs N]

SMTP, journal, parse, classify, decide, RabbitMQ (a private node of one). The CPU is that of the daemon's process by the operating
system's accounting, from the first message to the last published; the sender, the broker and the daemon share the machine's cores, so
throughput says less than CPU. Every run sends messages that nobody has seen, of addresses that nobody knows; ways take turns. Prints
medians of the runs, with the spread (half the distance between the quartiles) of the CPU.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.servers.daemon import serve
from tests.servers.rabbitmq import PrivateNode

ROOT = Path(__file__).parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_WARM_UP = 200
BASELINE = "a day's work"
#: Settings of bounced for each way.
WAYS = {
    "bounced, without a history": {"HISTORY__STORE": "none", "STORM__ADDRESSES": "0"},
    "bounced, with a history": {"STORM__ADDRESSES": "0"},
    "bounced, with everything": {"STORM__ADDRESSES": "20"},
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
    """A daemon to be loaded: its port, its process, and how to wait until all that it took is published."""

    port: int
    pid: int
    settled: Callable[[int], Awaitable[None]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("--messages", type=int, default=6000, help="in each run (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each way (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one run of a few messages: only to see that it runs")
    arguments = parser.parse_args()
    messages, runs = (300, 1) if arguments.quick else (arguments.messages, arguments.runs)
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        node = PrivateNode(Path(folder))
        node.start()
        try:
            console = Console()
            console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {messages} messages a run")
            for sessions, each in LOADS:
                measured = asyncio.run(_measure(node.url, messages, runs, sessions, each))
                console.print(_table(measured, f"{sessions} sessions, {'one message each' if each == 1 else 'kept open'}"))
        finally:
            node.end()


async def _measure(url: str, messages: int, runs: int, sessions: int, each: int) -> dict[str, list[Run]]:
    measured: dict[str, list[Run]] = {}
    for number in range(runs):
        for way in (BASELINE, *WAYS):
            async with _daemon(way, url) as target:
                await _load(target.port, _WARM_UP, sessions, each, seed=2 * number)
                await target.settled(_WARM_UP)
                before = _cpu(target.pid)
                sent = await _load(target.port, messages, sessions, each, seed=2 * number + 1)
                await target.settled(_WARM_UP + messages)
                cpu = (_cpu(target.pid) - before) / messages * 1e6
                run = Run(cpu, messages / sent["seconds"], sent["p50"], sent["p99"], _memory(target.pid))
                measured.setdefault(way, []).append(run)
    return measured


@asynccontextmanager
async def _daemon(way: str, url: str) -> AsyncIterator[Target]:
    if way == BASELINE:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.days_work", url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        port = int(await process.stdout.readline())

        async def at_once(_number: int) -> None:
            """Wait for nothing: it publishes before it says 250."""

        yield Target(port, process.pid, at_once)
        process.kill()
        await process.wait()
        return
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        async with serve(Path(folder), url, LOG__LEVEL="info", **WAYS[way]) as daemon:

            async def settled(number: int) -> None:
                while True:
                    account = (await daemon.status())["account"]
                    if account and account["arrivals"]["done"] >= number:
                        return
                    await asyncio.sleep(0.2)

            yield Target(daemon.port, daemon.pid, settled)


async def _load(port: int, messages: int, sessions: int, each: int, seed: int) -> dict[str, float]:
    arguments = map(str, (port, messages, sessions, each, seed))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", *arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    sent: dict[str, float] = json.loads(said)
    return sent


def _cpu(pid: int) -> float:
    """Give the seconds that process *pid* has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20


def _table(measured: dict[str, list[Run]], title: str) -> Table:
    table = Table("way", "CPU µs", "±", "of a day's work", "messages/s", "p50 ms", "p99 ms", "MiB", title=title)
    base = statistics.median(run.cpu for run in measured[BASELINE])
    for way, runs in measured.items():
        cpu, rate, p50, p99, memory = (statistics.median(values) for values in zip(*runs, strict=True))
        spread = _spread([run.cpu for run in runs])
        table.add_row(way, f"{cpu:.0f}", f"{spread:.0f}", f"{cpu / base:.2f}", f"{rate:.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{memory:.0f}")
    return table


def _spread(values: list[float]) -> float:
    if len(values) < 2:  # noqa: PLR2004 one has no spread
        return 0.0
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2


if __name__ == "__main__":
    main()
