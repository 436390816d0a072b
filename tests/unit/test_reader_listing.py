"""Lists under a sentence: OpenSMTPD, GMX and 1&1, Zoho, hMailServer, Courier, MessageLabs, James and others."""

import pytest

from bounced.model import Kind
from bounced.parse import parse
from tests.notices import declines, drafted, notice, told
from tests.reports import endings

OPENSMTPD = (
    "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n"
    "    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n"
    "anna@example.org: 550 5.1.1 <anna@example.org>... no such user\nbert@example.org: 552 5.2.2 over quota\n\n"
    "    Below is a copy of the original message:\n\n"
)


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_several(ending: str) -> None:
    """Each line of a list is one recipient's, with any line ending."""

    assert ("listing", [("anna@example.org", 550, "5.1.1", None), ("bert@example.org", 552, "5.2.2", None)]) == told(
        endings(notice(OPENSMTPD))[ending]
    )


@pytest.mark.parametrize(
    ("text", "reply", "status", "command"),
    [
        (  # GMX
            (
                'The following address\nfailed:\n\n"anna@example.org":\n'
                "SMTP error from remote server after RCPT command:\nhost: mx.example.org\n"
                "5.1.1 <anna@example.org>... User Unknown\n\n\n--- The header of the original message is following. ---\n"
            ),
            None,
            "5.1.1",
            "RCPT",
        ),
        (  # 1&1
            (
                "The following address failed:\n\n    anna@example.org\n\nReason:\nSMTP error from remote server for TEXT command, "
                "host: mx.example.org (192.0.2.1) reason: 554 5.7.1 spam\n"
            ),
            554,
            "5.7.1",
            "DATA",
        ),
        (  # Zoho
            (
                "A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.\n\n"
                "anna@example.org Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 no such user\n"
            ),
            550,
            "5.1.1",
            None,
        ),
        (  # hMailServer
            (
                "The following recipient(s) could not be reached:\n\nanna@example.org\n   Error Type: SMTP\n"
                "   hMailServer sent: RCPT TO:<anna@example.org>\n"
                "   Remote server replied: 550 5.1.1 no such user\n\n\nhMailServer\n"
            ),
            550,
            "5.1.1",
            "RCPT",
        ),
        (  # Courier
            (
                "Your message to the following recipients cannot be delivered:\n\n<anna@example.org>:\n"
                "    mx.example.org [192.0.2.1]:\n>>> DATA\n"
                "<<< 550 5.1.1 no such user\n\n---------------------------------\n"
            ),
            550,
            "5.1.1",
            "DATA",
        ),
        (  # MessageLabs
            (
                "I was unable to deliver your message to the following addresses:\n\nanna@example.org\n\n"
                "Reason: 550-5.7.1 not\n550 5.7.1 permitted\n"
            ),
            550,
            "5.7.1",
            None,
        ),
        (  # Apache James
            (
                "Hi. This is the James mail server at mx.example.net.\n"
                "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
                "This is a permanent error; I've given up. Sorry it didn't work out.\n\nFailed recipient(s):\n"
                "anna@example.org\n\nError message:\n"
                "550 5.1.1 no such user\n"
            ),
            550,
            "5.1.1",
            None,
        ),
        (
            (
                "Delivery to the following recipients failed permanently:\n\n   * anna@example.org\n\n=====\n"
                " Technical details: \n=====\n\n"
                "SMTP:RCPT host 192.0.2.1: 553 5.3.0 no such user\n\n=====\n"
            ),
            553,
            "5.3.0",
            "RCPT",
        ),
    ],
)
def test_products(text: str, reply: int | None, status: str | None, command: str | None) -> None:
    """The products differ in what stands between the address and its reason."""
    (failure,) = drafted("listing", notice(text))

    assert ("anna@example.org", reply, status, command) == (
        failure.recipient.address,
        failure.reply,
        failure.diagnostic_status,
        failure.command,
    )


def test_delay() -> None:
    """A list in a warning is of delays."""
    raw = notice(
        "    A message is delayed for more than 4 hours for the following\n    list of recipients:\n\nanna@example.org: 421 4.7.0 later\n\n"
        "    You DO NOT NEED to re-send the message to these recipients.\n"
    )
    report = parse(raw)

    assert (Kind.DELAY, ["anna@example.org"], "421 4.7.0 later") == (
        report.kind,
        [each.recipient.address for each in report.failures],
        report.failures[0].diagnostic,
    )


def test_footer() -> None:
    """Addresses below the list are not of the list."""
    raw = notice(
        "The following address failed:\n\nanna@example.org\n\nReason:\nno such user\n\n"
        "For further assistance write to\nsupport@example.net\n"
    )

    assert ["anna@example.org"] == [each.recipient.address for each in drafted("listing", raw)]


def test_person() -> None:
    """What a person sends on is no list of failures."""

    assert declines("listing", notice(OPENSMTPD, sender="Carol <carol@example.com>"))


def test_size_is_no_reply() -> None:
    """A number of class 2 in the words of a failure is no reply code."""
    raw = notice("The following address failed:\n\nanna@example.org\n\nReason:\nmessage exceeds the limit of 200 KB\n")

    assert [None] == [each.reply for each in drafted("listing", raw)]
