"""Feedback reports: of the Abuse Reporting Format, as specified and as they come, and the notices sent in its place."""

import pytest

from bounced.model import Envelope, Kind, Source
from bounced.parse import parse
from tests.reports import endings, wrapped

RETURNED = """Return-Path: <return+anna@bounce.example.com>
Message-ID: <original-1@news.example.com>
List-Id: News <news.example.com>
To: Anna <anna@example.org>
Subject: October news

Hello.
"""


def feedback(
    fields: str = "Feedback-Type: abuse\nUser-Agent: Receiver/1.0\nVersion: 1\nOriginal-Rcpt-To: <anna@example.org>\n",
    returned: str = RETURNED,
    words: str = "This is an email abuse report for an email message received from IP 192.0.2.1.",
    kind: str = "message/feedback-report",
    structure: str = "multipart/report; report-type=feedback-report",
    subject: str = "FW: October news",
) -> bytes:
    """Make a feedback report out of its parts, with LF line endings."""
    return (
        f'From: feedback@receiver.example\nTo: fbl@example.com\nSubject: {subject}\nContent-Type: {structure}; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: {kind}\n\n{fields}\n"
        f"--b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n"
    ).encode()


def notice(subject: str = "Your mail", words: str = "", returned: str = RETURNED) -> bytes:
    """Make a notice for people with the message attached."""
    return (
        f"From: staff@receiver.example\nTo: fbl@example.com\nSubject: {subject}\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: message/rfc822\n\n{returned}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_report(ending):
    """A report names who complained, of what kind it is, and who had sent the message, in every line ending."""
    read = parse(
        endings(feedback("Feedback-Type: abuse\nOriginal-Mail-From: <return+1@bounce.example.com>\nOriginal-Rcpt-To: anna@example.org\n"))[
            ending
        ]
    )
    failure = read.failures[0]

    assert (Kind.COMPLAINT, "rfc5965", "abuse", "anna@example.org") == (
        read.kind,
        read.reader,
        failure.feedback_type,
        failure.recipient.address,
    )
    assert ("return+1@bounce.example.com", "<original-1@news.example.com>", "news.example.com") == (
        read.original.return_path,
        read.original.message_id,
        read.original.list_id,
    )


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("abuse", "abuse"),
        ("ABUSE", "abuse"),
        ("fraud", "fraud"),
        ("virus", "virus"),
        ("opt-out", "opt-out"),
        ("opt-out-list", "opt-out-list"),
        ("not-spam", "not-spam"),
        ("auth-failure", "auth-failure"),
        ("dmarc", "auth-failure"),
        ("other", "other"),
        ("something-new", "other"),
        ("phishing", "fraud"),
        ('"abuse" ; complaint', "abuse"),
    ],
)
def test_type(field, expected):
    """Every registered type is read in any case, former names by what they are called now, unknown ones as "other"."""
    read = parse(feedback(f"Feedback-Type: {field}\nUser-Agent: x\nVersion: 1\nOriginal-Rcpt-To: anna@example.org\n"))

    assert (Kind.COMPLAINT, [expected]) == (read.kind, [failure.feedback_type for failure in read.failures])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("This is an opt-out report for an email message received from IP 192.0.2.1.", "opt-out"),
        ("This is a fraud report for an email message received from IP 192.0.2.1.", "fraud"),
        ("This is a report for an email message.", "abuse"),
    ],
)
def test_type_in_words(words, expected):
    """Where the field is missing, the words for people state the type."""

    assert expected == parse(feedback("User-Agent: x\nVersion: 1\n", words=words)).failures[0].feedback_type


@pytest.mark.parametrize(
    ("fields", "returned", "expected"),
    [
        ("Original-Rcpt-To: a@example.org\nOriginal-Rcpt-To: <b@example.org>\n", RETURNED, ["a@example.org", "b@example.org"]),
        ("Original-Rcpt-To: a@example.org\nOriginal-Rcpt-To: A@Example.org\n", RETURNED, ["a@example.org"]),
        ("Removal-Recipient: a@example.org\n", RETURNED, ["a@example.org"]),
        ("Original-Rcpt-To: redacted\n", RETURNED, ["anna@example.org"]),
        ("", RETURNED, ["anna@example.org"]),
        ("", "X-HmXmrOriginalRecipient: a@example.org\n" + RETURNED, ["a@example.org"]),
        ("", "X-Apparently-To: a@example.org via 192.0.2.1; Mon, 23 Nov 2026 10:00:00 +0000\n" + RETURNED, ["a@example.org"]),
        ("", "To: a@example.org, b@example.org\nSubject: two\n\n", [None]),
        ("", "Delivered-To: a@example.org\nTo: undisclosed recipients\n\n", ["a@example.org"]),
        ("Original-Rcpt-To: fbl@example.com\n", RETURNED, ["anna@example.org"]),
        ("Original-Rcpt-To: prvs=12ab34cd56=a@example.org\n", RETURNED, ["a@example.org"]),
    ],
)
def test_recipient(fields, returned, expected):
    """Who complained stands in the report's fields, else in the returned header where it names one; it is never ourselves."""
    read = parse(feedback("Feedback-Type: abuse\n" + fields, returned), Envelope("", ("fbl@example.com",)))

    assert expected == [failure.recipient.address for failure in read.failures]


@pytest.mark.parametrize(
    "raw",
    [
        feedback(kind="Message/Feedback-Report"),
        feedback(structure="multipart/mixed"),
        feedback(kind="text/plain"),
        feedback(kind="application/octet-stream"),
        feedback(words="").replace(b"message/rfc822", b"text/rfc822-headers"),
        feedback("Feedback-Type: abuse\n").replace(b"message/rfc822", b"text/rfc822-header"),
        feedback().replace(b"--b--\n", b""),
        b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: anna@example.org\n",
        wrapped(feedback(), "MAILER-DAEMON@gateway.example"),
    ],
    ids=[
        "upper case",
        "no multipart/report",
        "as text",
        "as octets",
        "header only",
        "header misspelt",
        "cut",
        "alone",
        "wrapped by a gateway",
    ],
)
def test_broken(raw):
    """A report is read in the broken forms that are met."""
    read = parse(raw)

    assert (Kind.COMPLAINT, ["anna@example.org"]) == (read.kind, [failure.recipient.address for failure in read.failures])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            notice("complaint about message from 192.0.2.1", returned="X-HmXmrOriginalRecipient: bert@example.org\n" + RETURNED),
            ("abuse", "bert@example.org"),
        ),
        (notice(words="This is an email abuse report for an email message received from\n192.0.2.1"), ("abuse", "anna@example.org")),
        (notice(words="This is an opt-out report for an email message received from 192.0.2.1"), ("opt-out", "anna@example.org")),
        (
            b"From: Anna <anna@example.org>\nTo: leave@news.example.com\nX-Apple-Unsubscribe: true\nSubject: unsubscribe\n\n",
            ("opt-out", "anna@example.org"),
        ),
    ],
    ids=["subject", "words", "opt-out", "Apple Mail"],
)
def test_notice(raw, expected):
    """A complaint without a part for machines is known by how its notice begins, or by its own field."""
    read = parse(raw)

    assert [(Kind.COMPLAINT, *expected)] == [(each.kind, each.feedback_type, each.recipient.address) for each in read.failures]


def test_header_recipient():
    """The source of an address says where it was read."""
    sources = [
        parse(feedback(fields)).failures[0].recipient.source for fields in ("Original-Rcpt-To: a@example.org\n", "Feedback-Type: abuse\n")
    ]

    assert [Source.ORIGINAL_RECIPIENT, Source.RETURNED_MESSAGE] == sources


@pytest.mark.parametrize(
    "raw",
    [
        wrapped(feedback(), "colleague@example.com"),
        notice("complaint about message from 192.0.2.1").replace(b"Content-Type: message/rfc822", b"Content-Type: text/plain"),
        notice(
            "Fwd: complaint",
            "---------- Forwarded message ----------\nThis is an email abuse report for an email message received from 192.0.2.1",
        ),
        notice("Complaint about my order", "I complain: this is an email about your report."),
        b"From: a@example.org\nSubject: format\n\nSuch a report says:\nFeedback-Type: abuse\nUser-Agent: x\nVersion: 1\n",
    ],
    ids=["attached by a person", "nothing returned", "forwarded", "a customer's", "talk about it"],
)
def test_no_complaint(raw):
    """What a person forwards, writes or complains about himself is no feedback report."""

    assert Kind.NOT_A_REPORT is parse(raw).kind
