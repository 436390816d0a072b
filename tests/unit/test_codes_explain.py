"""`bounced codes`: what a person is told about a code."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from bounced.classify import Classifier, explain
from bounced.cli.codes import command

CLASSIFIER = Classifier.load()
# Every code that the table of bare codes names as another one for the same thing.
ALTERNATIVES = [
    *["421", "450", "447", "442", "4.2.1", "422", "431", "4.3.2", "4.7.0", "4.5.0", "505", "510", "511", "515", "517", "520"],
    *["532", "531", "552", "523", "530", "550", "525", "544", "546", "547"],
]


def ask(*codes):
    """Run `bounced codes` with its output in a pipe; its output and exit code."""
    done = CliRunner().invoke(command, codes)
    return done.output, done.exit_code


def test_alternatives_are_those_of_the_table():
    """The codes named as alternatives are exactly these."""
    named = {other for row in CLASSIFIER.codes.bares.values() for other in row.alternatives}

    assert set(ALTERNATIVES) == named


@pytest.mark.parametrize("code", ALTERNATIVES)
def test_alternative_is_explained(code):
    """Every code named as an alternative has a row of its own: meaning, category and remedy."""
    explanation = explain(code, CLASSIFIER.codes, CLASSIFIER.categories)

    assert (True, True) == (explanation.is_listed, all(one.meaning and one.category and one.remedy for one in explanation.readings))


@pytest.mark.parametrize("code", sorted(CLASSIFIER.codes.bares))
def test_bare_is_explained(code):
    """`bounced codes` shows a bare code's meaning, fault, category, disposition, remedy and its alternatives."""
    row = CLASSIFIER.codes.bares[code]
    category = CLASSIFIER.categories[row.category]
    output, exit_code = ask(str(code))
    expected = [
        row.meaning,
        row.remedy,
        row.category,
        category.fault,
        row.caution,
        *(other for other in row.alternatives if other != str(code)),
    ]
    missing = [part for part in expected if part not in output]

    assert ([], 0) == (missing, exit_code)


@pytest.mark.parametrize("number", range(400, 600))
def test_every_failure_is_answered(number):
    """Each reply code of class 4 and 5 has an answer; one that no table has says so and is a retry."""
    explanation = explain(str(number), CLASSIFIER.codes, CLASSIFIER.categories)
    is_listed = number in CLASSIFIER.codes.replies or number in CLASSIFIER.codes.bares

    assert is_listed is explanation.is_listed
    assert is_listed or [("retry", "unknown")] == [(one.disposition, one.category) for one in explanation.readings]


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("5.2.2", ["mailbox-full", "retry", "recipient"]),
        ("4.1.1", ["invalid-recipient", "retry"]),
        ("x.4.5", ["system-unavailable", "sender-rate-limited"]),
        ("5.7.620", ["reputation-block", "sender"]),
        ("5.7.606-649", ["reputation-block"]),
        ("599", ["in no table", "retry"]),
        ("5.9.9", ["in no table", "retry"]),
        ("250", ["success", "none"]),
        ("2.1.5", ["success", "none"]),
    ],
)
def test_codes(code, parts):
    """Enhanced codes, ranges, unlisted codes and successes are explained too."""
    output, exit_code = ask(code)

    assert ([], 0) == ([part for part in parts if part not in output], exit_code)


def test_several():
    """Several codes are explained in their order."""
    output, _ = ask("550", "4.2.2", "511")

    assert output.index("550") < output.index("4.2.2") < output.index("511")


@pytest.mark.parametrize("code", ["banana", "99", "354", "600", "5.1", "6.1.1", "5.7.649-606", "-1", "55O", "4500"])
def test_bad_code(code):
    """What is no code ends with status 64 and a sentence that says what would be one."""
    program = "import sys; sys.argv[0] = 'bounced'; from bounced.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "codes", "--", code], capture_output=True, text=True, check=False)

    assert (64, True, "") == (done.returncode, code in done.stderr, done.stdout)


def test_list():
    """Without arguments every code of every table is listed once, a line each, in four columns."""
    output, exit_code = ask()
    lines = [line.split("\t") for line in output.splitlines()]
    codes = [line[0] for line in lines]
    expected = {str(code) for code in {*CLASSIFIER.codes.replies, *CLASSIFIER.codes.bares}} | {
        row.code for row in CLASSIFIER.codes.statuses.values()
    }

    assert (0, {4}, sorted(expected)) == (exit_code, {len(line) for line in lines}, sorted(codes))
