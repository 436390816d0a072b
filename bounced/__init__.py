"""bounced: judge bounces, retry or suppress, and say why.

The library's face. `judge` does it all; `parse`, `Classifier` and `decide` are its parts, each pure.

    import bounced

    report, decisions = bounced.judge(raw)
    for failure, decision in zip(report.failures, decisions):
        print(failure.recipient.address, decision.disposition, decision.because)
"""

from datetime import UTC, datetime
from functools import cache

from bounced.classify import Classifier
from bounced.decide import Policy, decide
from bounced.decide.trust import ASSUMED
from bounced.errors import BouncedError
from bounced.judging import Judge
from bounced.model import Decision, Envelope, Failure, Finding, History, Kind, Report, Trust
from bounced.parse import parse

__all__ = [
    "BouncedError",
    "Classifier",
    "Decision",
    "Envelope",
    "Failure",
    "Finding",
    "History",
    "Kind",
    "Policy",
    "Report",
    "Trust",
    "decide",
    "judge",
    "parse",
]

_UNKNOWN_ENVELOPE = Envelope()
_NO_HISTORY = History()


def judge(
    raw: bytes,
    *,
    envelope: Envelope = _UNKNOWN_ENVELOPE,
    trust: Trust = ASSUMED,
    history: History = _NO_HISTORY,
    now: datetime | None = None,
) -> tuple[Report, list[Decision]]:
    """Judge the message *raw* with the shipped packs and policy.

    Returns the report and one decision for each of its failures, in order; a message that is no report has none.
    *history* is what was known of the recipient before; *now* (default: the time of the call) dates suppressions
    that end by themselves.

    Raises nothing for any *raw*.
    """
    report = parse(raw, envelope)
    verdicts = _judge().judge(report, trust, history, now or datetime.now(UTC))
    return report, [verdict.decision for verdict in verdicts]


@cache
def _judge() -> Judge:
    """Load the shipped packs once, when they are first needed."""
    return Judge.load()
