"""Reports in prose for tests: plain text from a mail system, what matters in the test."""

from bounced.model import Envelope, Failure
from bounced.parse import READERS, parse
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail

RETURNED = (
    "Received: from news.example.com by mx.example.net; Mon, 23 Nov 2026 09:59:00 +0000\n"
    "Message-ID: <original-1@news.example.com>\n"
    "From: news@news.example.com\n"
    "To: Anna <anna@example.org>\n"
    "Subject: October news\n"
    "\nHello.\n"
)


def notice(text: str, *, sender: str = "MAILER-DAEMON@mx.example.net", returned: str = RETURNED, **fields: str) -> bytes:
    """Make a message without MIME: *text*, and the returned message below it; keywords are further header fields."""
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return (
        f"From: {sender}\nTo: return@bounce.example.com\nSubject: Returned mail\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <notice-1@mx.example.net>\n{head}\n{text}\n{returned}"
    ).encode()


def declines(reader: str, raw: bytes) -> bool:
    """Whether the reader of this name has nothing to say of *raw*."""
    mail = Mail(raw, Envelope())
    readings = [read(mail) for read in READERS if read.__module__ == f"bounced.parse.{reader}"]
    return bool(readings) and all(isinstance(reading, Declined) for reading in readings)


def drafted(reader: str, raw: bytes) -> list[Failure]:
    """Return the failures that the reader of this name drafts of *raw*."""
    mail = Mail(raw, Envelope())
    readings = [read(mail) for read in READERS if read.__module__ == f"bounced.parse.{reader}"]
    return [failure for reading in readings if isinstance(reading, Draft) for failure in reading.failures]


def told(raw: bytes) -> tuple[str, list[tuple[str | None, int | None, str | None, str | None]]]:
    """Return which reader spoke, and of each failure recipient, reply, status in the text and command."""
    report = parse(raw)
    return report.reader, [(each.recipient.address, each.reply, each.diagnostic_status, each.command) for each in report.failures]
