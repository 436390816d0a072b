"""How long the daemon takes from its start until it takes mail, with journals of several sizes; beside Python that imports the libraries.

The journal's file is written by `benchmarks.filled`. Every start is a process of its own.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.filled import fill
from benchmarks.rig import Rows, middle
from tests.servers.daemon import serve

_BASELINE = "Python and the libraries"
_LIBRARIES = "import aio_pika, aiosmtpd.smtp, msgspec, starlette, structlog, uvicorn, uvloop"


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    timed: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        folders = {}
        for number in (0, 1000) if quick else (0, 10_000, 100_000, 1_000_000):
            folders[f"bounced, {number:,} arrivals in the journal"] = Path(folder) / str(number)
            fill(Path(folder) / str(number), number)
        for _ in range(runs):
            timed.setdefault(_BASELINE, []).append(_seconds_of_python())
            for name, journal in folders.items():
                timed.setdefault(name, []).append(asyncio.run(_seconds_of(journal)))
    base = statistics.median(timed[_BASELINE])
    rows = [(name, middle([each * 1e3 for each in times]), f"{statistics.median(times) / base:.2f}") for name, times in timed.items()]
    yield Rows("Start-up: until mail is taken", ("what", "ms", "times"), rows)


def _seconds_of_python() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _LIBRARIES], check=True)
    return time.monotonic() - began


async def _seconds_of(folder: Path) -> float:
    began = time.monotonic()
    async with serve(folder):
        return time.monotonic() - began
