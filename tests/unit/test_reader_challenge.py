"""Challenges: filters that ask the sender to prove himself have refused nothing."""

import pytest

from bounced.model import Envelope, Kind
from bounced.parse import challenge, parse
from bounced.parse.mail import Mail
from tests.reports import block, endings, report


def mail(subject: str, text: str, *fields: str) -> bytes:
    """Make a message with LF line endings."""
    head = "".join(f"{field}\n" for field in fields)
    return f"From: Bert <bert@example.org>\nSubject: {subject}\n{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


CHALLENGES = [
    mail("Please confirm your message", "Your mail could not be delivered yet.", "X-TMDA-Fingerprint: abc"),
    mail(
        "Please confirm your message",
        "Your message has been held. Just reply to this message to confirm that you are no machine.",
        "Return-Path: <>",
    ),
    mail(
        "Re: October news (verification)",
        "I'm protecting myself from receiving junk mail.\nJust this once, click the link below: spamarrest.com",
    ),
    mail("Re: news (Action Required)", "Your message about news was waitlisted. Please confirm you are a person.\nhttps://www.boxbe.com/"),
    mail("news", "Please click the link below to verify yourself at earthlink.net\nso that I can add you to my allowed senders list."),
    mail("[Mailinblack] Merci de vous authentifier", "Afin de vous authentifier,\ncliquez ici: confirmer votre message"),
    mail("Bitte bestätigen Sie Ihre Nachricht", "Bitte bestätigen Sie, dass Sie der Absender sind; dann wird sie zugestellt."),
]


@pytest.mark.parametrize("raw", CHALLENGES)
@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_challenge(raw, ending):
    """A challenge is known by its field, or by what it asks together with where or under what subject, and ends the reading."""
    raw = endings(raw)[ending]

    assert challenge.read(Mail(raw, Envelope())).is_final
    assert Kind.NOT_A_REPORT is parse(raw).kind


@pytest.mark.parametrize(
    "raw",
    [
        report(block(), text="Please confirm that you sent this message: click the link below to verify."),
        mail("Mail delivery failed", "550 5.7.1 sender verification failed\n", "Return-Path: <>"),
        mail("Please confirm your message", "Shall we meet on Monday?"),
        mail("Returned mail", "550 blocked, see spamarrest.com", "Return-Path: <>"),
    ],
    ids=["report", "refused", "letter", "named only"],
)
def test_no_challenge(raw):
    """A refusal that speaks of verification is no challenge."""

    assert not challenge.read(Mail(raw, Envelope())).is_final
