"""Forms: every row of the table reads what its product sends."""

import pytest

from bounced.model import Kind
from bounced.parse import parse
from bounced.parse.form_table import FORMS
from tests.notices import declines, drafted, notice

DMA = (
    "This is the DragonFly Mail Agent v0.13 at mx.example.net.\n\nThere was an error delivering your mail to <anna@example.org>.\n\n"
    "mx.example.org [192.0.2.1] did not like our RCPT TO:\n550 5.1.1 no such user\n\nMessage headers follow.\n\n"
)
EXAMPLES = {
    "DragonFly Mail Agent": (DMA, 550),
    "X6": (
        (
            "We had trouble delivering your message. Full details follow:\n\n1 error(s):\n\n"
            "SMTP Server <mx.example.org> rejected recipient "
            "<anna@example.org> (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n"
        ),
        550,
    ),
    "JavaMail gateways": (
        (
            "Error: Invalid user address\n\nError message below:\n550 - no such user here\n\nMessage details:\n"
            "  Sent date: today\n  RCPT TO: anna@example.org\n"
        ),
        550,
    ),
    "Verizon picture messages": (
        "Message could not be delivered to mobile.\nError: No valid recipients for this MM\n\n  To: anna@example.org\n",
        None,
    ),
    "m-FILTER": (
        (
            "failed:\nanna@example.org\n\n\n-------server message\n550 anna@example.org... No such user\n\n"
            "-------SMTP command\nDATA\n\n-------original mail info\n"
        ),
        550,
    ),
    "X2": (
        (
            "Delivery failed: anna@example.org\n192.0.2.1 failed after I sent the message.\n"
            "Remote host said: 554 too many hops\nSTEP: DATA SEND\n"
        ),
        554,
    ),
    "SurfControl": (
        (
            "Your message could not be sent.\nA transcript of the attempts to send the message follows.\nAddressed To: anna@example.org\n\n"
            "Failed to send to identified host,\nanna@example.org: [192.0.2.1], 550 No such user\n--- Message non-deliverable.\n"
        ),
        550,
    ),
    "MailFoundry": (
        (
            "Unable to deliver message to: <anna@example.org>\nDelivery failed for the following reason:\n"
            "mx.example.org[192.0.2.1] responded with failure: "
            "552 over quota\n\nNo further attempts.\n"
        ),
        552,
    ),
    "CommuniGate Pro": (
        "Failed to deliver to 'anna@example.org'\nSMTP module(domain example.org) reports:\n host mx.example.org says:\n 550 no\n",
        550,
    ),
    "MDaemon": (
        (
            "The attached message had PERMANENT fatal delivery errors!\n\nFailed address: anna@example.org\n\n--- Session Transcript ---\n"
            " Mon 2026-11-23 10:00:00: <-- 220 hello\n Mon 2026-11-23 10:00:01: <-- 550 5.1.1 no\n--- End Transcript ---\n"
        ),
        550,
    ),
    "Haraka": ("Intended Recipients: <anna@example.org>\nFailure Reason: 550 no\n\n", 550),
    "Oracle Messaging Server": (
        (
            "Your message cannot be delivered to the following recipients:\n\n  Recipient address: anna@example.org\n  Reason: rejected\n"
            "  Diagnostic code: smtp;550 5.1.1 no\n"
        ),
        550,
    ),
    "IMail, as told by the other server": ("undeliverable to anna@example.org\n\nBody of message generated response:\n550 no\n", 550),
    "IMail and others": ("User mailbox exceeds allowed size: anna@example.org\n\nOriginal message follows.\n\n", None),
    "Zoho, of delays": ("[Status: Error, Address: <anna@example.org>, ResponseCode 421, , Host not reachable.]\n", 421),
    "fml": ("You are not a member of this mailing list <anna@example.org>.\n", None),
    "fml, of loops": ("fml security: Loop Back Warning for anna@example.org\n", None),
}


@pytest.mark.parametrize("product", [form.product for form in FORMS])
def test_products(product: str) -> None:
    """Every row of the table has an example here, and reads it."""
    text, reply = EXAMPLES[product]
    (failure,) = drafted("forms", notice(text, X_MLServer="fml [fml 4.0.3]"))

    assert ("anna@example.org", reply) == (failure.recipient.address, failure.reply)


def test_several() -> None:
    """A form filled in several times has several recipients, each with its own reason."""
    raw = notice("Unknown user: anna@example.org\nUser mailbox exceeds allowed size: bert@example.org\n\nOriginal message follows.\n")

    assert [("anna@example.org", "Unknown user"), ("bert@example.org", "User mailbox exceeds allowed size")] == [
        (each.recipient.address, each.diagnostic) for each in drafted("forms", raw)
    ]


def test_command() -> None:
    """A form that names the command and the server fills them in."""
    (failure,) = parse(notice(DMA)).failures

    assert ("RCPT", "mx.example.org", Kind.BOUNCE) == (failure.command, failure.remote_mta, failure.kind)


def test_unnamed() -> None:
    """Where the form leaves the recipient out, it is the one whom the returned mail was to."""
    raw = notice("Message could not be delivered to mobile.\nError: No valid recipients for this MM\n\n")

    assert ["anna@example.org"] == [each.recipient.address for each in drafted("forms", raw)]


def test_person() -> None:
    """What a person sends on is no form."""

    assert declines("forms", notice(DMA, sender="Carol <carol@example.com>"))
