"""Sendmail's banners, of version 5 to 8, and servers that use them."""

import pytest

from bounced.model import Kind, Source
from bounced.parse import parse
from tests.notices import declines, drafted, notice, told
from tests.reports import block, endings, report

HEAD = "The original message was received at Mon, 23 Nov 2026 09:59:00 +0000\nfrom news.example.com [192.0.2.9]\n\n"
FATAL = "   ----- The following addresses had permanent fatal errors -----\n"
TRANSCRIPT = "\n   ----- Transcript of session follows -----\n"
TWO = (
    HEAD + FATAL + "<anna@example.org>\n    (reason: 550 5.1.1 <anna@example.org>... User unknown)\n"
    "<bert@example.org>\n    (reason: 552 5.2.2 over quota)\n" + TRANSCRIPT + "... while talking to mx.example.org.:\n"
    ">>> RCPT To:<anna@example.org>\n<<< 550 5.1.1 <anna@example.org>... User unknown\n550 5.1.1 <anna@example.org>... User unknown\n"
    ">>> RCPT To:<bert@example.org>\n<<< 552 5.2.2 over quota\n552 5.2.2 <bert@example.org>... over quota\n"
)


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_several(ending: str) -> None:
    """Each recipient has its own answer, with any line ending."""

    assert ("sendmail", [("anna@example.org", 550, "5.1.1", "RCPT"), ("bert@example.org", 552, "5.2.2", "RCPT")]) == told(
        endings(notice(TWO))[ending]
    )


def test_whole_answer() -> None:
    """The list has the first line of an answer; the transcript has it all, with the command and the server."""
    raw = notice(
        f"{HEAD}{FATAL}<anna@example.org>\n    (reason: 552-5.7.0 This message was blocked)\n{TRANSCRIPT}"
        "... while talking to mx.example.org.:\n>>> DATA\n<<< 552-5.7.0 This message was blocked\n<<< 552 5.7.0 for its attachment\n"
        "554 5.0.0 Service unavailable\n"
    )
    (failure,) = parse(raw).failures

    assert ("552-5.7.0 This message was blocked 552 5.7.0 for its attachment", "DATA", "mx.example.org") == (
        failure.diagnostic,
        failure.command,
        failure.remote_mta,
    )


def test_fills_report() -> None:
    """What a delivery report leaves open, the transcript tells."""
    raw = report(
        block("anna@example.org", status="4.4.7"),
        text=f"{HEAD}{FATAL}<anna@example.org>\n{TRANSCRIPT}... while talking to mx.example.org.:\n<<< 421 go away\n"
        "<anna@example.org>... Deferred: 421 go away\nMessage could not be delivered for 5 days\n",
    )
    (failure,) = parse(raw).failures

    assert (421, "CONNECT", ("reply", "sendmail")) == (failure.reply, failure.command, failure.read_by[0])


def test_expanded() -> None:
    """A pipe stands for the address that it was expanded from."""
    raw = notice(
        f'{HEAD}{FATAL}"|/bin/filter"\n    (reason: 255)\n    (expanded from: <anna@example.org>)\n'
        f"{TRANSCRIPT}554 5.3.0 unknown mailer error 255\n"
    )

    assert ("sendmail", [("anna@example.org", 554, "5.3.0", None)]) == told(raw)


def test_expanded_alias() -> None:
    """An alias without a domain is the address that the returned mail was to; the one behind it is the final one."""
    (failure,) = parse(notice(f"{HEAD}{FATAL}bert@example.com\n    (reason: 550 no)\n    (expanded from: anna)\n{TRANSCRIPT}")).failures

    assert ("anna@example.org", Source.RETURNED_MESSAGE, "bert@example.com", "550 no") == (
        failure.recipient.address,
        failure.recipient.source,
        failure.recipient.final,
        failure.diagnostic,
    )


def test_warning() -> None:
    """A transient error is a delay."""
    raw = notice(
        "    *** THIS IS A WARNING MESSAGE ONLY: YOU DO NOT NEED TO RESEND YOUR MESSAGE ***\n\n"
        f"{HEAD}   ----- The following addresses had transient non-fatal errors -----\n<anna@example.org>\n{TRANSCRIPT}"
        "<anna@example.org>... Deferred: Connection refused by mx.example.org.\nWarning: message still undelivered after 4 hours\n"
    )

    assert [Kind.DELAY] == [each.kind for each in parse(raw).failures]


def test_both_fates() -> None:
    """Fatal errors stay bounces in a notice that also warns of others."""
    raw = notice(
        f"{HEAD}{FATAL}<anna@example.org>\n    (reason: 550 no)\n\n"
        f"   ----- The following addresses had transient non-fatal errors -----\n<bert@example.org>\n    (reason: 451 later)\n{TRANSCRIPT}"
    )

    assert [Kind.BOUNCE, Kind.DELAY] == [each.kind for each in parse(raw).failures]


def test_success() -> None:
    """An address under the banner of success was delivered."""
    raw = notice(
        f"{HEAD}   ----- The following addresses had successful delivery notifications -----\n"
        f"<anna@example.org>  (relayed to non-DSN-aware mailer)\n"
    )

    assert [(Kind.DELIVERY, "")] == [(each.kind, each.diagnostic) for each in drafted("sendmail", raw)]


def test_version_5() -> None:
    """Version 5 lists nobody: the transcript names the recipients, the other server's answer is the reason."""
    raw = notice(
        "   ----- Transcript of session follows -----\nWhile talking to mx.example.org:\n>>> MAIL From:<news@example.com>\n"
        "<<< 550 <news@example.com> may not relay\n554 <anna@example.org>... Remote protocol error\n"
        "554 <bert@example.com>... 550 Host unknown (Authoritative answer from name server)\n\n   ----- Unsent message follows -----\n"
    )

    assert ("sendmail", [("anna@example.org", 550, None, "MAIL"), ("bert@example.com", 550, None, None)]) == told(raw)


@pytest.mark.parametrize(
    ("text", "reply", "status"),
    [
        (
            (
                "    --- The following addresses had delivery problems ---\n\n"
                "<anna@example.org>   (5.1.1 <anna@example.org>... User unknown)\n"
            ),
            None,
            "5.1.1",
        ),
        ("---The following addresses had delivery errors---\n\nanna@example.org [550 User unknown]\n", 550, None),
        (
            (
                "   ----- The following addresses had delivery problems -----\nanna@example.org\n\n"
                "   ----- Non-delivered information -----\n"
                "552 mailbox full\n"
            ),
            552,
            None,
        ),
        ("|---- Failed addresses follow: ----|\n anna@example.org ... 550 unknown host\n|--- Message text follows: ---|\n", 550, None),
        (
            f"{FATAL}\n>>> anna@example.org <anna@example.org>\n\n550 sorry, no mailbox here (#5.1.1)\n\n  ----- Original message -----\n",
            550,
            "5.1.1",
        ),
    ],
)
def test_relatives(text: str, reply: int | None, status: str | None) -> None:
    """Other servers use the banners with lists and reasons of their own."""
    (failure,) = parse(notice(text)).failures

    assert ("anna@example.org", reply, status) == (failure.recipient.address, failure.reply, failure.diagnostic_status)


def test_person() -> None:
    """What a person sends on is no report of Sendmail's."""

    assert declines("sendmail", notice(TWO, sender="Carol <carol@example.com>"))
