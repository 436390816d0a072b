"""What the benchmarks share: what a process costs by the operating system's accounting, medians and spreads, and tables."""

import functools
import gc
import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Memory(Protocol):
    """A function that remembers, as `functools.lru_cache` makes them."""

    def cache_clear(self) -> None:
        """Forget all."""


class Rows(NamedTuple):
    """A table: what it shows, the names of its columns, and its rows as they are printed."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Write it for a terminal, numbers to the right."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        return "\n".join([self.title, *(_line(cells, widths) for cells in lines)])

    def markdown(self) -> str:
        """Write it as Markdown, numbers to the right."""
        marks = ["---", *("---:" for _ in self.columns[1:])]
        lines = [self.columns, marks, *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write(name: str, how: str, tables: Iterable[Rows], runs: int) -> None:
    """Put *tables* into the page on performance, between the marks of *name*; *how* is the command that measured them, *runs* times."""
    medians = f": medians of {runs} runs ± half the distance between the quartiles" if runs > 1 else ""
    note = f"{how}, {datetime.now(UTC):%Y-%m-%d}{medians}; {machine()}."
    block = "\n".join(["", note, "", *(rows.markdown() for rows in tables)])
    text = PAGE.read_text(encoding="utf-8")
    found = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not found.search(text):
        raise SystemExit(f"{PAGE} has no place for {name}")
    PAGE.write_text(found.sub(lambda match: f"{match[1]}{block}{match[2]}", text, count=1), encoding="utf-8")


def machine() -> str:
    """Say what this machine is."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}"


def cpu_seconds(pids: Iterable[int]) -> float:
    """Give the seconds that these processes have used, user and system."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / _TICKS


def memories() -> list[Memory]:
    """Give what bounced keeps of texts that it has seen: of rules and parts of messages that come again and again."""
    kept = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]  # noqa: SLF001 it has no other name
    return [each for each in kept if each.__module__.startswith("bounced.")]


def forget(kept: Iterable[Memory]) -> None:
    """Empty what is *kept*, so that what comes is met for the first time."""
    for each in kept:
        each.cache_clear()


def memory_mib(pids: Iterable[int]) -> float:
    """Give the MiB of memory that these processes hold."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20 for pid in pids)


def children(pid: int) -> list[int]:
    """Name the processes that *pid* has started, and those that they have."""
    started = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [each for child in started for each in (child, *children(child))]


def spread(values: Sequence[float]) -> float:
    """Give half the distance between the quartiles; 0 for one value alone."""
    if len(values) < 2:  # noqa: PLR2004 one has no spread
        return 0.0
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2


def middle(values: Sequence[float], digits: int = 0) -> str:
    """Write the median of *values* and their spread."""
    return f"{statistics.median(values):.{digits}f} ± {spread(values):.{digits}f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = cells
    return "  ".join([name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))])


def _processor() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else "an unnamed processor"
