"""The daemon under half load for half an hour: its memory and its files over time, as a table and a picture.

    python -m benchmarks.soak [--minutes N] [--rate N] [--write]

What is done is kept for six minutes, in place of the days of a real node, so that the journal's file is seen to stop growing.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import BELIEVED, load
from benchmarks.rig import PAGE, Rows, cpu_seconds, machine, memory_mib, write
from tests.servers.daemon import Served, serve
from tests.servers.rabbitmq import PrivateNode

_EVERY_SECONDS = 10
_CHUNK_SECONDS = 60
_SESSIONS = 20


class _Sample(NamedTuple):
    minute: float
    memory: float
    journal: float
    history: float
    cpu: float
    done: int


def main() -> None:
    """Run, print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=250, help="messages a second (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md, and the picture beside it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        node = PrivateNode(Path(folder))
        node.start()
        try:
            samples = asyncio.run(_soak(Path(folder) / "journal", node.url, arguments.minutes * 60, arguments.rate))
        finally:
            node.end()
    print(machine())
    rows = _rows(samples, arguments.rate)
    print(rows.text())
    if arguments.write:
        write("soak", "`python -m benchmarks.soak --write`", [rows], 1)
        PAGE.with_name("soak.svg").write_text(_picture(samples), encoding="utf-8")


async def _soak(folder: Path, url: str, seconds: float, rate: float) -> list[_Sample]:
    samples: list[_Sample] = []
    async with serve(folder, url, LOG__LEVEL="info", **BELIEVED, JOURNAL__KEEP_DONE_HOURS="0.1") as served:
        began = time.monotonic()
        async with _watched(served, folder, samples):
            chunk = 0
            while time.monotonic() - began < seconds:
                chunk += 1
                await load(served.port, int(rate * _CHUNK_SECONDS), _SESSIONS, 10**9, chunk, rate)
    return samples


@contextlib.asynccontextmanager
async def _watched(served: Served, folder: Path, samples: list[_Sample]) -> AsyncIterator[None]:
    task = asyncio.create_task(_watch(served, folder, samples))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _watch(served: Served, folder: Path, samples: list[_Sample]) -> None:
    began = time.monotonic()
    while True:
        account = (await served.status())["account"]
        done = account["arrivals"]["done"] if account else 0
        sizes = [sum(file.stat().st_size for file in folder.glob(f"{name}*")) / 2**20 for name in ("journal", "history")]
        samples.append(_Sample((time.monotonic() - began) / 60, memory_mib([served.pid]), *sizes, cpu_seconds([served.pid]), done))
        await asyncio.sleep(_EVERY_SECONDS)


def _rows(samples: Sequence[_Sample], rate: float) -> Rows:
    rows = []
    for one in samples[:: max(1, len(samples) // 12)]:
        each = one.cpu / one.done * 1e6 if one.done else 0
        rows.append((f"{one.minute:.0f}", f"{one.memory:.1f}", f"{one.journal:.0f}", f"{one.history:.0f}", f"{one.done:,}", f"{each:.0f}"))
    columns = ("minute", "memory, MiB", "journal, MiB", "history, MiB", "done", "CPU µs a message so far")
    return Rows(f"Soak at {rate:g} messages a second", columns, rows)


def _picture(samples: Sequence[_Sample]) -> str:
    """Draw memory and files over time, each against its own greatest."""
    width, height, edge = 800, 300, 60
    last = samples[-1].minute or 1
    curves = []
    for place, (name, colour, values) in enumerate((
        ("memory", "#c22", [one.memory for one in samples]),
        ("journal", "#26c", [one.journal for one in samples]),
        ("history", "#292", [one.history for one in samples]),
    )):  # fmt: skip
        most = max(values) or 1
        points = " ".join(
            f"{edge + one.minute / last * width:.1f},{edge + height * (1 - value / most):.1f}"
            for one, value in zip(samples, values, strict=True)
        )
        curves.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        curves.append(f'<text x="{edge + 250 * place}" y="30" fill="{colour}">{name}: {most:.0f} MiB at most</text>')
    axis = f'<path d="M{edge} {edge}V{edge + height}H{edge + width}" fill="none" stroke="#888"/>'
    labels = f'<text x="{edge}" y="{edge + height + 20}">0</text><text x="{width}" y="{edge + height + 20}">{last:.0f} minutes</text>'
    size = f'width="{width + 2 * edge}" height="{height + 2 * edge}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">{axis}{labels}{"".join(curves)}</svg>\n'


if __name__ == "__main__":
    main()
