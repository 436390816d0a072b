"""What reading and judging a report costs, beside the standard library's parser alone, and how it grows on hostile input.

    python -m benchmarks.parse [--quick]

Prints medians of several runs, with the spread (half the distance between the quartiles). The messages are those of
bounced's own samples and corpus, and of the shared corpus where it is at hand.
"""

import email
import email.policy
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import History
from bounced.parse import parse
from tests.properties.test_parse import BOMBS

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "bounced" / "samples", ROOT / "tests" / "corpus", ROOT.parent / "shared" / "corpus" / "messages")
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def main() -> None:
    """Print both tables."""
    runs = 1 if "--quick" in sys.argv else 7
    messages = [file.read_bytes() for folder in FOLDERS if folder.exists() for file in sorted(folder.rglob("*.eml"))]
    console = Console()
    console.print(_costs(messages, runs))
    console.print(_growth(runs))


def _costs(messages: Sequence[bytes], runs: int) -> Table:
    judge = Judge.load()
    ways: dict[str, Callable[[bytes], object]] = {
        "bounced: parse": parse,
        "bounced: parse, classify, decide": lambda raw: judge.judge(parse(raw), ASSUMED, History(), NOW),
        "email, compat32: parse": email.message_from_bytes,
        "email, policy.default: parse and read every header": _read_headers,
    }
    table = Table(
        "way", "µs a message", "±", "of compat32", title=f"{len(messages)} messages, {sum(map(len, messages)) // len(messages)} octets each"
    )
    timed = {name: [_seconds(way, messages) / len(messages) * 1e6 for _ in range(runs)] for name, way in ways.items()}
    baseline = statistics.median(timed["email, compat32: parse"])
    for name, times in timed.items():
        median = statistics.median(times)
        table.add_row(name, f"{median:.0f}", f"{_spread(times):.0f}", f"{median / baseline:.2f}")
    return table


def _growth(runs: int) -> Table:
    sizes = (25_000, 100_000, 400_000)
    table = Table("hostile message", *(f"ms at {size // 1000} KB" for size in sizes), "growth for 16 times the size")
    for name, make in BOMBS.items():
        times = [statistics.median(_seconds(parse, [make(size)]) * 1e3 for _ in range(runs)) for size in sizes]
        table.add_row(name, *(f"{ms:.1f}" for ms in times), f"{times[-1] / times[0]:.0f}")
    return table


def _read_headers(raw: bytes) -> object:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    try:
        return [str(value) for value in message.values()]
    except Exception as error:  # noqa: BLE001 it does raise on junk headers, which is part of the comparison
        return error


def _seconds(way: Callable[[bytes], object], messages: Sequence[bytes]) -> float:
    start = time.perf_counter()
    for raw in messages:
        way(raw)
    return time.perf_counter() - start


def _spread(times: Sequence[float]) -> float:
    if len(times) < 4:  # noqa: PLR2004 quartiles need four
        return 0.0
    low, _, high = statistics.quantiles(times, n=4)
    return (high - low) / 2


if __name__ == "__main__":
    main()
