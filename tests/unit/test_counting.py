"""The counter, case by case: what happened on which days, what was decided last, what is known of the address afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from bounced.classify import Classifier
from bounced.decide import decide, policy
from bounced.decide.counting import forgive, memorise, recall
from bounced.decide.policy import SLOW
from bounced.model import Advice, Basis, Disposition, Finding, Grade, History, Kind, Memory, Trust, Withheld

CATEGORIES = Classifier.load().categories
POLICY = policy.load(CATEGORIES).default
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def finding(category, **more):
    """A final failure of *category*, permanent unless said otherwise."""
    row = CATEGORIES[category]
    fields = {"kind": Kind.BOUNCE, "basis": Basis.RULE, "permanent": True, "confidence": 0.9, "remedy": "", "rule": "r"} | more
    return Finding(category=category, fault=row.fault, advice=Advice.LATER, because="It failed", **fields)


FINDINGS = {
    "dead": finding("invalid-recipient"),  # at once
    "soft": finding("invalid-recipient", permanent=False),  # 2.5
    "bare": finding("invalid-recipient", basis=Basis.BARE_CODE),  # 30 days
    "off": finding("mailbox-disabled", permanent=False),  # 2.5
    "refused": finding("recipient-refused"),  # 2.0
    "full": finding("mailbox-full"),  # 1.0
    "abandoned": finding("mailbox-full", abandoned=True),  # 30 days
    "net": finding("network"),  # 0.5, slow
    "relay": finding("relay-denied"),  # 1.0, slow
    "what": finding("unknown"),  # 1.5, slow
    "list": finding("reputation-block"),
    "spam": finding("spam-content"),
    "grey": finding("greylisted", permanent=False),
    "rate": finding("recipient-rate-limited"),
    "late": finding("mailbox-full", kind=Kind.DELAY),
    "unwanted": finding("complaint", kind=Kind.COMPLAINT),
    "away": finding("unknown", kind=Kind.AUTO_REPLY),
}
BELIEVED, STRANGER = Trust(Grade.REPORTER, "ours"), Trust(Grade.NONE, "a stranger")


def play(story, rules=POLICY):
    """Tell *story* ("DAY WHAT, DAY WHAT"; WHAT! is a stranger's word, `ok` a delivery): give the last decision and what is known then."""
    memory, decision, now = Memory(), None, START
    for day, what in (event.split() for event in story.split(", ")):
        now = START + timedelta(days=float(day))
        if what == "ok":
            memory, decision = forgive(recall(memory, rules.counting, now).memory, rules.suppress.kept_when_delivered), None
            continue
        if what == "look":
            memory, decision = recall(memory, rules.counting, now).memory, None
            continue
        said = FINDINGS[what.rstrip("!")]
        trust = STRANGER if what.endswith("!") else BELIEVED
        decision = decide(said, recall(memory, rules.counting, now), trust, rules, now, report="r1-x")
        memory = memorise(decision, now, is_slow=said.fault in SLOW)
    return decision, recall(memory, rules.counting, now), now


# The story; what was decided last; points and scoring days known afterwards; days that the suppression has still to run.
GOOD = "for good"
CASES = [
    # One is nothing.
    ("0 full", "retry", 1, 1, None),
    ("0 soft", "retry", 2.5, 1, None),
    ("0 refused", "retry", 2, 1, None),
    ("0 net", "retry", 0.5, 1, None),
    ("0 what", "retry", 1.5, 1, None),
    ("0 relay", "retry", 1, 1, None),
    # What is not the address's fault counts nothing, however often.
    ("0 list, 5 list, 10 list, 15 list, 20 list, 25 list", "retry", 0, 0, None),
    ("0 spam, 5 spam, 10 spam, 15 spam, 20 spam, 25 spam", "retry", 0, 0, None),
    ("0 grey, 5 grey, 10 grey", "retry", 0, 0, None),
    ("0 rate, 5 rate, 10 rate", "retry", 0, 0, None),
    ("0 late, 5 late, 10 late, 15 late, 20 late", "retry", 0, 0, None),
    ("0 away, 5 away, 10 away", "none", 0, 0, None),
    ("0 full, 1 list, 2 full, 3 spam", "retry", 2, 2, None),
    # At once.
    ("0 dead", "suppress", 0, 0, GOOD),
    ("0 bare", "suppress", 0, 0, 30),
    ("0 abandoned", "suppress", 0, 0, 30),
    ("0 unwanted", "suppress", 0, 0, GOOD),
    ("0 full, 1 full, 2 dead", "suppress", 2, 2, GOOD),
    # Five points are enough, four and a half are not.
    ("0 full, 4 full, 8 full, 12 full", "retry", 4, 4, None),
    ("0 full, 4 full, 8 full, 12 full, 16 full", "suppress", 5, 5, 60),
    ("0 full, 4 full, 8 full, 12 full, 16 net", "retry", 4.5, 5, None),
    ("0 full, 4 full, 8 full, 12 full, 16 net, 20 net", "suppress", 5, 6, 60),
    ("0 refused, 2 refused, 4 full", "suppress", 5, 3, 60),
    # On two days at least, with 72 hours from first to last.
    ("0 soft, 1 soft", "retry", 5, 2, None),
    ("0 soft, 2.99 soft", "retry", 5, 2, None),
    ("0 soft, 3 soft", "suppress", 5, 2, 60),
    ("0 soft, 3.01 soft", "suppress", 5, 2, 60),
    ("0 soft, 1 soft, 2 soft", "retry", 7.5, 3, None),
    ("0 soft, 1 soft, 2 soft, 3 soft", "suppress", 10, 4, 60),
    ("0 off, 3 soft", "suppress", 5, 2, 60),
    ("0 soft, 1 soft, 3 full", "suppress", 6, 3, 60),
    # A day scores once, with the weightiest; its first and last failure both tell how long it goes on.
    ("0 full, 0.1 full, 0.2 full, 0.3 full, 0.4 full", "retry", 1, 1, None),
    ("0 full, 0.1 soft", "retry", 2.5, 1, None),
    ("0 soft, 0.1 full", "retry", 2.5, 1, None),
    ("0 soft, 0.1 soft, 0.2 soft", "retry", 2.5, 1, None),
    ("0 soft, 2.6 full, 3.4 soft", "suppress", 5, 2, 60),
    ("0.4 soft, 3.2 soft, 3.4 full", "suppress", 5, 2, 60),
    ("0.4 soft, 3.2 soft", "retry", 5, 2, None),
    ("0.49 full, 0.51 full", "retry", 2, 2, None),  # midnight, UTC, lies between
    # Network and unknown alone: four days, over fourteen.
    ("0 what, 3 what, 6 what, 9 what", "retry", 6, 4, None),
    ("0 what, 3 what, 6 what, 13.9 what", "retry", 6, 4, None),
    ("0 what, 3 what, 6 what, 14 what", "suppress", 6, 4, 60),
    ("0 soft, 14 soft", "suppress", 5, 2, 60),
    ("0 what, 7 what, 14 what", "retry", 4.5, 3, None),
    ("0 relay, 7 relay, 14 relay, 21 relay", "retry", 4, 4, None),
    ("0 relay, 7 relay, 14 relay, 21 relay, 28 relay", "suppress", 5, 5, 60),
    ("0 net, 5 net, 10 net, 15 net, 20 net, 25 net, 30 net, 35 net, 40 net", "retry", 4.5, 9, None),
    ("0 net, 5 net, 10 net, 15 net, 20 net, 25 net, 30 net, 35 net, 40 net, 45 net", "suppress", 5, 10, 60),
    # Mixed: one that is the recipient's own fault is enough for the shorter way.
    ("0 what, 1 what, 2 what, 3 full", "suppress", 5.5, 4, 60),
    ("0 full, 1 what, 2 what, 3 what", "suppress", 5.5, 4, 60),
    ("0 relay, 0.1 full, 1 what, 2 what, 3 what", "suppress", 5.5, 4, 60),
    ("0 what, 0.1 full, 1 what, 2 what, 3 what", "retry", 6, 4, None),
    # A point lives sixty days.
    ("0 full, 59 look", None, 1, 1, None),
    ("0 full, 60 look", None, 0, 0, None),
    ("0 soft, 59 soft", "suppress", 5, 2, 60),
    ("0 soft, 60 soft", "retry", 2.5, 1, None),
    ("0 full, 20 full, 40 full, 60 full, 80 full, 100 full, 120 full", "retry", 3, 3, None),
    ("0 full, 15 full, 30 full, 45 full, 59 full", "suppress", 5, 5, 60),
    # A delivery clears it all.
    ("0 full, 4 full, 8 full, 12 full, 13 ok", None, 0, 0, None),
    ("0 full, 4 full, 8 full, 12 full, 13 ok, 16 full", "retry", 1, 1, None),
    ("0 soft, 3 soft, 4 ok", None, 0, 0, None),
    ("0 dead, 1 ok", None, 0, 0, None),
    ("0 unwanted, 1 ok", None, 0, 0, GOOD),
    ("0 full, 1 unwanted, 2 ok", None, 0, 0, GOOD),
    ("0 full, 70 ok, 73 full, 140 ok, 146 full, 210 ok, 219 full, 280 ok, 292 full, 350 ok", None, 0, 0, None),
    ("0 full, 70 ok, 73 full, 140 ok, 146 full, 210 ok, 219 full, 280 ok, 292 full", "retry", 1, 1, None),
    # What is timed ends; again, it lasts twice as long, and no longer than 360 days.
    ("0 bare, 29 look", None, 0, 0, 1),
    ("0 bare, 30 look", None, 0, 0, None),
    ("0 bare, 40 bare", "suppress", 0, 0, 60),
    ("0 bare, 40 bare, 110 bare", "suppress", 0, 0, 120),
    ("0 bare, 40 bare, 110 bare, 240 bare", "suppress", 0, 0, 240),
    ("0 bare, 40 bare, 110 bare, 240 bare, 500 bare", "suppress", 0, 0, 360),
    ("0 bare, 40 bare, 110 bare, 240 bare, 500 bare, 900 bare", "suppress", 0, 0, 360),
    ("0 bare, 40 ok, 41 bare", "suppress", 0, 0, 30),
    ("0 soft, 3 soft, 70 soft, 73 soft", "suppress", 5, 2, 120),
    ("0 soft, 3 soft, 63 look", None, 0, 0, None),
    ("0 soft, 3 soft, 64 full", "retry", 1, 1, None),
    # What still comes while it is suppressed extends it, and is no second time.
    ("0 bare, 1 bare", "suppress", 0, 0, 30),
    ("0 bare, 1 bare, 40 bare", "suppress", 0, 0, 60),
    ("0 bare, 1 abandoned", "suppress", 0, 0, 30),
    ("0 soft, 3 soft, 10 full", "suppress", 6, 3, 60),
    ("0 soft, 3 soft, 10 bare", "suppress", 5, 2, 53),
    ("0 bare, 1 dead", "suppress", 0, 0, GOOD),
    ("0 dead, 1 bare", "suppress", 0, 0, GOOD),
    ("0 dead, 400 list", "retry", 0, 0, GOOD),
    ("0 bare, 1 full", "retry", 1, 1, 29),
    # A stranger's word counts nothing.
    ("0 full!, 4 full!, 8 full!, 12 full!, 16 full!", "retry", 0, 0, None),
    ("0 dead!", "retry", 0, 0, None),
    ("0 full, 4 full, 8 full, 12 full, 16 full!", "retry", 4, 4, None),
    ("0 dead, 1 bare!", "retry", 0, 0, GOOD),
    # The clock goes back.
    ("10 full, 5 full", "retry", 2, 2, None),
    ("10 soft, 6 soft", "suppress", 5, 2, 60),
    ("10 soft, 8 soft", "retry", 5, 2, None),
    ("10 dead, 5 list", "retry", 0, 0, GOOD),
    ("100 soft, 0 soft", "retry", 2.5, 1, None),
]


@pytest.mark.parametrize(("story", "disposition", "points", "days", "remaining"), CASES)
def test_case(story, disposition, points, days, remaining):
    """The story ends so."""
    decision, known, now = play(story)
    standing = known.memory.suppression
    left = standing and (GOOD if standing.until is None else (standing.until - now) / timedelta(days=1))

    assert (disposition, points, days) == (decision and decision.disposition, known.points, known.scoring_days)
    assert remaining == left


def test_table_is_whole():
    """There are enough cases, and no two tell the same."""

    assert len(CASES) == len({story for story, *_ in CASES}) >= 60


@pytest.mark.parametrize("what", sorted(FINDINGS))
def test_stranger(what):
    """Where a believed report would suppress, the fifth of the same a stranger tells is withheld; nothing is remembered of it."""
    days = (0, 4, 8, 12, 16)
    believed, _, _ = play(", ".join(f"{day} {what}" for day in days))
    decision, known, _ = play(", ".join(f"{day} {what}" for day in days[:-1]) + f", 16 {what}!")

    assert decision.disposition is not Disposition.SUPPRESS
    assert (believed.disposition is Disposition.SUPPRESS) == (decision.withheld is Withheld.UNPROVEN)
    assert play(", ".join(f"{day} {what}" for day in days[:-1]))[1].memory.scores == known.memory.scores


def test_says_why():
    """The sentence tells what was counted, and since when."""
    counted, _, _ = play("0 full, 4 full")
    enough, _, _ = play("0 soft, 3 soft")

    assert "It failed; it counts, 2 of 5 points that suppress" == counted.because
    assert enough.because.endswith("; it has failed on 2 days since 2026-03-01, 5 of 5 points")


def test_generation():
    """It grows with each change of the suppression, and with nothing else."""
    stories = (
        "0 full",
        "0 dead",
        "0 dead, 1 dead",
        "0 bare, 1 bare",
        "0 bare, 1 dead",
        "0 dead, 1 ok",
        "0 dead, 1 ok, 2 dead",
        "0 full, 1 ok",
    )

    assert [0, 1, 1, 2, 2, 2, 3, 0] == [play(story)[1].memory.generation for story in stories]


def test_slow_sender():
    """A stream whose points live longer counts what lies further apart."""
    slow = structs.replace(POLICY, counting=structs.replace(POLICY.counting, point_days=540))
    story = "0 full, 90 full, 180 full, 270 full, 360 full"

    assert ["retry", "suppress"] == [play(story, rules)[0].disposition for rules in (POLICY, slow)]


def test_without_history():
    """Whoever remembers nothing counts nothing together."""

    assert Disposition.RETRY is decide(FINDINGS["soft"], History(), BELIEVED, POLICY, START, report="r1-x").disposition
