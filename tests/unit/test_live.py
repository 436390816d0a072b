"""Live replies: judged like the same words in a report, told twice counted once."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from bounced import live
from bounced.classify.receiver import host_of
from bounced.decide import report_id
from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.live import LiveReply
from bounced.model import History, Kind
from bounced.parse import parse
from tests.reports import block, report

JUDGE = Judge.load()
RECEIVERS = JUDGE.classifier.providers.rows
NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: Not part of this repository: what receivers are known to answer.
FACTS = Path(__file__).parents[3] / "shared" / "facts" / "provider_cases.tsv"


def cases():
    """Give texts with the host that said so: the examples of the shipped rules, and the facts where they are at hand."""
    for rule in JUDGE.classifier.rules:
        yield from ((example, host_of(rule.id.partition(".")[0], RECEIVERS)) for example in rule.examples)
    if FACTS.exists():
        with FACTS.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                words = (row["reply"], row["enhanced"], row["diagnostic_text"])
                yield " ".join(word for word in words if word and word != "-"), host_of(row["provider"], RECEIVERS)


def judged(reply, arrival_id="a1"):
    """Judge *reply*."""
    (verdict,) = JUDGE.judge(live.report(reply, arrival_id, RECEIVERS), ASSUMED, History(), NOW)
    return verdict.decision


def test_like_a_report():
    """Every text gets the category and disposition that it gets as the diagnostic of a report."""
    differing, number = [], 0
    for text, host in cases():
        number += 1
        fields = {"remote_mta": f"dns; {host}"} if host else {}
        raw = report(block("anna@example.org", status=None, diagnostic_code=f"smtp; {text}", **fields), text="")
        (expected,) = JUDGE.judge(parse(raw), ASSUMED, History(), NOW)
        found = judged(LiveReply(recipient="anna@example.org", text=text, receiver=host, final=True))
        wanted = (expected.decision.disposition, expected.decision.finding.category)
        if wanted != (found.disposition, found.finding.category):
            differing.append((text, host, wanted, (found.disposition, found.finding.category)))

    assert number > 300
    assert [] == differing


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"text": "550 5.1.1 User unknown"}, Kind.BOUNCE),
        ({"text": "450 4.2.0 Greylisted"}, Kind.DELAY),
        ({"text": "450 4.2.0 Greylisted", "final": True}, Kind.BOUNCE),
        ({"text": "550 5.1.1 User unknown", "final": False}, Kind.DELAY),
        ({"text": "User unknown", "code": 550}, Kind.BOUNCE),
        ({"text": "Try again", "code": 451}, Kind.DELAY),
        ({"text": "Try again", "status": "4.7.1"}, Kind.DELAY),
        ({"text": "No such user here"}, Kind.BOUNCE),
    ],
)
def test_final(fields, kind):
    """A refusal of class 5 is final and one of class 4 is not, unless it is said otherwise."""
    assert kind is judged(LiveReply(recipient="anna@example.org", **fields)).kind


def test_told_twice():
    """The id, or else what was said and when, is what a reply is known by; without a time it is another each time."""
    reply = LiveReply(recipient="anna@example.org", text="550 no", time=NOW)
    names = [
        report_id(live.report(each, arrival, RECEIVERS).identity, each.recipient)
        for each, arrival in (
            (reply, "a1"),
            (reply, "a2"),
            (structs.replace(reply, time=datetime(2026, 3, 2, tzinfo=UTC)), "a3"),
            (structs.replace(reply, id="i1"), "a4"),
            (structs.replace(reply, id="i1", text="551 no", time=None), "a5"),
            (structs.replace(reply, time=None), "a6"),
            (structs.replace(reply, time=None), "a7"),
        )
    ]

    assert names[0] == names[1]
    assert names[3] == names[4]
    assert 5 == len(set(names))


def test_kept_as_it_is():
    """What is kept in the journal reads back the same."""
    reply = LiveReply(
        recipient="anna@example.org", text="550 5.1.1 näh\r\n550 no", code=550, receiver="mx.example", reference="r", time=NOW
    )

    assert reply == live.read(reply.encode())
