"""From cases to verdicts, by way of the history: who is asked what, and what is to be remembered of it."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from bounced.decide import counting, is_believed
from bounced.decide.policy import SLOW
from bounced.errors import HistoryUnavailable
from bounced.judging import Case, Judge, Verdict
from bounced.model import Arrival, Decision, History, Kind, Memory, Suppression, Withheld
from bounced.store import history
from bounced.store.storms import Released, Watch

_NO_HISTORY = History()
_NOT_ASKED = History(is_known=False)
#: Seconds that a history which is away is not asked again: each report would wait for its answer.
_ASK_AGAIN_SECONDS = 5.0


class Asked(NamedTuple):
    """A case that *arrival* brought, and how the storm brake looks at it: None where it does not."""

    arrival: Arrival
    case: Case
    watch: Watch | None = None


class Remembering(Protocol):
    """Decides cases by what is known of their addresses, and gives the verdicts in the same order.

    `trouble` says why the history could not be asked when it was last tried; None when it could.
    """

    trouble: HistoryUnavailable | None

    async def verdicts(self, judge: Judge, asked: Sequence[Asked]) -> list[Verdict]:
        """Decide what is *asked*, one after the other; the verdicts are in the same order.

        Raises:
            JournalUnavailable: nothing can be remembered now.
        """

    async def release(self, report_ids: Sequence[str], by: str, now: datetime) -> list[Released]:
        """Suppress those of *report_ids* that are held, as the order *by* says; raises as `verdicts` does."""

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:
        """Find the suppression of *address* in *stream* that stands at *now*; raises as `verdicts` does."""


class Nothing:
    """Remembers nothing: each report is judged as if it were the first."""

    trouble: HistoryUnavailable | None = None

    async def verdicts(self, judge: Judge, asked: Sequence[Asked]) -> list[Verdict]:
        """Decide what is *asked* without any history."""
        return _by(_NO_HISTORY, judge, asked)

    async def release(self, report_ids: Sequence[str], by: str, now: datetime) -> list[Released]:  # noqa: ARG002 it holds none
        """Release none."""
        return []

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:  # noqa: ARG002 it knows of none
        """Find none."""
        return None


class Remembered:
    """Remembers in *histories*."""

    trouble: HistoryUnavailable | None = None

    def __init__(self, histories: history.Histories) -> None:
        self._histories = histories

    async def verdicts(self, judge: Judge, asked: Sequence[Asked]) -> list[Verdict]:
        """Decide what is *asked* by the history of the addresses."""
        try:
            decisions = await self._histories.apply([_case(judge, *each) for each in asked])
        except HistoryUnavailable as error:
            self.trouble = error
            raise
        self.trouble = None
        return [Verdict(each.case.failure, decision, judge.rules_version) for each, decision in zip(asked, decisions, strict=True)]

    async def release(self, report_ids: Sequence[str], by: str, now: datetime) -> list[Released]:
        """Release what is held."""
        return await self._histories.release(report_ids, by, now)

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:
        """Find what stands."""
        return await self._histories.suppression(stream, address, now)


class RememberedIfThere(Remembered):
    """Remembers in *histories* while they can be asked, and decides without meanwhile: those reports are never counted.

    *clock* gives seconds.
    """

    def __init__(self, histories: history.Histories, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(histories)
        self._clock = clock
        self._ask_again_at = float("-inf")

    async def verdicts(self, judge: Judge, asked: Sequence[Asked]) -> list[Verdict]:
        """Decide what is *asked* by the history of the addresses, or, when it is away, as what it is: not known."""
        if self._clock() >= self._ask_again_at:
            try:
                return await super().verdicts(judge, asked)
            except HistoryUnavailable:
                self._ask_again_at = self._clock() + _ASK_AGAIN_SECONDS
        return _by(_NOT_ASKED, judge, asked)


def _by(known: History, judge: Judge, asked: Sequence[Asked]) -> list[Verdict]:
    return [judge.decide(case, known, arrival.at, arrival.stream) for arrival, case, _ in asked]


def _case(judge: Judge, arrival: Arrival, case: Case, watch: Watch | None) -> history.Case:
    policy = judge.policies.of(arrival.stream)

    def decide(known: History) -> Decision:
        return judge.decide(case, known, arrival.at, arrival.stream).decision

    def remember(decision: Decision) -> Memory | None:
        known = decision.history.memory
        if not is_believed(case.trust):
            return None
        if decision.kind is Kind.DELIVERY:
            forgiven = counting.forgive(known, policy.suppress.kept, arrival.at)
            return None if forgiven == known else forgiven
        memory = counting.memorise(decision, arrival.at, is_slow=case.finding.fault in SLOW)
        is_nothing = memory == known and not decision.points and decision.withheld is not Withheld.STORM
        return None if is_nothing else memory

    return history.Case(
        report_id=case.report_id,
        stream=arrival.stream,
        at=arrival.at,
        address=case.failure.recipient.address,
        recall=partial(counting.recall, rules=policy.counting, now=arrival.at),
        decide=decide,
        remember=remember,
        watch=watch,
    )
