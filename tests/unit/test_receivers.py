"""What receivers answer, by the table beside this file: each line is understood, with the receiver known and, where it can be, without."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.classify import Classifier
from bounced.decide import decide, policy
from bounced.decide.trust import ASSUMED
from bounced.model import Action, Failure, History, Recipient, Report

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CLASSIFIER = Classifier.load()
SUPPRESSING = {row.name for row in CLASSIFIER.categories.values() if row.suppresses}
POLICY = policy.load(CLASSIFIER.categories).default
LINES = [line for line in (Path(__file__).parent / "receivers.tsv").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
ROWS = list(csv.DictReader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE))


def judge(row, host):
    """Judge the answer in *row*, given by *host*; return category and disposition."""
    status = None if row["status"] == "-" else row["status"]
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        action=Action.FAILED,
        reply=int(row["reply"]),
        status=status,
        diagnostic_status=status,
        diagnostic=row["words"],
        remote_mta=host and f"dns; {host}",
    )
    finding = CLASSIFIER.classify(failure, Report(kind=failure.kind, identity="i", failures=(failure,)))
    return finding.category, decide(finding, History(), ASSUMED, POLICY, NOW, report="r").disposition


def name(row):
    """Name a row in the list of tests."""
    return f"{row['host']} {row['reply']} {row['status']} {row['words'][:40]}"


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_receiver_is_known(row):
    """With its receiver named, every answer has its category and disposition."""

    assert (row["category"], row["disposition"]) == judge(row, row["host"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["alone"] == "yes"], ids=name)
def test_receiver_is_not_known(row):
    """An answer that carries a signature in its words or code is understood without a receiver."""

    assert (row["category"], row["disposition"]) == judge(row, None)


@pytest.mark.parametrize("row", [row for row in ROWS if row["category"] not in {*SUPPRESSING, "unknown", "expired"}], ids=name)
def test_words_hold_against_the_code(row):
    """Words that name a cause which does not suppress win against a 550 5.1.1 beside them."""
    _, disposition = judge({**row, "reply": "550", "status": "5.1.1"}, row["host"])
    is_abandoned = row["disposition"] == "suppress"

    assert ("suppress" if is_abandoned else "retry") == disposition
