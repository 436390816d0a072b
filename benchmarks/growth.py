"""How cost grows: with the recipients of a report, with the size of a message, with what the journal holds, with the rules.

Each column after the first is cost by unit, which must not grow; the times are those of the process.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.classify import diagnostics
from benchmarks.filled import arrival, fill, open_journal, take
from benchmarks.load import bounces
from benchmarks.rig import Memory, Rows, forget, memories, middle
from bounced.classify import Classifier
from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import History, Report
from bounced.parse import condense, parse

NOW = datetime(2026, 11, 28, tzinfo=UTC)
_AT_ONCE = 20


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, a table for each thing that may grow."""
    yield _recipients((1, 10, 100) if quick else (1, 10, 100, 1000, 10_000), runs)
    yield _sizes((1, 100, 1000) if quick else (1, 10, 100, 1000, 10_000, 50_000), runs)
    yield _journals((0, 1000) if quick else (0, 10_000, 100_000, 1_000_000), runs, messages=200 if quick else 4000)
    yield _rules((100, 500) if quick else (100, 500, 1000, 5000), runs)


def _recipients(numbers: tuple[int, ...], runs: int) -> Rows:
    judge = Judge.load()
    rows = []
    for number in numbers:
        raw = _report_on(number)
        read = [_timed(partial(parse, raw)) / number for _ in range(runs)]
        report = parse(raw)
        judged = [_timed(partial(judge.judge, report, ASSUMED, History(), NOW)) / number for _ in range(runs)]
        rows.append((f"{number:,}", f"{len(report.failures):,}", middle(read, 1), middle(judged, 1)))
    return Rows("Recipients of a report", ("recipients", "read", "reading, µs each", "judging, µs each"), rows)


def _report_on(number: int) -> bytes:
    whole = next(bounces(1, 1))
    head, _, rest = whole.partition(b"Final-Recipient:")
    block, _, tail = rest.partition(b"\r\n\r\n")
    blocks = [b"Final-Recipient:" + block.replace(b"reader", b"reader%d." % each) for each in range(number)]
    return head + b"\r\n\r\n".join(blocks) + b"\r\n\r\n" + tail


def _sizes(kilobytes: tuple[int, ...], runs: int) -> Rows:
    rows = []
    for size in kilobytes:
        raw = _of_size(size * 1000)
        read = [_timed(partial(parse, raw)) / size for _ in range(runs)]
        reduced = [_timed(partial(condense, raw)) / size for _ in range(runs)]
        rows.append((f"{size:,}", middle(read, 2), middle(reduced, 2)))
    return Rows("Size of a message, of which all but 3 KB is what it returns", ("KB", "reading, µs a KB", "reducing, µs a KB"), rows)


def _of_size(octets: int) -> bytes:
    """Make a report that returns its message whole, of so many octets."""
    whole = next(bounces(1, 1)).replace(b"text/rfc822-headers", b"message/rfc822")
    body, mark, end = whole.rpartition(b"\r\n--")
    line = b"Words of a newsletter that somebody never read, seventy octets of them\r\n"
    return body + b"\r\n" + line * ((octets - len(whole)) // len(line)) + mark + end


def _journals(numbers: tuple[int, ...], runs: int, messages: int) -> Rows:
    rows = []
    texts = list(bounces(messages, 7))
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        for number in numbers:
            fill(Path(folder) / str(number), number)
            connection = open_journal(Path(folder) / str(number))
            times = []
            for run in range(runs):
                began = time.process_time()
                for start in range(0, messages, _AT_ONCE):
                    connection.execute("BEGIN IMMEDIATE")
                    take(connection, [arrival(f"{run}-{start + n:08}", raw) for n, raw in enumerate(texts[start : start + _AT_ONCE])])
                    connection.execute("COMMIT")
                times.append((time.process_time() - began) / messages * 1e6)
            connection.close()
            rows.append((f"{number:,}", middle(times, 1)))
    return Rows("Arrivals in the journal", ("arrivals", "kept, settled, published: µs a message"), rows)


def _rules(numbers: tuple[int, ...], runs: int) -> Rows:
    rows = []
    reports = diagnostics()
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        for number in numbers:
            pack = Path(folder) / str(number)
            pack.mkdir()
            (pack / "site.toml").write_text("\n".join(_rule(each) for each in range(number)), encoding="utf-8")
            loads = [_timed(partial(_load, pack, memories())) / 1000 / number for _ in range(min(runs, 3))]
            classifier = Classifier.load(pack)
            judged = [_timed(partial(_classify, classifier, reports, memories())) / len(reports) for _ in range(runs)]
            rows.append((f"{number:,}", middle(loads, 2), middle(judged, 1)))
    return Rows("Rules of the site, beside the shipped ones", ("rules", "loading, ms a rule", "judging, µs a diagnostic"), rows)


def _load(pack: Path, kept: Sequence[Memory]) -> None:
    forget(kept)
    Classifier.load(pack)


def _classify(classifier: Classifier, reports: Sequence[Report], kept: Sequence[Memory]) -> None:
    forget(kept)
    for report in reports:
        classifier.classify(report.failures[0], report)


def _rule(number: int) -> str:
    phrase = f"mailbox policy {number} of the house forbids this delivery"
    return f'[[rule]]\nid = "site.r{number}"\ncategory = "mailbox-full"\nphrases = ["{phrase}"]\nexamples = ["550 5.7.1 {phrase}"]\n'


def _timed(call: Callable[[], object]) -> float:
    """Give the microseconds of the process that *call* takes: the median of some calls, where it is short."""
    times = []
    for _ in range(20):
        began = time.process_time()
        call()
        times.append((time.process_time() - began) * 1e6)
        if sum(times) > 200_000:  # noqa: PLR2004 a fifth of a second
            break
    return statistics.median(times)
