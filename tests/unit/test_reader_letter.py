"""Mail that no mail system wrote is not read as free text, whatever it says."""

import pytest

from bounced.model import Envelope, Kind
from bounced.parse import letter, parse
from bounced.parse.mail import Mail
from tests.reports import endings

FAILURE = "Your message could not be delivered: 550 5.1.1 <anna@example.org>: user unknown\n"


def mail(*fields: str, sender: str = "Bert <bert@example.com>", subject: str = "Delivery failed", below: str = "") -> bytes:
    """Make a message that speaks of a failure, with LF line endings."""
    head = "".join(f"{field}\n" for field in fields)
    return f"From: {sender}\nTo: carla@example.net\nSubject: {subject}\n{head}\n{FAILURE}{below}".encode()


@pytest.mark.parametrize(
    "raw",
    [mail(), mail("Auto-Submitted: auto-generated", sender="Shop <noreply@shop.example>"), mail("Return-Path: <bert@example.com>")],
    ids=["letter", "program", "reverse-path"],
)
@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_letter(raw, ending):
    """A letter or a program's notice ends the reading, in every line ending, though its subject and words are a bounce's."""
    raw = endings(raw)[ending]

    assert letter.read(Mail(raw, Envelope())).is_final
    assert Kind.NOT_A_REPORT is parse(raw).kind


@pytest.mark.parametrize(
    "raw",
    [
        mail("Return-Path: <>"),
        mail(sender="postmaster@example.org"),
        mail(sender="System Administrator <admin@example.org>"),
        mail(sender="Mail Delivery System <noreply@example.org>"),
        mail("X-Failed-Recipients: anna@example.org"),
        mail("X-MLServer: fml [fml 4.0]"),
        mail(below="\nReceived: from out.example.net\nFrom: carla@example.net\nTo: anna@example.org\nSubject: Minutes\n"),
    ],
    ids=["null sender", "postmaster", "administrator", "delivery system", "recipients", "list server", "returned"],
)
def test_no_letter(raw):
    """Any sign of a mail system, or a message returned below the words, leaves it to the readers of words."""

    assert not letter.read(Mail(raw, Envelope())).is_final


def test_null_sender():
    """The null sender of the envelope counts, when no field was written for it."""

    assert not letter.read(Mail(mail(), Envelope(mail_from=""))).is_final
