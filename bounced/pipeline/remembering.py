"""From cases to verdicts, by way of the history: who is asked what, and what is to be remembered of it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from bounced.decide import counting, is_believed
from bounced.decide.policy import SLOW
from bounced.judging import Case, Judge, Verdict
from bounced.model import Arrival, Decision, History, Kind, Memory, Suppression
from bounced.store import history

_NO_HISTORY = History()


class Remembering(Protocol):
    """Decides cases by what is known of their addresses, and gives the verdicts in the same order."""

    async def verdicts(self, judge: Judge, arrival: Arrival, cases: Sequence[Case]) -> list[Verdict]:
        """Decide *cases*, which *arrival* brought.

        Raises:
            JournalUnavailable: nothing can be remembered now.
        """

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:
        """Find the suppression of *address* in *stream* that stands at *now*; raises as `verdicts` does."""


class Nothing:
    """Remembers nothing: each report is judged as if it were the first."""

    async def verdicts(self, judge: Judge, arrival: Arrival, cases: Sequence[Case]) -> list[Verdict]:
        """Decide *cases* without any history."""
        return [judge.decide(case, _NO_HISTORY, arrival.at, arrival.stream) for case in cases]

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:  # noqa: ARG002 it knows of none
        """Find none."""
        return None


class Remembered:
    """Remembers in *histories*."""

    def __init__(self, histories: history.Histories) -> None:
        self._histories = histories

    async def verdicts(self, judge: Judge, arrival: Arrival, cases: Sequence[Case]) -> list[Verdict]:
        """Decide *cases* by the history of their addresses."""
        asked = [_case(judge, arrival, case) for case in cases]
        decisions = await self._histories.apply(arrival.stream, asked, arrival.at)
        return [Verdict(case.failure, decision, judge.rules_version) for case, decision in zip(cases, decisions, strict=True)]

    async def suppression(self, stream: str, address: str, now: datetime) -> Suppression | None:
        """Find what stands."""
        return await self._histories.suppression(stream, address, now)


def _case(judge: Judge, arrival: Arrival, case: Case) -> history.Case:
    policy = judge.policies.of(arrival.stream)

    def decide(known: History) -> Decision:
        return judge.decide(case, known, arrival.at, arrival.stream).decision

    def remember(decision: Decision) -> Memory | None:
        known = decision.history.memory
        if not is_believed(case.trust):
            return None
        if decision.kind is Kind.DELIVERY:
            forgiven = counting.forgive(known, policy.suppress.kept_when_delivered)
            return None if forgiven == known else forgiven
        memory = counting.memorise(decision, arrival.at, is_slow=case.finding.fault in SLOW)
        return None if memory == known and not decision.points else memory

    return history.Case(
        report_id=case.report_id,
        address=case.failure.recipient.address,
        recall=partial(counting.recall, rules=policy.counting, now=arrival.at),
        decide=decide,
        remember=remember,
    )
