"""Read receipts: certainly none of our business, and certainly no bounce."""

import pytest

from bounced.model import Envelope, Kind
from bounced.parse import parse, readings
from bounced.parse.mail import Mail
from tests.reports import block, endings, report

DISPOSITION = """Reporting-UA: mail.example.org; Mail Program
Original-Recipient: rfc822;anna@example.org
Final-Recipient: rfc822;anna@example.org
Original-Message-ID: <original-1@news.example.com>
Disposition: manual-action/MDN-sent-manually; deleted
"""


def receipt(
    subject: str = "Your mail", text: str = "See below.", kind: str = "message/disposition-notification", report_type: str = "x"
) -> bytes:
    """Make a read receipt of two parts with LF line endings."""
    return (
        f"From: anna@example.org\nSubject: {subject}\nContent-Type: multipart/report; report-type={report_type}; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n--b\nContent-Type: {kind}\n\n{DISPOSITION}\n--b--\n"
    ).encode()


def letter(subject: str, text: str, sender: str = "anna@example.org") -> bytes:
    """Make a plain message with LF line endings."""
    return f"From: {sender}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def last_reader(raw: bytes) -> tuple[str, bool]:
    """Return which reader ended the reading of *raw*, and whether it was certain."""
    *_, last = readings(Mail(raw, Envelope()))
    return last.reader, last.is_final


@pytest.mark.parametrize(
    "raw",
    [
        receipt(report_type="disposition-notification"),
        receipt(report_type="Disposition-Notification", kind="text/plain"),
        receipt(),
        receipt(kind="message/global-disposition-notification"),
        letter("Receipt", DISPOSITION),
        b"Content-Type: application/pkcs7-mime; smime-type=signed-receipt\n\nMIIB\n",
        b"From: a@example.org\nSubject: Read: x\nContent-Type: application/ms-tnef\n\nx\x9f>IPM.Note.IPNRN\x00\n",
    ],
    ids=["report type", "no part", "part", "UTF-8", "in the text", "S/MIME", "TNEF"],
)
@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_receipt(raw, ending):
    """A receipt is known by its parts, in every line ending, and ends the reading."""
    raw = endings(raw)[ending]

    assert Kind.NOT_A_REPORT is parse(raw).kind
    assert ("receipt", True) == last_reader(raw)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Read: October news", "Your message was read on Monday."),
        ("Not read: October news", "Your message was deleted without being read on Monday."),
        ("Gelesen: Neues", "Ihre Nachricht wurde am Montag gelesen."),
        ("Lu : Nouvelles", "Votre message a été lu le lundi."),
        ("Leído: Noticias", "Su mensaje fue leído el lunes."),
        ("Letto: Novità", "Il messaggio è stato letto il lunedì."),
        ("Gelezen: Nieuws", "Uw bericht is gelezen op maandag."),
        ("Lida: Notícias", "A mensagem foi lida na segunda-feira."),
        ("Прочитано: Новости", "Сообщение было прочитано."),
        ("開封済み: お知らせ", "メッセージは開封されました。"),
        ("已读: 新闻", "您的邮件已读。"),
        ("Return Receipt (displayed) - October news", "This is a receipt."),
    ],
)
def test_words(subject, text):
    """What programs sent before RFC 8098 is known by subject and text together."""

    assert ("receipt", True) == last_reader(letter(subject, text))


@pytest.mark.parametrize(
    "raw",
    [
        report(block()),
        report(block()).replace(b"delivery-status;", b"disposition-notification;", 1),
        letter("Read: this is important", "Nothing of the kind."),
        letter("Read: news", "The message that was read on Monday could not be delivered.", "MAILER-DAEMON@mx.example"),
    ],
    ids=["bounce", "bounce of a wrong type", "letter", "mail system"],
)
def test_no_receipt(raw):
    """A delivery status, a mail system's words or a subject alone are no receipt."""
    readers = {(reading.reader, reading.is_final) for reading in readings(Mail(raw, Envelope()))}

    assert ("receipt", True) not in readers
