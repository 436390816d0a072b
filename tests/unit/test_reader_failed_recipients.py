"""X-Failed-Recipients above a text in any language (`bounced.parse.failed_recipients`)."""

import pytest

from bounced.model import Envelope, Kind, Source
from bounced.parse import failed_recipients, parse
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from tests.reports import endings

_OWN = "return@bounce.example.com"
_GROUP = "Bonjour return@bounce.example.com,\n\nCe groupe n'existe pas.\n\nMerci\n\n----- Original message -----\n\n550 5.1.1 not this\n"


def mail(text, *failed):
    """Make a message that names *failed*, a field for each, with LF line endings."""
    fields = "".join(f"X-Failed-Recipients: {each}\n" for each in failed)
    head = (
        f"From: <mailer-daemon@mx.example.net>\nTo: {_OWN}\nAuto-Submitted: auto-replied\nSubject: Delivery Status Notification (Failure)\n"
    )
    return f"{head}{fields}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def read(raw):
    """Read *raw* as it comes with a null sender."""
    return failed_recipients.read(Mail(raw, Envelope(mail_from="", rcpt_to=(_OWN,))))


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_any_language(ending):
    """The header says who failed, the whole notice why, and nothing below its rule."""
    draft = read(endings(mail(_GROUP, "news-group@example.org"))[ending])

    assert isinstance(draft, Draft)
    assert [("news-group@example.org", Source.HEADER, "Bonjour return@bounce.example.com, Ce groupe n'existe pas. Merci", None)] == [
        (each.recipient.address, each.recipient.source, each.diagnostic, each.reply) for each in draft.failures
    ]


@pytest.mark.parametrize("failed", [("anna@example.org, bert@example.org",), ("anna@example.org", "bert@example.org")])
def test_reason_each(failed):
    """Several recipients, in one field or more, have each the reason that stands below its address."""
    draft = read(mail("Désolé:\n\n  anna@example.org\n    550 5.1.1 inconnu\n\n  bert@example.org\n    552 5.2.2 plein\n", *failed))

    assert isinstance(draft, Draft)
    assert [("anna@example.org", 550, "5.1.1"), ("bert@example.org", 552, "5.2.2")] == [
        (each.recipient.address, each.reply, each.diagnostic_status) for each in draft.failures
    ]


def test_no_header():
    """Without the header, or with none but our own return path in it, the reader has nothing to say."""

    assert [True, True] == [isinstance(read(mail(_GROUP, *failed)), Declined) for failed in ((), (_OWN,))]


def test_no_auto_reply():
    """Google Groups marks its refusals as auto-replies; they are bounces all the same."""

    assert Kind.BOUNCE is parse(mail(_GROUP, "news-group@example.org"), Envelope(mail_from="", rcpt_to=(_OWN,))).kind
