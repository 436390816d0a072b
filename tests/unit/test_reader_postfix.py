"""Postfix's words for people, where no delivery report goes with them or it leaves something open."""

import pytest

from bounced.model import Kind
from bounced.parse import parse
from tests.notices import declines, drafted, notice, told
from tests.reports import endings

SORRY = (
    "This is the mail system at host mx.example.net.\n\n"
    "I'm sorry to have to inform you that your message could not\n"
    "be delivered to one or more recipients. It's attached below.\n\n"
    "For further assistance, please send mail to <postmaster>\n\n"
    "                   The mail system\n\n"
)


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_several(ending: str) -> None:
    """Each recipient has its own reason, unfolded, with any line ending; the postmaster of the footer is none."""
    raw = notice(
        SORRY
        + "<anna@example.org>: host mx.example.org[192.0.2.1] said: 550\n    5.1.1 <anna@example.org>: no such user (in reply to RCPT TO\n"
        "    command)\n\n<bert@example.com>: host mx.example.com[192.0.2.2] said: 554 5.7.1 spam (in\n    reply to end of DATA command)\n\n"
    )
    reader, failures = told(endings(raw)[ending])

    assert ("postfix", [("anna@example.org", 550, "5.1.1", "RCPT"), ("bert@example.com", 554, "5.7.1", "DATA")]) == (reader, failures)


def test_expanded() -> None:
    """The address that was mailed is the one that the recipient was expanded from."""
    (failure,) = parse(notice(SORRY + "<bert@example.com> (expanded from\n    <anna@example.org>): mailbox full\n\n")).failures

    assert ("anna@example.org", "bert@example.com", "mailbox full") == (
        failure.recipient.address,
        failure.recipient.final,
        failure.diagnostic,
    )


def test_warning() -> None:
    """A warning is a delay."""
    raw = notice(
        "This is the mail system at host mx.example.net.\n\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n\n"
        "<anna@example.org>: connect to mx.example.org[192.0.2.1]:25: Connection timed out\n\n"
    )
    (failure,) = parse(raw).failures

    assert (Kind.DELAY, "CONNECT", "mx.example.org") == (failure.kind, failure.command, failure.remote_mta)


def test_success() -> None:
    """A report of success is a delivery."""
    raw = notice(
        "Enclosed is the mail delivery report that you requested.\n\n"
        "<anna@example.org>: delivery via mx.example.org[192.0.2.1]:25: 250 2.0.0 ok\n\n"
    )

    assert [Kind.DELIVERY] == [each.kind for each in parse(raw).failures]


def test_quoted_local_part() -> None:
    """A quoted local part is kept as it is."""

    assert ['"anna b"@example.org'] == [
        each.recipient.address for each in drafted("postfix", notice(SORRY + '<"anna b"@example.org>: no\n\n'))
    ]


def test_person() -> None:
    """What a person sends on is no report of Postfix's."""

    assert declines("postfix", notice(SORRY + "<anna@example.org>: no\n\n", sender="Carol <carol@example.com>"))
