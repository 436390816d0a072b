"""A report that says a bare code and nothing else, from the bytes to the event."""

import pytest

from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import Disposition, History, Kind
from bounced.parse import parse
from bounced.publish import event
from tests.events import ARRIVAL, NOW
from tests.reports import bare
from tests.unit.test_classify_codes import BARE, UNLISTED

JUDGE = Judge.load()


def published(code):
    """Give the event of a report with the bare *code*."""
    report = parse(bare(str(code)))
    (verdict,) = JUDGE.judge(report, ASSUMED, History(), NOW)
    built = event.build(verdict.decision, verdict.failure, report, ARRIVAL, node="mx1", site="example.net", rules_version="1")
    return event.read(built.body).data


@pytest.mark.parametrize(("code", "category", "disposition"), BARE)
def test_row(code, category, disposition):
    """The event has the row's category, disposition and remedy; what suppresses does so for a while."""
    decision = published(code).decision

    assert (category, disposition, JUDGE.classifier.codes.bares[code].remedy) == (decision.category, decision.disposition, decision.remedy)
    assert (disposition == "suppress") == (decision.until is not None)


@pytest.mark.parametrize("code", UNLISTED)
def test_unlisted(code):
    """A reply code that no table has is a retry."""

    assert Disposition.RETRY is published(code).decision.disposition


@pytest.mark.parametrize("code", [200, 211, 250, 251, 252])
def test_success(code):
    """A 2xx is a delivery, whatever the action says."""
    decision = published(code).decision

    assert (Kind.DELIVERY, Disposition.NONE) == (decision.kind, decision.disposition)
