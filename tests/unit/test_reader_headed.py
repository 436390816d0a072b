"""Reports by headings and labels (`bounced.parse.headed`): a small message for each grammar of the table, and what is none."""

import pytest

from bounced.model import Envelope, Kind, Source
from bounced.parse import headed, parse
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from tests.reports import endings

_OWN = "return@bounce.example.com"
_RETURNED = (
    "\n\nReceived: from news.example.com\nMessage-ID: <1@news.example.com>\nSubject: October news\nFrom: news@example.com\n\nHello\n"
)


def mail(text, sender="postmaster@mx.example.net", subtype="plain", **fields):
    """Make a message with LF line endings."""
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    return f"From: {sender}\nTo: {_OWN}\nSubject: x\n{head}Content-Type: text/{subtype}; charset=utf-8\n\n{text}\n".encode()


def draft(raw, envelope=Envelope(mail_from="", rcpt_to=(_OWN,))):  # noqa: B008 a frozen value
    """Read *raw* by its headings."""
    reading = headed.read(Mail(raw, envelope))
    assert isinstance(reading, Draft), reading
    return reading


EXCHANGE_2003 = """Your message

  To:      Anna
  Subject: October news
  Sent:    Mon, 23 Nov 2026 10:00:00 +0100

did not reach the following recipient(s):

anna@example.org on Mon, 23 Nov 2026 10:00:03 +0100
    The recipient name is not recognized
	The MTS-ID of the original message is: c=de;a= ;p=example
;l=EXCHANGE0261123
    MSEXCH:IMS:Example:SITE:EXCHANGE 0 (000C05A6) Unknown Recipient
bert@example.org on Mon, 23 Nov 2026 10:00:03 +0100
    The e-mail account does not exist at the organization
            <mx.example.org #5.1.1 smtp;550 5.1.1 <bert@example.org>... User unknown>
"""
DOMINO = """Your message

  Subject: October news

was not delivered to:

  anna@example.org

because:

  User anna (anna@example.org) not listed in Domino Directory
"""
ORACLE = """This report relates to a message you sent with the following header fields:

  Message-id: <1@news.example.com>
  From: news@example.com

Your message cannot be delivered to the following recipients:

  Recipient address: anna@example.org
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown user anna
  Remote system: dns;mx.example.org (TCP|192.0.2.1|39876|192.0.2.2|25)

  Recipient address: @gate.example.net:b@inside.example
  Original address: bert@example.org
  Reason: Over quota
"""
MAILMARSHAL = """Your message:
   From:    news@example.com
   Subject: October news

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    anna@example.org
    bert@example.org

Additional Information
======================
Original Sender:    <news@example.com>
Reporting-MTA:      <mx.example.net>
"""
MFILTER = """以下のメールアドレスへの送信に失敗しました。
anna@example.org

-------server message
452 4.3.1 Insufficient system resources

-------SMTP command
DATA

-------original mail info
From: news@example.com
"""
GMAIL = """Delivery to the following recipient failed permanently:

     anna@example.org

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the server for the recipient domain example.org.

The error that the other server returned was:
550 5.1.1 <anna@example.org>... User Unknown

----- Original message -----

support@example.net
"""
GROUPWISE = """The message that you sent was undeliverable to the following:
\tanna@example.org (550 5.1.1 user not found)
\tbert@example.org (452 4.2.2 mailbox full)
"""
MDAEMON = """The attached message had PERMANENT fatal delivery errors!

Failed address: anna@example.org

--- Session Transcript ---
 Mon 2026-11-23 10:00:00: --> RCPT To:<anna@example.org>
 Mon 2026-11-23 10:00:01: <-- 550 5.1.1 unknown user
--- End Transcript ---
"""
MIMECAST = """An email that you attempted to send to the following address could not be delivered:
-- anna@example.org

The problem appears to be :
-- Recipient email address is possibly incorrect

Additional information follows :
-- 5.4.1 Recipient address rejected: Access denied.

This condition occurred after 1 attempt(s) to deliver over a period of 0 hour(s).
If you require further information, please contact help@example.net.
"""
VERIZON = """Error: Invalid user address

Error message below:
550 - Requested action not taken: no such user here

Message details:
  MAIL FROM: news@example.com
  RCPT TO: anna@example.org
"""
QQ = """抱歉,您的邮件被退回来了……
原邮件信息:
时间:2026-11-23 10:00:00
主题:October news
收件人\uff1aanna@example.org
退信原因\uff1a
550 5.1.1 收件人邮件地址不存在
解决方案\uff1a
请联系 help@example.net
"""
CARRIER = """Each of the following recipients was rejected by a remote
mail server.

    Recipient: <anna@example.org>
    >>> RCPT TO:<anna@example.org>
    <<< 550 <anna@example.org>: User unknown
"""
DECORATED = """============================================
Delivery to the following recipients failed permanently:

   * anna@example.org

============================================
               Technical details:

SMTP:RCPT host 192.0.2.1: 553 5.3.0 <anna@example.org>... No such user here

============================================
"""
ZOHO = """A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

anna@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.2.2 <anna@example.org>... Mailbox Full
"""

SAMPLES = {
    "Exchange 2003": (EXCHANGE_2003, [("anna@example.org", None, None, None), ("bert@example.org", 550, "5.1.1", None)]),
    "Domino": (DOMINO, [("anna@example.org", None, None, None)]),
    "Oracle": (ORACLE, [("anna@example.org", 550, "5.1.1", None), ("bert@example.org", None, None, None)]),
    "MailMarshal": (MAILMARSHAL, [("anna@example.org", 550, "5.1.1", None), ("bert@example.org", 550, "5.1.1", None)]),
    "m-FILTER": (MFILTER, [("anna@example.org", 452, "4.3.1", "DATA")]),
    "Gmail": (GMAIL, [("anna@example.org", 550, "5.1.1", None)]),
    "GroupWise": (GROUPWISE, [("anna@example.org", 550, "5.1.1", None), ("bert@example.org", 452, "4.2.2", None)]),
    "MDaemon": (MDAEMON, [("anna@example.org", 550, "5.1.1", "RCPT")]),
    "Mimecast": (MIMECAST, [("anna@example.org", None, "5.4.1", None)]),
    "Verizon": (VERIZON, [("anna@example.org", 550, None, None)]),
    "QQ": (QQ, [("anna@example.org", 550, "5.1.1", None)]),
    "ezweb": (CARRIER, [("anna@example.org", 550, None, "RCPT")]),
    "X3": (DECORATED, [("anna@example.org", 553, "5.3.0", "RCPT")]),
    "Zoho": (ZOHO, [("anna@example.org", 550, "5.2.2", None)]),
}


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
@pytest.mark.parametrize("product", SAMPLES)
def test_products(product, ending):
    """Who failed, with which codes, to which command, however lines end, and nobody else."""
    text, expected = SAMPLES[product]
    failures = draft(endings(mail(text + _RETURNED))[ending]).failures

    assert expected == [(each.recipient.address, each.reply, each.diagnostic_status, each.command) for each in failures]


@pytest.mark.parametrize(
    ("text", "diagnostic"),
    [
        ("User mailbox exceeds allowed size: anna@example.org\n", "User mailbox exceeds allowed size:"),
        ("Delivery failed 20 attempts: anna@example.org\n", "Delivery failed 20 attempts:"),
        (
            "Could not be delivered to: <anna@example.org>\n   As their mailbox is full.\n",
            "Could not be delivered to: As their mailbox is full.",
        ),
        ("The user(s) account is disabled.\n\n<anna@example.org>\n", "The user(s) account is disabled"),
        ("------ Failure Reasons ------\n\nUser not listed in public\nanna@example.org\n", "Failure Reasons User not listed in public"),
        ("Did not reach the following recipient: anna@example.org\n", "Did not reach the following recipient"),
        (DOMINO, "User anna (anna@example.org) not listed in Domino Directory"),
        (MAILMARSHAL, "550 5.1.1 User unknown"),
        (ORACLE, "Remote SMTP server has rejected address smtp;550 5.1.1 unknown user anna"),
    ],
)
def test_diagnostic(text, diagnostic):
    """The diagnostic is all that is said of the recipient on one line, the heading where it is the reason."""

    assert diagnostic == draft(mail(text + _RETURNED)).failures[0].diagnostic


@pytest.mark.parametrize(
    "markup",
    [
        "<tr><td>Recipient Address:</td><td>anna@example.org</td></tr><tr><td>Reported error:</td><td>550 5.1.1 not found</td></tr>",
        "<tr><th>Recipient</th><td><a href='mailto:a'>anna@example.org</a></td></tr><tr><th>Reason</th><td>550 5.1.1 no</td></tr>",
        "<tr><td><b>Empfänger:</b></td><td>anna@example.org</td></tr><tr><td><b>Grund:</b></td><td>550 5.1.1 unbekannt</td></tr>",
        "<tr><td>Sender:<td>a@example.com</td></tr><tr><td>Recipient:<td>anna@example.org</td></tr><tr><td>Error:<td>550 5.1.1</td></tr>",
    ],
)
def test_table(markup):
    """The cells of a table in HTML are labels and values."""
    (failure,) = draft(mail(f"<html><body><table>{markup}</table></body></html>", subtype="html")).failures

    assert ("anna@example.org", 550, "5.1.1") == (failure.recipient.address, failure.reply, failure.diagnostic_status)


def test_original_address():
    """Where a report names the address before rewriting, that is the one mailed, and the other the final one."""
    bert = draft(mail(ORACLE)).failures[1].recipient

    assert ("bert@example.org", "b@inside.example") == (bert.address, bert.final)


def test_remote_server():
    """The label of the remote system names the server that answered."""

    assert "mx.example.org" == draft(mail(ORACLE)).failures[0].remote_mta


@pytest.mark.parametrize(
    "text",
    [
        "Delivery to the following recipient has been delayed:\n\n  anna@example.org\n\nMessage will be retried for 2 more day(s)\n",
        "Delivery to the following recipient has been delayed:\n\n  anna@example.org\n",
        "There was a temporary problem delivering your message to anna@example.org. Gmail will retry for 45 more hours.\n",
    ],
)
def test_delay(text):
    """A report that says the mail is only late is of kind delay."""

    assert [(Kind.DELAY, "anna@example.org")] == [(each.kind, each.recipient.address) for each in draft(mail(text)).failures]


def test_name_without_address():
    """Where the report names a person and no address, the one to whom the returned mail was addressed failed."""
    text = "Your mail\n\n  To: anna@example.org\n\ndid not reach the following recipient(s):\n\nAnna on Monday\n    Unknown Recipient\n"
    (failure,) = draft(mail(text)).failures

    assert ("anna@example.org", Source.TEXT, True) == (
        failure.recipient.address,
        failure.recipient.source,
        "Unknown Recipient" in failure.diagnostic,
    )


def test_own_return_path():
    """Our return path, which the envelope tells, is never the recipient that failed."""
    text = f"Your message\n\nwas not delivered to:\n\n  {_OWN}\n"

    assert isinstance(headed.read(Mail(mail(text), Envelope(mail_from="", rcpt_to=(_OWN,)))), Declined)


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("Bert <bert@example.org>", GMAIL),
        ("postmaster@mx.example.net", "".join(f"> {line}\n" for line in GMAIL.split("\n"))),
        ("postmaster@mx.example.net", "Recipient: anna@example.org\nSubject: your quarantine\nDate: today\n"),
        ("postmaster@mx.example.net", "Your message was not delivered to the person you meant. Ask postmaster@mx.example.net for help.\n"),
        ("postmaster@mx.example.net", "Dear all,\n\nthe mail server is down on Sunday.\n"),
    ],
    ids=["by a person", "quoted", "no failure told", "only a help desk", "no heading"],
)
def test_no_report(sender, text):
    """What a person wrote or quotes, what tells of no failure or names nobody but a help desk, is no report."""

    assert isinstance(headed.read(Mail(mail(text, sender), Envelope())), Declined)


def test_within_parse():
    """Among all readers, this one speaks where the others know less."""
    report = parse(mail(MIMECAST), Envelope(mail_from="", rcpt_to=(_OWN,)))

    assert (Kind.BOUNCE, "headed", ["anna@example.org"]) == (
        report.kind,
        report.reader,
        [each.recipient.address for each in report.failures],
    )
