"""Sentences are found where a plain regular expression finds them, and nothing is looked for in vain."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bounced.parse import answer, challenge, exim, postfix, warning
from bounced.parse.sentences import Phrases, Sentences, fold

TABLES = (challenge._TEXT, exim._SIGN, postfix._SIGN, warning._WARNING, answer._NAMING, answer._HOSTS)
JOINED = [re.compile("|".join(f"(?:{each.pattern})" for each in table.patterns), table.patterns[0].flags) for table in TABLES]
#: Words of the tables themselves, so that their sentences come up, and letters of which case is not what it seems.
WORDS = sorted({word for table in TABLES for pattern in table.patterns for word in re.split(r"[^\w'@.: ]+", pattern.pattern)})
TEXTS = st.lists(
    st.sampled_from([*WORDS, "\u017f", "\u0130", "\u0131", "\u212a", "\ud800", "\n", "mx1.example.org", "[192.0.2.1]", ">>>"]), max_size=12
).map(" ".join)


@given(st.sampled_from(TABLES), TEXTS | st.sampled_from(WORDS).map(str.upper))
def test_search(table, text):
    """What is found, and where, is what all patterns joined find; those that match are among the likely ones."""
    plain = JOINED[TABLES.index(table)].search(text)
    found = table.search(text)

    assert (plain and plain.span()) == (found and found.span())
    assert {number for number, pattern in enumerate(table.patterns) if pattern.search(text)} <= set(table.likely(text))


@given(st.text(st.sampled_from("is\u017f\u0130\u0131\u212akIK"), max_size=6), st.sampled_from(["kiss", "skis", "issk"]))
def test_case(text, phrase):
    """Where a pattern without regard to case matches, its letters stand in the folded text."""
    if re.search(phrase, text, re.IGNORECASE):
        assert phrase in fold(text)


def test_pieces():
    """Every table but the one with a host at a line's beginning knows pieces for all of its patterns, and so is seldom tried."""
    assert [answer._HOSTS] == [table for table in TABLES if not all(table._needs)]
    assert [] == list(Sentences(["one of (?:those|these) things", r"\d+ (?:or )?nothing"]).likely("All or none"))
    assert [1] == list(Sentences(["one of (?:those|these) things", r"\d+ (?:or )?nothing"]).likely("Nothing of these"))


def test_phrases():
    """Phrases are found wherever they stand, also one within another, and also beside what is no text."""
    phrases = Phrases(["mailbox full", "full", "is full"])

    assert [0, 1] == phrases.which_are_in("\udc80 mailbox full")
    assert not phrases.are_in("empty")
