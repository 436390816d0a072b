"""From a verdict to a draft: what the journal needs to number a decision, and to make its event when it is numbered. Pure."""

from msgspec import structs

from bounced.decide import decision_id
from bounced.judging import Verdict
from bounced.model import Arrival, Event, Report
from bounced.pipeline.site import Terms
from bounced.publish.event import build
from bounced.store import Draft
from bounced.store.tallies import tally


def draft(terms: Terms, arrival: Arrival, report: Report, verdict: Verdict) -> Draft:
    """Draft the decision of *verdict* on *report*, which *arrival* brought, by the *terms* it was judged by."""
    decision, site = verdict.decision, terms.site

    def make(revision: int, supersedes: str | None) -> Event | None:
        if decision.kind not in site.kinds:
            return None
        revised = structs.replace(decision, id=decision_id(decision.report_id, revision), revision=revision, supersedes=supersedes)
        return build(
            revised,
            verdict.failure,
            report,
            arrival,
            node=site.node,
            site=site.site,
            rules_version=verdict.rules_version,
            reference=decision.trust.reference,
            threshold=terms.judge.policies.of(arrival.stream).counting.threshold,
        )

    return Draft(
        report_id=decision.report_id,
        trust_rank=decision.trust.grade.rank,
        decision_id=lambda revision: decision_id(decision.report_id, revision),
        make=make,
        sort=tally(decision),
    )
