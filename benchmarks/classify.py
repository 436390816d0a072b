"""What judging a diagnostic costs with all packs loaded, beside a plain `re` loop over the same rules.

Nothing is remembered from one text to the next. The garbage collector is off, as in `timeit`, and the best of three calls counts, so that a
busy machine does not; a single call in the cold takes about a third longer. The median and the 99th percentile are those of the
texts of a row.
"""

import gc
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks.rig import Memory, Rows, forget, memories, middle
from bounced.classify import Classifier
from bounced.classify.pack import Rule
from bounced.classify.text import read_words
from bounced.model import Action, Failure, Recipient, Report
from bounced.status import find_codes

#: Words that no rule, sign or veto has; 4 KB of them match nothing.
SILENT = [
    *("flux", "garden", "coffee", "window", "letter", "picture", "music", "river", "mountain", "winter"),
    *("green", "quiet", "silver", "paper", "copper", "meadow", "harbour", "lantern"),
]
OCTETS = 4096
TEXTS_OF_4_KB = 200

Way = Callable[[Report], object]
BASELINE = "plain re loop over the rules"


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    loads = [_load_seconds() * 1e3 for _ in range(2 * runs)]
    classifier = Classifier.load()
    ways: dict[str, Way] = {
        "bounced: classify": lambda report: classifier.classify(report.failures[0], report),
        BASELINE: _plain_loop(classifier.rules),
    }
    rows = []
    for name, texts in _texts(classifier.rules, 40 if quick else TEXTS_OF_4_KB).items():
        reports = [_report(text) for text in texts]
        timed = {way: [_microseconds(call, reports[: _share(way, reports)]) for _ in range(runs)] for way, call in ways.items()}
        best = statistics.median(median for median, _ in timed["bounced: classify"])
        for way, pairs in timed.items():
            medians = [median for median, _ in pairs]
            p99 = statistics.median(p99 for _, p99 in pairs)
            rows.append((f"{name} ({len(texts)}): {way}", middle(medians, 1), f"{p99:.1f}", f"{statistics.median(medians) / best:.0f}"))
    phrases = sum(len(rule.phrases) for rule in classifier.rules)
    title = f"Judging a diagnostic: {len(classifier.rules)} rules, {phrases} phrases, loaded in {middle(loads)} ms"
    yield Rows(title, ("texts and way", "median µs", "p99 µs", "times"), rows)


def _texts(rules: Sequence[Rule], count: int) -> dict[str, list[str]]:
    chance = random.Random(1)  # noqa: S311 the same texts in every run
    silent = [" ".join(chance.choices(SILENT, k=OCTETS // 4))[:OCTETS] for _ in range(count)]
    crowded = [" ".join(f"{word}@example.com" for word in chance.choices(SILENT, k=OCTETS // 12))[:OCTETS] for _ in range(count)]
    return {
        "diagnostics, the rules' examples": [f"smtp; {example}" for rule in rules for example in rule.examples],
        "4 KB that match nothing": silent,
        "4 KB of addresses": crowded,
    }


def diagnostics() -> list[Report]:
    """Give a report for each example of the shipped rules."""
    return [_report(f"smtp; {example}") for rule in Classifier.load().rules for example in rule.examples]


def _share(way: str, reports: Sequence[Report]) -> int:
    """Say on how many of *reports* a way is timed: the baseline takes long for 4 KB, and gets a few of those."""
    return 3 if way == BASELINE and len(reports[0].failures[0].diagnostic) >= OCTETS else len(reports)


def _plain_loop(rules: Sequence[Rule]) -> Way:
    """Make the loop that anyone would write first: one alternation a rule, tried in order, until one matches."""
    tried = [
        (
            _any_of(rule.phrases),
            _any_of(rule.unless) if rule.unless else None,
            re.compile(rule.pattern) if rule.pattern else None,
        )
        for rule in rules
    ]

    def loop(report: Report) -> object:
        words = read_words(report.failures[0].diagnostic)
        for number, (phrases, unless, pattern) in enumerate(tried):
            if phrases.search(words) and not (unless and unless.search(words)) and not (pattern and not pattern.search(words)):
                return number
        return None

    return loop


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    ends = (re.escape(phrase.removesuffix("*")) + ("" if phrase.endswith("*") else r"(?!\w)") for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(ends)})")


def _report(text: str) -> Report:
    codes = find_codes(text)
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        action=Action.FAILED,
        reply=codes.reply,
        status=codes.status,
        diagnostic_status=codes.status,
        diagnostic=text,
        remote_mta="dns; mx.example.net",
    )
    return Report(kind=failure.kind, identity="i", failures=(failure,))


def _microseconds(call: Way, reports: Sequence[Report]) -> tuple[float, float]:
    """Time *call* on each of *reports*; return median and 99th percentile."""
    kept = memories()
    gc.collect()
    gc.disable()
    times = sorted(min(_microseconds_once(call, report, kept) for _ in range(3)) for report in reports)
    gc.enable()
    return statistics.median(times), times[int(len(times) * 0.99)]


def _microseconds_once(call: Way, report: Report, kept: Sequence[Memory]) -> float:
    forget(kept)
    start = time.perf_counter_ns()
    call(report)
    return (time.perf_counter_ns() - start) / 1e3


def _load_seconds() -> float:
    forget(memories())
    start = time.perf_counter()
    Classifier.load()
    return time.perf_counter() - start
