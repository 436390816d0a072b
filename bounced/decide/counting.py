"""Counting: one full mailbox is nothing, five in three weeks are a dead one. What adds up, what falls off, what is enough.

Pure. A day, UTC, scores once, with the weightiest of its failures; so a bounce storm of an hour is one event, and the order in
which two nodes count makes no difference. A score lives for some days and then falls off by itself. Times that go back (a clock
that was set) are taken as they are: nothing is counted twice or less than nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import structs

from bounced.decide.policy import Counting
from bounced.model import Decision, Disposition, History, Memory, Score, Suppression


def recall(memory: Memory, rules: Counting, now: datetime) -> History:
    """Say what *memory* comes to at *now*: the points that still live, and the suppression that still stands."""
    live = _live(memory.scores, rules, now)
    suppression = standing(memory, now)
    return History(
        points=_sum(live),
        scoring_days=len(live),
        suppressed_until=suppression.until if suppression else None,
        memory=structs.replace(memory, scores=live, suppression=suppression),
    )


def add(scores: Sequence[Score], points: float, now: datetime, *, is_slow: bool) -> tuple[Score, ...]:
    """Add a failure at *now* to *scores*; on a day that has scored already, only what is more than that day's counts."""
    new = Score(points, is_slow, now, now)
    others = [score for score in scores if score.first.date() != now.date()]
    same = [_merge(score, new) for score in scores if score.first.date() == now.date()] or [new]
    return tuple(sorted([*others, *same], key=lambda score: score.first))


def is_enough(scores: Sequence[Score], rules: Counting) -> bool:
    """Whether *scores* suppress: enough points, on enough days, over a long enough time; longer where none is the recipient's fault."""
    if not scores:
        return False
    span = max(score.last for score in scores) - min(score.first for score in scores)
    if all(score.is_slow for score in scores):
        long_enough = len(scores) >= rules.slow_days and span >= timedelta(days=rules.slow_span_days)
    else:
        long_enough = len(scores) >= rules.days and span >= timedelta(hours=rules.span_hours)
    return long_enough and _sum(scores) >= rules.threshold


def memorise(decision: Decision, now: datetime, *, is_slow: bool) -> Memory:
    """Make what is to be remembered after *decision* of what was known before it."""
    memory = decision.history.memory
    if decision.points:
        memory = structs.replace(memory, scores=add(memory.scores, decision.points, now, is_slow=is_slow))
    if decision.disposition is not Disposition.SUPPRESS:
        return memory
    before = memory.suppression
    if before is not None and before.until == decision.until:
        return memory
    since = now if before is None else before.since
    suppression = Suppression(since=since, until=decision.until, category=decision.finding.category, because=decision.because)
    if before is None:
        return suppressed(memory, suppression)
    return structs.replace(memory, suppression=suppression, generation=memory.generation + 1)


def suppressed(memory: Memory, suppression: Suppression) -> Memory:
    """Make of *memory* what is remembered of an address that is suppressed from now on, and was not before."""
    return structs.replace(memory, suppression=suppression, times=memory.times + 1, generation=memory.generation + 1)


def forgive(memory: Memory, kept: frozenset[str], delivered: datetime | None = None) -> Memory:
    """Make what is remembered after the address took a message: no points, no suppression but one of a category that is *kept*.

    *delivered* is when it took it, remembered to the day: what came after that stays. None: it is forgiven whatever it was.
    """
    day, is_before = memory.delivered, False
    scores: tuple[Score, ...] = ()
    if delivered is not None:
        day = delivered.replace(hour=0, minute=0, second=0, microsecond=0)
        day = day if memory.delivered is None else max(day, memory.delivered)
        scores = tuple(score for score in memory.scores if score.last > delivered)
        is_before = memory.suppression is not None and memory.suppression.since > delivered
    if memory.suppression is not None and (memory.suppression.category in kept or is_before):
        return structs.replace(memory, scores=scores, delivered=day)
    return Memory(scores=scores, generation=memory.generation + (memory.suppression is not None), delivered=day)


def lasts(days: int, times: int, longest: int) -> timedelta:
    """How long a suppression of *days* lasts for an address that was suppressed *times* before: doubled each time, up to *longest* days."""
    return timedelta(days=min(days * 2 ** min(times, 16), longest))


def _live(scores: Sequence[Score], rules: Counting, now: datetime) -> tuple[Score, ...]:
    """Those of the last days; of as many days ahead too, where the clock was set back, and not of more."""
    today, days = now.date(), timedelta(days=rules.point_days)
    return tuple(score for score in scores if abs(score.first.date() - today) < days)


def standing(memory: Memory, now: datetime) -> Suppression | None:
    """Give the suppression that stands at *now*, if there is one."""
    suppression = memory.suppression
    return suppression if suppression is not None and (suppression.until is None or suppression.until > now) else None


def _sum(scores: Sequence[Score]) -> float:
    return round(sum(score.points for score in scores), 3)


def _merge(old: Score, new: Score) -> Score:
    """The one score of a day: of the weightier failure, of two as weighty the one that is the recipient's fault."""
    weightier = min(old, new, key=lambda score: (-score.points, score.is_slow))
    return Score(weightier.points, weightier.is_slow, min(old.first, new.first), max(old.last, new.last))
