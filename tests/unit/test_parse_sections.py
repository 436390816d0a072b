"""A text cut at its headings (`bounced.parse.sections`), and the table it is cut by (`bounced.parse.headings`)."""

import re
import sys

import pytest

from bounced.parse import sections
from bounced.parse.headings import LABELS, PHRASES, Role


@pytest.mark.parametrize("role", PHRASES)
def test_phrases(role):
    """Each phrase of the table is found, in capitals and over two lines too, and as what it is (or as a longer one's part)."""
    plain = [phrase.replace("(s)", "s").replace("(es)", "es").replace("…", "4") for phrase in PHRASES[role]]
    missed = [
        phrase for phrase in plain if role not in {each.role for each in sections.split(f"{phrase.upper()}: x\n".replace(" ", "\n", 1))}
    ]

    assert [] == missed


@pytest.mark.parametrize("role", LABELS)
def test_labels(role):
    """Each label of the table is found before a colon of either width."""
    roles = [[each.role for each in sections.split(f" {label.title()}{colon} x\n")] for label in LABELS[role] for colon in ":\uff1a"]

    assert [[role]] * len(roles) == roles


def test_each_phrase_once():
    """No phrase and no label stands in the table twice, under whatever role."""
    rows = [phrase for table in (PHRASES, LABELS) for rows in table.values() for phrase in rows]
    twice = sorted({row for row in rows if rows.count(row) > 1} - {"smtp command"})  # a phrase and a label

    assert [] == twice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reason: a\nb\nRecipient: c\n", [(Role.REASON, "a\nb\n"), (Role.RECIPIENT, "c\n")]),
        ("> Reason: a\nReason: b\n", [(Role.REASON, "b\n")]),
        ("The following address failed:\n\n   a\n   b\n", [(Role.FAILED, "   a\n   b\n")]),
        ("no reason: given\n", []),
        ("", []),
    ],
)
def test_sections(text, expected):
    """A section reaches to the next heading and keeps its indent; quotations and words within a line are no headings."""

    assert expected == [(each.role, each.text) for each in sections.split(text)]


_TRAPS = [
    "recipient" + " " * 50,
    "\n" * 50,
    "your message to a ",
    "Reason ",
    "could not be delivered to ",
    "-" * 50,
    "a@b.example\n",
    ":",
    "* ",
]


def _steps(text):
    """Count the function calls that cutting *text* takes."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        sections.split(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("trap", _TRAPS)
def test_calls_grow_no_faster_than_text(trap):
    """Twice the text takes at most twice the calls, and a few."""
    short, long = (_steps(trap * (size // len(trap))) for size in (8_000, 16_000))

    assert long <= 2 * short + 500


def test_patterns_bounded():
    """No pattern of the table repeats anything without a bound."""
    unbounded = [phrase for rows in PHRASES.values() for phrase in rows if re.search(r"(?<!\\)[*+]", sections.compile_phrase(phrase))]

    assert [] == unbounded
