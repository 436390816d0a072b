"""SMTP dialogues: every notation, and who was refused by what."""

import pytest

from bounced.parse import dialogue, parse
from bounced.parse.dialogue import Said
from tests.notices import notice, told


@pytest.mark.parametrize(
    "lines",
    [
        [">>> RCPT To:<anna@example.org>", "<<< 550 no such user"],
        ["Sent <<< RCPT TO:<anna@example.org>", "Received >>> 550 no such user"],
        ["Mon 2026-11-23 10:00:00: --> RCPT To:<anna@example.org>", "Mon 2026-11-23 10:00:00: <-- 550 no such user"],
    ],
)
def test_notations(lines: list[str]) -> None:
    """The products mark what was sent and what was answered in their own ways."""

    assert dialogue.read(lines).of("anna@example.org") == Said("550 no such user", "RCPT", None)


def test_positive() -> None:
    """An answer that accepts is no failure."""
    talk = dialogue.read([">>> RCPT To:<anna@example.org>", "<<< 250 ok", ">>> DATA", "<<< 354 go on"])

    assert talk.of("anna@example.org") is None


def test_several_lines() -> None:
    """An answer of several lines is one; another code begins another answer."""
    talk = dialogue.read([">>> DATA", "<<< 554-5.7.1 this", "<<< 554 5.7.1 and that", "<<< 503 Need RCPT"])

    assert talk.of_all == Said("554-5.7.1 this\n554 5.7.1 and that", "DATA", None)


def test_mentioned() -> None:
    """An answer to DATA that names a recipient is his alone."""
    talk = dialogue.read(["... while talking to mx.example.org.:", ">>> DATA", "<<< 550 <anna@example.org> is gone", "<<< 503 Need RCPT"])

    assert (Said("550 <anna@example.org> is gone", "DATA", "mx.example.org"), "503 Need RCPT") == (
        talk.of("Anna@example.org"),
        talk.of_all.words if talk.of_all else "",
    )


def test_sender_mentioned() -> None:
    """An answer that names the sender is nobody's in particular."""
    talk = dialogue.read([">>> MAIL From:<news@example.com>", "<<< 550 <news@example.com> may not"])

    assert ({}, "MAIL") == (talk.by_recipient, talk.of_all.command if talk.of_all else None)


def test_bounded() -> None:
    """Lines past the limit are not read."""
    lines = ["x"] * dialogue.MAX_LINES + ["<<< 550 no"]

    assert dialogue.read(lines).of_all is None


def test_transcript_alone() -> None:
    """Where no list names the recipients, those whom the dialogue shows as refused failed."""
    raw = notice("Session:\n\n> RCPT\nSent <<< RCPT TO:<anna@example.org>\nReceived >>> 550 5.1.1 no such user\n")

    assert ("transcript", [("anna@example.org", 550, "5.1.1", "RCPT")]) == told(raw)


def test_refused_as_a_whole() -> None:
    """A refusal of the message is everybody's to whom it was sent."""
    raw = notice(">>> RCPT TO:<anna@example.org>\n<<< 250 ok\n>>> RCPT TO:<bert@example.org>\n<<< 250 ok\n>>> DATA\n<<< 554 5.7.1 spam\n")

    assert [("anna@example.org", 554), ("bert@example.org", 554)] == [(each.recipient.address, each.reply) for each in parse(raw).failures]


def test_program() -> None:
    """What a program that delivers locally complained of is the reason behind the server's own line."""
    talk = dialogue.read(["mail.local: unknown user: anna", "554 <anna@example.org>... Service unavailable"])

    assert talk.of("anna@example.org") == Said("554 <anna@example.org>... Service unavailable (mail.local: unknown user: anna)")
