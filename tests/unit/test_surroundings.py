"""The text around each recipient: whose words they are, and that many recipients cost no more than their number."""

import sys

import pytest

from bounced import address
from bounced.classify import Classifier
from bounced.classify.surroundings import Surroundings
from bounced.model import Action, Failure, Kind, Recipient, Report

CLASSIFIER = Classifier.load()


def about(recipients, text):
    """Make a report without diagnostics, about these recipients."""
    failures = tuple(Failure(recipient=Recipient(each), action=Action.FAILED) for each in recipients)
    return Report(kind=Kind.BOUNCE, identity="i", failures=failures, text=text)


@pytest.mark.parametrize(
    ("recipients", "text", "words"),
    [
        (["a@b.example"], "Dear sender, no luck", ["dear sender, no luck"]),  # alone: the whole text
        (["a@b.example", "c@d.example"], "x A@b.example full c@D.example gone", ["@ full", "@ gone"]),
        (["a@b.example", "c@d.example"], "c@d.example gone a@b.example full", ["@ full", "@ gone"]),
        (["a@b.example", "c@d.example"], "a@b.example a@b.example full c@d.example", ["@ @ full", "@"]),
        (["ann@b.example", "joann@b.example"], "joann@b.example gone ann@b.example full", ["@ full", "@ gone"]),
        (["a@b.example", "c@d.example"], "c@d.example gone", ["", "@ gone"]),
        (["a@b.example", "a@b.example"], "a@b.example gone", ["@ gone", "@ gone"]),
        (["a@xn--bcher-kva.example", "c@d.example"], "a@bücher.example full c@d.example", ["@ full", "@"]),
        (["a\udcff@b.example", "c@d.example"], "a\udcff@b.example full\udc80 c@d.example", ["@ full?", "@"]),
        (["a@b.example", ""], "a@b.example full", ["@ full", ""]),
        (["a@b.example", "c@d.example"], "", ["", ""]),
    ],
)
def test_sections(recipients, text, words):
    """A recipient's words begin at its address and end at the next other one."""
    around = Surroundings(about(recipients, text))

    assert words == [around.words(each) for each in recipients]


def test_reports_in_turn():
    """Two reports judged by turns keep their own texts."""
    people = ["a@b.example", "c@d.example"]
    reports = [about(people, f"a@b.example: {said}, c@d.example: {said}") for said in ("user unknown", "mailbox is full")]

    found = [CLASSIFIER.classify(report.failures[turn], report).category for turn in (0, 1) for report in reports]

    assert ["invalid-recipient", "mailbox-full"] * 2 == found


MANY = {
    "distinct": lambda n: [f"a{i}@b.example" for i in range(n)],
    "the same": lambda n: ["a@b"] * n,  # a hundred of them fill a section
    "in Unicode": lambda n: [f"a{i}@xn--bcher-kva.b" for i in range(n)],
    "of many domains": lambda n: [f"a@xn--bcher-kva.b{i}" for i in range(n)],
    "within one another": lambda n: [f"{'a' * (i % 60)}@b{i}" for i in range(n)],
    "with labels that are too long": lambda n: [f"a{i}@xn--{'a' * 300}" for i in range(n)],
}


@pytest.mark.parametrize("kind", MANY)
def test_steps(kind):
    """Four times the recipients take at most about four times the steps, C and library code's calls included."""
    CLASSIFIER.classify(about(["a@b"], "").failures[0], about(["a@b"], ""))  # what is made once has been made

    small, large = (steps(MANY[kind](number)) for number in (100, 400))

    assert large <= 4.5 * small + 200


def steps(recipients):
    """Count the lines run and calls made while a report of *recipients* is judged, the standard library's among them."""
    report = about(recipients, "\n".join(f"{each}: user unknown" for each in recipients))
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace

    def profile(_frame, event, _argument):
        nonlocal count
        count += event == "c_call"

    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        for failure in report.failures:
            CLASSIFIER.classify(failure, report)
    finally:
        sys.setprofile(None)
        sys.settrace(None)
    return count


def test_long_labels_are_not_decoded():
    """A label longer than DNS has is compared as it stands, without the codec's square of steps."""
    name = f"a@xn--{'ü' * 64}.example"

    assert name == address.fold(name)
