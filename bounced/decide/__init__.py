"""From a finding to a decision: retry or suppress, and the sentence that says why.

Pure: what is known of the address, the trust in the report, the policy and the time are arguments. The order of
the cases below *is* the policy; its numbers and names stand in `policy.toml`.
"""

import hashlib
from datetime import datetime, timedelta

from bounced.decide.policy import Policy
from bounced.decide.signed import Assessed, ReturnPaths
from bounced.decide.trust import Assessor, assess
from bounced.model import Basis, Decision, Disposition, Fault, Finding, Grade, History, Kind, Trust, Withheld

__all__ = ["Assessed", "Assessor", "Policy", "ReturnPaths", "assess", "decide", "decision_id", "report_id"]

_BELIEVED = frozenset({Grade.SIGNED, Grade.REPORTER, Grade.ASSUMED})


def decide(finding: Finding, history: History, trust: Trust, policy: Policy, now: datetime, *, report: str, revision: int = 0) -> Decision:
    """Decide what follows from *finding* for the address it is about.

    *report* is the `report_id` of this recipient's part of the report. A suppression is due when a bounce is
    permanent and its category suppresses at once, or when the words say that the mailbox is abandoned; it is made
    only when the report is believed.
    """
    disposition, until, withheld, because = Disposition.RETRY, None, None, finding.because
    if finding.kind in {Kind.DELIVERY, Kind.AUTO_REPLY} or (finding.kind is Kind.COMPLAINT and not _is_due(finding, policy)):
        disposition = Disposition.NONE
    elif finding.kind is Kind.DELAY:
        because = f"{finding.because}; the mail is only delayed, and nothing is decided by that"
    elif not _is_due(finding, policy):
        if finding.category in policy.at_once:
            because = f"{finding.because}; the refusal is temporary, and one such never suppresses"
    elif trust.grade not in _BELIEVED:
        withheld = Withheld.UNPROVEN
        because = f"{finding.because}; not suppressed, because nothing proves this report: {trust.why}"
    else:
        disposition = Disposition.SUPPRESS
        until = _until(finding, policy, now)
    return Decision(
        id=decision_id(report, revision),
        report_id=report,
        revision=revision,
        supersedes=decision_id(report, revision - 1) if revision else None,
        kind=finding.kind,
        disposition=disposition,
        because=because,
        until=until,
        finding=finding,
        trust=trust,
        history=history,
        withheld=withheld,
    )


def report_id(identity: str, recipient: str | None, occurrence: int = 0) -> str:
    """Name one recipient's part of a report, the same on every node and every delivery of it.

    *identity* is the report's; *occurrence* counts earlier parts about the same recipient in the same report.
    """
    text = "\0".join([identity, (recipient or "").lower(), *([str(occurrence)] if occurrence else [])])
    return "r1-" + hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def decision_id(report: str, revision: int) -> str:
    """Name a decision: consumers drop what they have had by it."""
    return "b1-" + hashlib.blake2b(f"{report}\0{revision}".encode(), digest_size=16).hexdigest()


def _is_due(finding: Finding, policy: Policy) -> bool:
    """Whether *finding* suppresses at once, were it believed."""
    if finding.fault is not Fault.RECIPIENT or finding.kind not in {Kind.BOUNCE, Kind.COMPLAINT}:
        return False
    return finding.permanent and (finding.abandoned or finding.category in policy.at_once)


def _until(finding: Finding, policy: Policy, now: datetime) -> datetime | None:
    if finding.category not in policy.at_once:
        return now + timedelta(days=policy.suppress.abandoned_days)
    if finding.basis is Basis.BARE_CODE:
        return now + timedelta(days=policy.suppress.bare_code_days)
    return None
