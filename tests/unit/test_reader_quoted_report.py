"""Reports that stand in the text of another message, header and all; and what only looks like one there."""

from bounced.model import Kind
from bounced.parse import parse
from tests.reports import block, report

PASSED_ON = "From: MAILER-DAEMON@mx.example.net\nTo: return@bounce.example.com\nSubject: Undelivered Mail Returned to Sender\n\n{}\n-----\n"
NOTICE = "Some mail could not be delivered. Ask <support@example.net> for help."
INSIDE = report(block("victim@example.com")).decode()
STATUS = f"Reporting-MTA: dns; mx.example.net\n\n{block('victim@example.com')}"
NEWSLETTER = (
    "Received: by news.example.com; today\nFrom: news@example.com\nTo: anna@example.org\nSubject: News\nMessage-ID: <1@example.com>\n\n"
)


def named(raw):
    """Return whom *raw* is read to be about."""
    return [failure.recipient.address for failure in parse(raw.encode()).failures]


def test_passed_on():
    """A report below a notice that names nobody is read, and known to be carried by another message."""
    read = parse((PASSED_ON.format(NOTICE) + INSIDE).encode())

    assert (["victim@example.com"], True) == ([failure.recipient.address for failure in read.failures], read.is_wrapped)


def test_returned_report():
    """Where the notice says who failed, a report that it returns is just what was mailed."""

    assert ["anna@example.org"] == named(PASSED_ON.format("<anna@example.org>: 552 5.2.2 mailbox is full") + INSIDE)


def test_status_within_returned_mail():
    """Fields of a report in the body of a returned newsletter say nothing, below its header or below a separator alone."""
    said = PASSED_ON.format("<anna@example.org>: 552 5.2.2 mailbox is full")
    separator = "------ This is a copy of the message, including all the headers. ------\n\n"

    assert ["anna@example.org"] == named(said + NEWSLETTER + STATUS)
    assert ["anna@example.org"] == named(said + separator + STATUS)


def test_ordinary():
    """Without a mail system that wrote it, the text holds a quotation."""

    assert Kind.NOT_A_REPORT is parse(f"From: carl@example.com\nSubject: look\n\nlook:\n\n{INSIDE}".encode()).kind
