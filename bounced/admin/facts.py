"""From a node's status to the facts that its metrics are made of: the same numbers, by other names."""

from msgspec import structs

from bounced.admin.status import Status
from bounced.metrics import Fact


def facts(status: Status) -> dict[str, Fact]:
    """Give the facts for `bounced.metrics.exposition`; those of the account only when it is known."""
    known: dict[str, Fact] = {
        "bounced_ready": status.ready,
        "bounced_degraded": dict.fromkeys(status.degraded, 1),
        "bounced_sessions": status.sessions,
        "bounced_sessions_max": status.max_sessions,
        "bounced_limits_met_total": status.limits_met,
        "bounced_journal_max_bytes": status.max_bytes,
        "bounced_publish_outcomes_total": status.outcomes,
    }
    if status.free_bytes is not None:
        known["bounced_disk_free_bytes"] = status.free_bytes
    if status.certificate_until is not None:
        known["bounced_certificate_expires_timestamp_seconds"] = status.certificate_until.timestamp()
    if status.totals is not None:
        known |= {
            "bounced_decided_by_disposition_total": status.totals.by_disposition,
            "bounced_decided_by_fault_total": status.totals.by_fault,
            "bounced_decided_by_grade_total": status.totals.by_grade,
            "bounced_decided_by_receiver_total": status.totals.by_receiver,
            "bounced_sender_faults_total": status.totals.sender_faults,
            "bounced_unmatched_total": status.totals.unmatched,
        }
    if status.account is None:
        return known
    arrivals, decisions = structs.asdict(status.account.arrivals), structs.asdict(status.account.decisions)
    oldest = status.oldest_undelivered
    return known | {
        "bounced_accepted_total": arrivals.pop("accepted"),
        "bounced_arrivals": arrivals,
        "bounced_decided_total": decisions.pop("made"),
        "bounced_decisions": decisions,
        "bounced_balanced": status.account.balanced,
        "bounced_journal_kept_bytes": status.account.kept_bytes,
        "bounced_oldest_undelivered_seconds": (status.at - oldest).total_seconds() if oldest else 0,
    }
