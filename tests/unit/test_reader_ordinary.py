"""Mail that by its form alone is no report: said with certainty, or not at all."""

import pytest

from bounced.model import Envelope, Kind
from bounced.parse import ordinary, parse
from bounced.parse.mail import Mail
from tests.reports import block, endings, report

BOUNCE = "This is the mail system.\nI could not deliver it: <anna@example.org>: 550 5.1.1 user unknown\n"


def mail(text: str, *fields: str, subject: str = "Hello", sender: str = "Bert <bert@example.com>", kind: str = "text/plain") -> bytes:
    """Make a message with LF line endings."""
    head = "".join(f"{field}\n" for field in fields)
    return f"From: {sender}\nSubject: {subject}\n{head}Content-Type: {kind}; charset=utf-8\n\n{text}\n".encode()


def is_certain(raw: bytes) -> bool:
    """Whether the reader is certain that *raw* is no report."""
    return ordinary.read(Mail(raw, Envelope())).is_final


@pytest.mark.parametrize(
    "mark",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Forwarded Message --------",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ----------",
        "Début du message transféré :",
        "---------- Mensaje reenviado ----------",
        "---------- Messaggio inoltrato ----------",
        "---------- Doorgestuurd bericht ----------",
        "---------- Пересылаемое сообщение ----------",
        "On Mon, 23 Nov 2026 at 10:00, Mail System wrote:\n>",
        "Am 23.11.2026 um 10:00 schrieb Mail System:\n>",
    ],
)
@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_forwarded(mark, ending):
    """What stands below the mark of a forwarding program is quoted, in every line ending."""
    raw = endings(mail(f"Do you know what this is?\n\n{mark}\n{BOUNCE}"))[ending]

    assert is_certain(raw)
    assert Kind.NOT_A_REPORT is parse(raw).kind


@pytest.mark.parametrize(
    ("mark", "subject"),
    [
        ("-----Original Message-----", "RE: Returned mail"),
        ("-----Ursprüngliche Nachricht-----", "AW: Unzustellbar"),
        ("From: Mail System\nSent: Monday, 23 November 2026 10:00\nTo: Bert", "FW: Undeliverable: news"),
        ("Von: Mail System\nGesendet: Montag, 23. November 2026 10:00\nAn: Bert", "WG: Unzustellbar: Neues"),
        ("*De :* Mail System\n*Envoyé :* lundi 23 novembre 2026", "TR: Non remis"),
    ],
)
def test_answered(mark, subject):
    """Marks that servers use as well count where the subject says that a person answers or forwards."""

    assert [True, False] == [is_certain(mail(f"See?\n\n{mark}\n\n{BOUNCE}", subject=each)) for each in (subject, "Returned mail")]


def test_forwarded_status():
    """A report's parts in a message that a person forwards inline are not his bounce."""
    raw = report(block(), text="Begin forwarded message:\n\n" + BOUNCE)
    raw = raw.replace(b"MAILER-DAEMON@mx.example.net", b"bert@example.com").replace(b"multipart/report", b"multipart/mixed")

    assert Kind.NOT_A_REPORT is parse(raw).kind


@pytest.mark.parametrize(
    "raw",
    [
        mail("BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", kind="text/calendar"),
        mail(BOUNCE, "List-Id: Talk <talk.example.org>"),
        mail(BOUNCE, "List-Unsubscribe: <mailto:leave@example.com>", "Auto-Submitted: auto-generated"),
        mail(BOUNCE, "X-GitHub-Reason: mention"),
        mail("x", subject="Report Domain: example.com Submitter: receiver.example Report-ID: <1>", sender="postmaster@receiver.example"),
        mail("x", subject="Statistics", kind='application/gzip; name="receiver.example!example.com!1700000000!1700086400.xml.gz"'),
        mail("{}", kind="application/tlsrpt+json"),
        mail("x", kind="multipart/report; report-type=tlsrpt; boundary=b"),
        mail("x", kind="multipart/digest; boundary=b"),
        mail("anna@example.org: user unknown", "Return-Path: <>", subject="Spam Quarantine Notification", sender="postmaster@example.net"),
        mail("A message to you was not delivered.", "Return-Path: <>", sender="postmaster@example.net"),
    ],
    ids=[
        "calendar",
        "list",
        "newsletter",
        "tracker",
        "DMARC subject",
        "DMARC name",
        "TLS part",
        "TLS report",
        "digest",
        "quarantine",
        "to you",
    ],
)
def test_form(raw):
    """Form alone tells invitations, list mail, trackers, statistics, digests and notices to the reader from reports."""

    assert is_certain(raw)


@pytest.mark.parametrize(
    "raw",
    [
        report(block()),
        report(block(), text="-----Original Message-----\n" + BOUNCE),
        report(block()).replace(b"Subject:", b"List-Id: <talk.example.org>\nSubject:", 1),
        mail(BOUNCE, "List-Id: Talk <talk.example.org>", sender="MAILER-DAEMON@example.org"),
        mail("Begin forwarded message:\n" + BOUNCE, "Return-Path: <>"),
        mail(BOUNCE, "List-Unsubscribe: <mailto:leave@example.com>", "X-MLServer: fml [fml 4.0]"),
        mail("We are returning a message to you, and the mail to you: " + BOUNCE, "Return-Path: <>"),
        mail(BOUNCE),
    ],
    ids=["report", "original", "by way of a list", "mail system", "null sender", "fml", "returned to you", "plain"],
)
def test_in_doubt(raw):
    """What a mail system may have sent is left to the other readers."""

    assert not is_certain(raw)
