"""Reply and enhanced status codes in texts."""

import pytest

from bounced.status import Codes, choose, find_codes, is_vague, matches, read_status


@pytest.mark.parametrize(
    ("text", "reply", "status"),
    [
        ("550 5.1.1 <anna@example.org>: no such user", 550, "5.1.1"),
        ("550-5.1.1 no such\r\n550 user", 550, "5.1.1"),
        ("host mx.example.org[192.0.2.1] said: 452-4.2.2 over quota", 452, "4.2.2"),
        ("#5.1.1 the recipient is unknown", None, "5.1.1"),
        ("(reason: 550 no such user)", 550, None),
        ("550 user unknown", 550, None),
        ("554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>", 421, "4.4.2"),
        ("550 5.1.1 <550 4.4.2 not an answer>", 550, "5.1.1"),
        ("591 blocked", 591, None),
        ("said: 571 5.7.1 blocked", 571, "5.7.1"),
        ("on port 587 of the host", None, None),
        ("550-'5.7.1 access denied'", 550, "5.7.1"),
        ("550 #5.1.1 no such user", 550, "5.1.1"),
        ("said: 4.2.2 over quota", None, "4.2.2"),
        ("connect to 5.1.1.9 timed out", None, None),
        ("Postfix-2.5.1 says hello", None, None),
        ("version 4.1.2 of the software", None, None),
        ("delayed for 450 minutes", None, None),
        ("message of 552 bytes", None, None),
        ("call +49 550 123456", None, None),
        ("mailed on 2.11.2026", None, None),
        ("see example.org/550", None, None),
        ("554 delivery error: dd This user doesn't have an account", 554, None),
        ("", None, None),
    ],
)
def test_codes(text, reply, status):
    """Reply and status are found wherever MTAs put them, and nowhere else."""

    assert find_codes(text) == Codes(reply, status)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("5.1.1", "5.1.1"),
        (" 5.1.1 (bad address)", "5.1.1"),
        ("5.01.1", "5.1.1"),
        ("550 5.2.2", "5.2.2"),
        ("3.1.1", None),
        ("five", None),
        ("", None),
    ],
)
def test_status_field(field, expected):
    """A Status field may carry a comment, leading zeros or a reply code; anything else is no status."""

    assert read_status(field) == expected


@pytest.mark.parametrize(
    ("diagnostic", "field", "reply", "expected"),
    [
        ("5.1.1", "5.0.0", 550, "5.1.1"),
        ("5.0.0", "5.1.1", 550, "5.1.1"),
        ("5.7.1", "4.0.0", 550, "5.7.1"),
        ("5.2.2", "4.2.2", 452, "4.2.2"),
        ("5.2.1", "5.1.1", None, "5.2.1"),
        (None, "4.4.1", None, "4.4.1"),
        ("4.4.1", None, None, "4.4.1"),
        (None, None, 550, None),
    ],
)
def test_choice(diagnostic, field, reply, expected):
    """Of two statuses the one that agrees with the reply is chosen, then the more telling one."""

    assert choose(diagnostic, field, reply) == expected


@pytest.mark.parametrize(("status", "expected"), [("5.0.0", True), ("4.7.1", True), ("5.1.0", True), ("5.1.1", False), ("5.4.0", False)])
def test_vague(status, expected):
    """Undefined details and the two catch-alls say little but their class."""

    assert is_vague(status) is expected


@pytest.mark.parametrize(
    ("status", "pattern", "expected"),
    [("5.2.2", "?.2.2", True), ("4.2.2", "5.2.2", False), ("5.7.26", "5.7.*", True), ("5.7.26", "x.7.2", False)],
)
def test_pattern(status, pattern, expected):
    """A pattern's wildcards stand for whole numbers."""

    assert matches(status, pattern) is expected
