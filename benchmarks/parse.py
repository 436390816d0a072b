"""What reading and judging a report costs, beside the standard library's parser alone, and how it grows on hostile input.

The messages are those of bounced's own samples and corpus, and of the shared corpus where it is at hand; the ways take turns.
"""

import email
import email.policy
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from benchmarks.rig import ROOT, Rows, forget, memories, middle
from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import History
from bounced.parse import parse
from tests.properties.test_parse import BOMBS

FOLDERS = (ROOT / "bounced" / "samples", ROOT / "tests" / "corpus", ROOT.parent / "shared" / "corpus" / "messages")
_BASELINE = "email, compat32: parse"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, a table for the costs and one for the growth."""
    messages = [file.read_bytes() for folder in FOLDERS if folder.exists() for file in sorted(folder.rglob("*.eml"))]
    yield _costs(messages[: 50 if quick else None], runs)
    yield _growth(runs)


def _costs(messages: Sequence[bytes], runs: int) -> Rows:
    judge = Judge.load()
    ways: dict[str, Callable[[bytes], object]] = {
        "email, compat32: parse": email.message_from_bytes,
        "email, policy.default: parse and read every header": _read_headers,
        "bounced: parse": parse,
        "bounced: parse, classify, decide": lambda raw: judge.judge(parse(raw), ASSUMED, History(), NOW),
    }
    timed: dict[str, list[float]] = {}
    for _ in range(runs):
        for name, way in ways.items():
            forget(memories())
            timed.setdefault(name, []).append(_seconds(way, messages) / len(messages) * 1e6)
    base = statistics.median(timed[_BASELINE])
    rows = [(name, middle(times), f"{statistics.median(times) / base:.2f}") for name, times in timed.items()]
    title = f"Reading and judging: {len(messages)} messages, {sum(map(len, messages)) // len(messages)} octets each"
    return Rows(title, ("way", "µs a message", "of compat32's"), rows)


def _growth(runs: int) -> Rows:
    sizes = (25_000, 100_000, 400_000)
    rows = []
    for name, make in BOMBS.items():
        times = [statistics.median(_seconds(parse, [make(size)]) * 1e3 for _ in range(runs)) for size in sizes]
        rows.append((name, *(f"{ms:.1f}" for ms in times), f"{times[-1] / times[0]:.0f}"))
    return Rows("Hostile messages", ("message", *(f"ms at {size // 1000} KB" for size in sizes), "growth for 16 times the size"), rows)


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
