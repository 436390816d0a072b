"""Texts that no rule knew: masked, counted, and made into rules that hold."""

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import convert, structs

from bounced.classify import unmatched
from bounced.classify.matcher import Matcher
from bounced.classify.pack import Rule
from bounced.classify.text import fold
from bounced.classify.unmatched import Tally, exemplify, name_for, normalise, phrase_of, skeleton, skeletons
from bounced.judging import Judge
from bounced.model import Action, Failure, Kind, Recipient, Report

JUDGE = Judge.load()


@pytest.mark.parametrize(
    ("text", "normal", "example"),
    [
        ("550 Sorry <Ann.Lee@secret.example>, no", "550 sorry @, no", "550 Sorry <user@example.org>, no"),
        ("550 [192.0.2.7] and 2001:db8::1 refused", "550 [<ip>] and <ip> refused", "550 [192.0.2.1] and 192.0.2.1 refused"),
        ("see https://x.example/a?b=c#d.", "see <url>.", "see https://example.org/."),
        ("host mx7.secret.example said", "host <host> said", "host mx.example.org said"),
        ("id 3F2A9C71B0 in 17 minutes", "id <id> in <n> minutes", "id a1b2c3d4 in 1 minutes"),
        ("550-5.7.1 one\r\n550 5.7.1 two", "one two", "550-5.7.1 one 550 5.7.1 two"),
        ("5.2.3 too \x1b[1m long", "too [1m long", "5.2.3 too [1m long"),
        ("", "", ""),
    ],
)
def test_masks(text, normal, example):
    """Names and numbers give way to masks, or to those of examples; words and codes stay."""

    assert (normal, example) == (normalise(text), exemplify(text))


def test_same_text_for_different_people():
    """Two refusals that differ in names and numbers alone are one text."""
    first, second = (
        f"550 5.0.0 {name}@{name}.example: case {number} at mx{number}.{name}.example is odd"
        for name, number in (("ann", 12), ("ben", 345))
    )

    assert normalise(first) == normalise(second)


def rule_of(text):
    """Read a skeleton back."""
    return convert(tomllib.loads(text)["rule"][0], Rule)


@example("AAAAAAAAA\N{MATHEMATICAL BOLD ITALIC CAPITAL A}")
@given(st.text(max_size=400) | st.from_regex(r"\A[245][0-9]{2}[ -]([a-z@.<>0-9]{1,12}[ ,;:]){1,20}\Z"))
def test_any_skeleton_holds(text):
    """Of any text with words enough a skeleton is made that is TOML and matches its own example."""
    example = exemplify(text)
    phrase = phrase_of(example)
    if phrase:
        rule = rule_of(skeleton(name_for(phrase, "site", set()), phrase, example))
        folded = structs.replace(rule, phrases=tuple(map(fold, rule.phrases)))

        assert [] == list(Matcher([folded]).problems([folded]))


def test_names_are_unique():
    """An id that is taken gets a number."""

    assert "site.the-wombat-3" == name_for("the wombat", "site", {"site.the-wombat", "site.the-wombat-2"})
    assert "site.rule" == name_for("袋熊は不在です", "site", set())


def tally(*texts):
    """Count *texts*, as refusals that no rule knew."""
    counted = Tally()
    for text in texts:
        failure = Failure(recipient=Recipient("anna@example.org"), action=Action.FAILED, diagnostic=text)
        report = Report(kind=Kind.BOUNCE, identity="", failures=(failure,))
        counted.add(failure, JUDGE.classifier.classify(failure, report))
    return counted


def test_order_and_counts():
    """The most frequent comes first; what has no words of its own, or is a delivery, does not count."""
    counted = tally(
        "550 the wombat declines", "550 the quokka is amused", "550 the quokka is amused", "550", "550 <a@b.example>", "571 no."
    )

    assert [("550 the quokka is amused", 2), ("550 the wombat declines", 1)] == [
        (each.text, each.count) for each in counted.most_frequent(9)
    ]
    assert (3, 2, 0) == (counted.times, counted.different, counted.more)


def test_bounded(monkeypatch):
    """Strangers who send ever new texts fill no memory: beyond a number they are only counted."""
    monkeypatch.setattr(unmatched, "MOST_TEXTS", 2)
    counted = tally(*(f"550 the {animal} declines to come" for animal in ("wombat", "quokka", "numbat", "wombat", "potoroo")))

    assert (2, 2) == (counted.different, counted.more)


def test_one_rule_for_texts_that_share_its_words():
    """A text that an earlier skeleton's phrase covers gets none of its own: the printed pack is in order as it stands."""
    counted = tally(*["550 verily the wombat declines it"] * 2, "550 sorry, verily the wombat declines it today")
    printed = list(skeletons(counted.most_frequent(9), set()))

    assert 1 == len(tomllib.loads("\n".join(printed))["rule"])
    assert "site.verily-the-wombat-declines-it would know it" in printed[1]
