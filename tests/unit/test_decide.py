"""From a finding to a decision."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

import bounced
from bounced.classify import Classifier
from bounced.decide import decide, decision_id, policy, report_id
from bounced.model import Advice, Basis, Disposition, Fault, Finding, Grade, History, Kind, Trust, Withheld
from tests.reports import bare, block, report

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = policy.load(Classifier.load().categories).default
BELIEVED = Trust(Grade.REPORTER, "made by ours")
DEAD = Finding(
    kind=Kind.BOUNCE,
    category="invalid-recipient",
    fault=Fault.RECIPIENT,
    advice=Advice.NEVER,
    remedy="Stop.",
    because="No such mailbox",
    rule="codes.5.1.1",
    basis=Basis.STATUS,
    confidence=0.9,
    permanent=True,
)
FULL = structs.replace(DEAD, category="mailbox-full", advice=Advice.LATER, because="The mailbox is full")


def made(finding, trust=BELIEVED):
    """Decide on *finding*."""
    return decide(finding, History(), trust, POLICY, NOW, report="r1-x")


@pytest.mark.parametrize(
    ("finding", "disposition", "until"),
    [
        (DEAD, Disposition.SUPPRESS, None),
        (structs.replace(DEAD, basis=Basis.BARE_CODE), Disposition.SUPPRESS, NOW + timedelta(days=30)),
        (structs.replace(DEAD, permanent=False), Disposition.RETRY, None),
        (structs.replace(DEAD, kind=Kind.DELAY), Disposition.RETRY, None),
        (structs.replace(DEAD, kind=Kind.DELIVERY), Disposition.NONE, None),
        (structs.replace(DEAD, kind=Kind.AUTO_REPLY), Disposition.NONE, None),
        (FULL, Disposition.RETRY, None),
        (structs.replace(FULL, abandoned=True), Disposition.SUPPRESS, NOW + timedelta(days=30)),
        (structs.replace(FULL, abandoned=True, permanent=False), Disposition.RETRY, None),
        (structs.replace(DEAD, category="reputation-block", fault=Fault.SENDER), Disposition.RETRY, None),
        (structs.replace(DEAD, kind=Kind.COMPLAINT, category="complaint"), Disposition.SUPPRESS, None),
        (structs.replace(DEAD, kind=Kind.COMPLAINT, category="auth-failure", fault=Fault.SENDER), Disposition.NONE, None),
    ],
)
def test_disposition(finding, disposition, until):
    """Only a believed, permanent failure of the recipient's own suppresses, and some only for a while."""
    decision = made(finding)

    assert (disposition, until) == (decision.disposition, decision.until)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.RECIPIENT])
@pytest.mark.parametrize("category", sorted(POLICY.at_once))
def test_fault(fault, category):
    """A failure that is not the recipient's fault never suppresses, whatever its category is called."""

    assert Disposition.SUPPRESS is not made(structs.replace(DEAD, category=category, fault=fault, abandoned=True)).disposition


@pytest.mark.parametrize("grade", [Grade.NONE, Grade.EXPIRED, Grade.FORGED])
def test_withheld(grade):
    """What nothing proves suppresses nothing, and says so."""
    decision = made(DEAD, Trust(grade, "the client is a stranger"))

    assert (Disposition.RETRY, Withheld.UNPROVEN) == (decision.disposition, decision.withheld)
    assert "No such mailbox; not suppressed, because nothing proves this report: the client is a stranger" == decision.because


@pytest.mark.parametrize("finding", [FULL, structs.replace(DEAD, permanent=False)])
def test_nothing_to_withhold(finding):
    """Where no suppression is due, none is withheld, however little the report is believed."""

    assert made(finding, Trust(Grade.NONE, "")).withheld is None


def test_identity():
    """Ids are the same for the same report and recipient, in any case, and for nothing else."""
    ids = {report_id("i", "Anna@example.org"), report_id("i", "anna@example.org")}

    assert 1 == len(ids)
    assert 4 == len({*ids, report_id("j", "anna@example.org"), report_id("i", "anna@example.org", 1), report_id("i", None)})
    assert decision_id("r1-x", 0) != decision_id("r1-x", 1)


def test_twice_in_one_report():
    """Two blocks about one recipient in one report are two decisions, not one and its duplicate."""
    _, decisions = bounced.judge(report(block(), block(status="5.2.2")))

    assert 2 == len({decision.id for decision in decisions})


@pytest.mark.parametrize("grade", [Grade.ASSUMED, Grade.NONE])
def test_library(grade):
    """`judge` does it all in one call; offline nothing is withheld, unless the caller says how little he trusts."""
    read, decisions = bounced.judge(bare("550"), trust=Trust(grade, ""), now=NOW)

    assert ["anna@example.org"] == [failure.recipient.address for failure in read.failures]
    assert (grade is Grade.NONE) == (decisions[0].withheld is Withheld.UNPROVEN)
