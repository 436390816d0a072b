"""QSBMF and the formats made after it."""

import pytest

from bounced.parse import parse
from tests.notices import declines, notice, told
from tests.reports import endings

HI = (
    "Hi. This is the qmail-send program at mx.example.net.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
)
COPY = "\n--- Below this line is a copy of the message.\n\n"


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_several(ending: str) -> None:
    """Each paragraph is one recipient's, with any line ending."""
    raw = notice(
        HI + "<anna@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 <anna@example.org>... no such user\n"
        "Giving up on 192.0.2.1.\n\n"
        "<bert@example.com>:\nSorry, I couldn't find any host named example.com. (#5.1.2)\n" + COPY
    )

    assert ("qmail", [("anna@example.org", 550, "5.1.1", "RCPT"), ("bert@example.com", None, "5.1.2", None)]) == told(endings(raw)[ending])


@pytest.mark.parametrize(
    ("words", "command", "host"),
    [
        ("Connected to 192.0.2.1 but sender was rejected.\nRemote host said: 550 no", "MAIL", "192.0.2.1"),
        ("Connected to 192.0.2.1 but my name was rejected.\nRemote host said: 550 no", "EHLO", "192.0.2.1"),
        ("Connected to 192.0.2.1 but greeting failed.\nRemote host said: 550 no", "CONNECT", "192.0.2.1"),
        ("192.0.2.1 failed after I sent the message.\nRemote host said: 550 no", "DATA", "192.0.2.1"),
        ("Remote host said: 550 no [RCPT_TO]", "RCPT", None),
    ],
)
def test_command(words: str, command: str, host: str | None) -> None:
    """The command that was refused, and by whom, are told by qmail-remote's own words."""
    (failure,) = parse(notice(f"{HI}<anna@example.org>:\n{words}\n{COPY}")).failures

    assert (command, host) == (failure.command, failure.remote_mta)


@pytest.mark.parametrize(
    "introduction",
    [
        "Sorry, we were unable to deliver your message to the following address.",
        "Message from example.net.\nUnable to deliver message to the following address(es).",
        "Your mail message to the following address(es) could not be delivered. This\nis a permanent error.",
        "Hi. This is the deliver program at mx.example.net.",
    ],
)
def test_relatives(introduction: str) -> None:
    """Hosts with an introduction of their own keep the paragraphs."""
    raw = notice(f"{introduction}\n\n<anna@example.org>:\nThis account is over quota. (#5.2.2)\n\n--- Original message follows.\n")

    assert ("qmail", [("anna@example.org", None, "5.2.2", None)]) == told(raw)


def test_quoted_address() -> None:
    """An address that begins a line of a reason does not begin another recipient's paragraph."""
    raw = notice(f"{HI}<anna@example.org>:\nRemote host said: 550-see below\n<bert@example.com>: is another\n{COPY}")

    assert ["anna@example.org"] == [each.recipient.address for each in parse(raw).failures]


def test_reporting_mta() -> None:
    """The host that wrote the notice is named in its first line."""

    assert parse(notice(f"{HI}<anna@example.org>:\nno\n{COPY}")).reporting_mta == "mx.example.net"


def test_end() -> None:
    """What stands below the line is the returned message, whatever it looks like."""
    raw = notice(f"{HI}<anna@example.org>:\nno (#5.1.1)\n{COPY}<carol@example.com>:\nnot for you\n")

    assert ["anna@example.org"] == [each.recipient.address for each in parse(raw).failures]


def test_person() -> None:
    """What a person sends on is no report of qmail's."""

    assert declines("qmail", notice(f"{HI}<anna@example.org>:\nno\n{COPY}", sender="Carol <carol@example.com>"))
