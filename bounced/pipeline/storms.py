"""Storms on an arrival's way: how the brake looks at a failure, the event that tells of a storm, and what is released from one. Pure.

A release is ordered by an arrival of its own (`Form.RELEASE`), so that it goes the way of all others: committed before anybody is
told, done again after a crash, and accounted for.
"""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from bounced.address import domain_of
from bounced.decide import decision_id
from bounced.decide.storm import NO_DOMAIN, may_be_sudden
from bounced.judging import Case, Verdict
from bounced.model import Arrival, Decision, Event, Report, Storm, Withheld
from bounced.pipeline.drafting import draft
from bounced.pipeline.site import Site, Terms
from bounced.publish import event
from bounced.publish import notice as about
from bounced.store import Draft
from bounced.store.storms import Released, Watch, lock_of

#: A release is more than any belief that the report had, so that it supersedes.
_RELEASED = 100


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator, or the clock, orders: the reports whose failures are no longer held."""

    report_ids: tuple[str, ...]

    def encode(self) -> bytes:
        """Give the octets of the arrival that brings it."""
        return msgspec.json.encode(self)


_decode = msgspec.json.Decoder(Order).decode


def watch(terms: Terms, arrival: Arrival, report: Report, case: Case) -> Watch | None:
    """Say how the brake looks at *case*, None where there is no brake."""
    address = case.failure.recipient.address
    if terms.brake is None or address is None:
        return None
    domain, finding = domain_of(address) or "", case.finding
    is_dead = finding.category == NO_DOMAIN
    receiver = NO_DOMAIN if is_dead else finding.provider or domain

    def publish(decision: Decision) -> bytes | None:
        made = draft(terms, arrival, report, Verdict(case.failure, decision, terms.judge.rules_version)).make(0, None)
        return None if made is None else made.body

    return Watch(
        brake=terms.brake,
        receiver=receiver,
        domain=domain if is_dead else None,
        event=publish,
        lock=lock_of(receiver) if may_be_sudden(finding) else None,
    )


def begun(verdicts: Sequence[Verdict]) -> list[tuple[Storm, Decision]]:
    """Give the storms that began with one of *verdicts*, and the decision that was the first to be withheld."""
    withheld = [verdict.decision for verdict in verdicts if verdict.decision.withheld is Withheld.STORM]
    return [(each.history.storm, each) for each in withheld if each.history.storm is not None and each.history.storm.is_first]


def notice(site: Site, arrival: Arrival, storm: Storm, decision: Decision) -> Draft:
    """Draft the event that says that *storm* has begun: one, on whichever node and however often it is told."""
    name = "s1-" + hashlib.blake2b(f"{storm.receiver}\0{storm.since.timestamp()}".encode(), digest_size=16).hexdigest()

    def make(revision: int, _supersedes: str | None) -> Event:
        return about.storm(storm, decision, arrival, event_id=decision_id(name, revision), node=site.node, site=site.site)

    return Draft(report_id=name, trust_rank=0, decision_id=lambda revision: decision_id(name, revision), make=make)


def order_of(arrival: Arrival) -> Order:
    """Read the order that *arrival* brings; raises `msgspec.MsgspecError` where it is none."""
    return _decode(arrival.raw)


def release(released: Released) -> Draft | None:
    """Draft the decision that supersedes the one that was withheld; None where that was not for publishing."""
    body = released.event
    if body is None:
        return None

    def make(revision: int, supersedes: str | None) -> Event:
        return event.released(body, decision_id(released.report_id, revision), revision, supersedes)

    return Draft(
        report_id=released.report_id,
        trust_rank=_RELEASED,
        decision_id=lambda revision: decision_id(released.report_id, revision),
        make=make,
        follows=0,
    )
