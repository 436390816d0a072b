"""From a finding to a decision: retry or suppress, and the sentence that says why.

Pure: what is known of the address, the trust in the report, the policy and the time are arguments. The order of
the cases below *is* the policy; its numbers and names stand in `policy.toml`.
"""

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from bounced.decide import storm
from bounced.decide.counting import add, is_enough, lasts
from bounced.decide.policy import SLOW, Policies, Policy
from bounced.decide.signed import Assessed, ReturnPaths
from bounced.decide.trust import Assessor, assess
from bounced.model import Basis, Decision, Disposition, Fault, Finding, Grade, History, Kind, Trust, Withheld

__all__ = ["Assessed", "Assessor", "Policies", "Policy", "ReturnPaths", "assess", "decide", "decision_id", "is_believed", "report_id"]

_BELIEVED = frozenset({Grade.SIGNED, Grade.REPORTER, Grade.SIGNED_ORIGINAL, Grade.ASSUMED})


class _Outcome(NamedTuple):
    """What follows from a finding, but for its name."""

    disposition: Disposition
    because: str
    points: float = 0.0
    until: datetime | None = None
    withheld: Withheld | None = None


def decide(finding: Finding, history: History, trust: Trust, policy: Policy, now: datetime, *, report: str, revision: int = 0) -> Decision:
    """Decide what follows from *finding* for the address it is about, of which *history* is known at *now*.

    *report* is the `report_id` of this recipient's part of the report. A suppression is due when a bounce is
    permanent and its category suppresses at once, when the words say that the mailbox is abandoned, or when this failure
    and those before it are enough; it is made only when the report is believed, as it counts only then.
    """
    outcome = _outcome(finding, history, trust, policy, now)
    return Decision(
        id=decision_id(report, revision),
        report_id=report,
        revision=revision,
        supersedes=decision_id(report, revision - 1) if revision else None,
        kind=finding.kind,
        disposition=outcome.disposition,
        because=outcome.because,
        points=outcome.points,
        until=outcome.until,
        finding=finding,
        trust=trust,
        history=history,
        withheld=outcome.withheld,
    )


class _Weighed(NamedTuple):
    """What a failure comes to with those before it, were it believed."""

    because: str
    points: float = 0.0
    total: float = 0.0
    is_due: bool = False
    is_counted: bool = False


def _outcome(finding: Finding, history: History, trust: Trust, policy: Policy, now: datetime) -> _Outcome:
    if finding.kind in {Kind.DELIVERY, Kind.AUTO_REPLY} or (finding.kind is Kind.COMPLAINT and not _is_due(finding, policy)):
        return _Outcome(Disposition.NONE, finding.because)
    if finding.kind is Kind.DELAY:
        return _Outcome(Disposition.RETRY, f"{finding.because}; the mail is only delayed, and nothing is decided by that")
    weighed = _weigh(finding, history, policy, now)
    because, points = weighed.because, weighed.points if is_believed(trust) else 0.0
    if not weighed.is_due:
        counts = f"; it counts, {weighed.total:g} of {policy.counting.threshold:g} points that suppress" if points else ""
        return _Outcome(Disposition.RETRY, f"{because}{counts}", points)
    if (held := _withhold(finding, history, trust, policy, is_counted=weighed.is_counted)) is not None:
        withheld, why = held
        return _Outcome(Disposition.RETRY, f"{because}; {why}", points, withheld=withheld)
    return _Outcome(Disposition.SUPPRESS, because, points, _until(finding, history, policy, now, is_counted=weighed.is_counted))


def _withhold(finding: Finding, history: History, trust: Trust, policy: Policy, *, is_counted: bool) -> tuple[Withheld, str] | None:
    """Say why a suppression that is due is not made yet; None where it is made."""
    if not is_believed(trust):
        return Withheld.UNPROVEN, f"not suppressed, because nothing proves this report: {trust.why}"
    if policy.is_shadow:
        return Withheld.SHADOW, "not suppressed, because policy.mode is shadow"
    if history.storm is not None and finding.kind is Kind.BOUNCE and not is_counted:
        return Withheld.STORM, f"held, because {storm.told(history.storm)}"
    return None


def _weigh(finding: Finding, history: History, policy: Policy, now: datetime) -> _Weighed:
    """Weigh *finding*: at once, or by counting it to what is known."""
    if _is_due(finding, policy):
        return _Weighed(finding.because, is_due=True)
    because, points = finding.because, _points(finding, policy)
    if finding.category in policy.at_once:
        because = f"{because}; the refusal is temporary, and one such never suppresses"
    if not points:
        return _Weighed(because)
    scores = add(history.memory.scores, points, now, is_slow=finding.fault in SLOW)
    total = sum(score.points for score in scores)
    if not is_enough(scores, policy.counting):
        return _Weighed(because, points, total)
    since = f"it has failed on {len(scores)} days since {scores[0].first:%Y-%m-%d}"
    because = f"{because}; {since}, {total:g} of {policy.counting.threshold:g} points"
    return _Weighed(because, points, total, is_due=True, is_counted=True)


def is_believed(trust: Trust) -> bool:
    """Whether a report of such *trust* may suppress, or count."""
    return trust.grade in _BELIEVED


def report_id(identity: str, recipient: str | None, occurrence: int = 0) -> str:
    """Name one recipient's part of a report, the same on every node and every delivery of it.

    *identity* is the report's; *occurrence* counts earlier parts about the same recipient in the same report.
    """
    text = "\0".join([identity, (recipient or "").lower(), *([str(occurrence)] if occurrence else [])])
    return "r1-" + hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@lru_cache(maxsize=1024)  # asked for when it is made, when its event is, and when both are recorded
def decision_id(report: str, revision: int) -> str:
    """Name a decision: consumers drop what they have had by it."""
    return "b1-" + hashlib.blake2b(f"{report}\0{revision}".encode(), digest_size=16).hexdigest()


def _is_due(finding: Finding, policy: Policy) -> bool:
    """Whether *finding* suppresses at once, were it believed."""
    if finding.fault is not Fault.RECIPIENT or finding.kind not in {Kind.BOUNCE, Kind.COMPLAINT}:
        return False
    return finding.permanent and (finding.abandoned or finding.category in policy.at_once)


def _points(finding: Finding, policy: Policy) -> float:
    """How many points *finding* counts, were it believed."""
    counts = finding.kind is Kind.BOUNCE and (finding.fault is Fault.RECIPIENT or finding.fault in SLOW)
    return policy.weights.get(finding.category, 0.0) if counts else 0.0


def _until(finding: Finding, history: History, policy: Policy, now: datetime, *, is_counted: bool) -> datetime | None:
    """Say until when the address is suppressed: no shorter than it is already; None: until it is lifted."""
    suppress, standing = policy.suppress, history.memory.suppression
    if is_counted:
        days = suppress.counted_days
    elif finding.category not in policy.at_once:
        days = suppress.abandoned_days
    elif finding.basis is Basis.BARE_CODE:
        days = suppress.bare_code_days
    else:
        return None
    if standing is not None and standing.until is None:
        return None
    # What is suppressed already is not suppressed again by what comes meanwhile.
    times = history.memory.times - (standing is not None)
    until = now + lasts(days, times, suppress.longest_days)
    return until if standing is None or standing.until is None else max(until, standing.until)
