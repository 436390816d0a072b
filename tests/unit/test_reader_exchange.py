"""The diagnostic information of Exchange 2007 and later, in any language (`bounced.parse.exchange`)."""

import pytest

from bounced.model import Envelope
from bounced.parse import exchange
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from tests.reports import endings

_OWN = "return@bounce.example.com"


def mail(text, sender="postmaster@example.org"):
    """Make a message with LF line endings."""
    return f"From: <{sender}>\nTo: <{_OWN}>\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def read(raw):
    """Read *raw* as it comes with a null sender."""
    return exchange.read(Mail(raw, Envelope(mail_from="", rcpt_to=(_OWN,))))


ENGLISH = """Delivery has failed to these recipients or groups:

Anna<mailto:anna@example.org>
The email address wasn't found. Contact helpdesk@example.org.

Diagnostic information for administrators:

Generating server: mail.example.org

anna@example.org
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##

bert@example.org
mx.example.org #550 5.2.2 mailbox full #SMTP#

Original message headers:
"""
ITALIAN = """Il recapito non è riuscito per i seguenti destinatari o gruppi:

Informazioni di diagnostica per gli amministratori:

Server di generazione: mail.example.org

anna@example.org
Remote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'

bert@example.org
23/11/2026 10:00:00 - Server at example.org returned '550 5.2.2 mailbox full'

Intestazioni originali del messaggio:
"""
JAPANESE = """管理者向けの診断情報:

生成サーバー: mail.example.org

anna@example.org

リモート サーバーから '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found' が返されました

<bert@example.org>
#< #5.2.2 smtp;550 5.2.2 mailbox full> #SMTP#
"""


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
@pytest.mark.parametrize("text", [ENGLISH, ITALIAN, JAPANESE], ids=["English", "Italian", "Japanese"])
def test_languages(text, ending):
    """Recipients and answers are found by their place, whatever the language, the notation and the line endings."""
    draft = read(endings(mail(text))[ending])

    assert isinstance(draft, Draft)
    assert ("mail.example.org", [("anna@example.org", 550, "5.1.1"), ("bert@example.org", 550, "5.2.2")]) == (
        draft.reporting_mta,
        [(each.recipient.address, each.reply, each.diagnostic_status) for each in draft.failures],
    )


def test_original_recipient():
    """The address that the answer ends with is the one mailed, the one above it where the mail ended up."""
    draft = read(mail("list@inside.example\n#550 5.7.1 RESOLVER.RST.AuthRequired; authentication required ##rfc822;anna@example.org\n"))

    assert isinstance(draft, Draft)
    assert [("anna@example.org", "list@inside.example")] == [(each.recipient.address, each.recipient.final) for each in draft.failures]


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        ("bert@example.org", ENGLISH),
        ("postmaster@example.org", f"{_OWN}\n#550 5.1.1 not found ##\n"),
        ("postmaster@example.org", "anna@example.org\nis away until 5.12. Call 550-1234.\n"),
        ("postmaster@example.org", "Write to anna@example.org\n'550 5.1.1 no'\n"),
        ("postmaster@example.org", "anna@example.org\n\nHello\n\n'550 5.1.1 no'\n"),
    ],
    ids=["by a person", "our own return path", "no answer", "address within a sentence", "answer too far"],
)
def test_no_report(sender, text):
    """A person's mail, our own return path, an address without an answer of its own are none."""
    raw = mail(text, sender)
    envelope = Envelope(mail_from=None if sender.startswith("bert") else "", rcpt_to=(_OWN,))

    assert isinstance(exchange.read(Mail(raw, envelope)), Declined)
