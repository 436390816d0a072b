"""The traps of real mail: what looks like a dead address and is none, what looks temporary and is final, one test each."""

import pytest

from bounced.classify import Classifier
from bounced.model import Action, Disposition, Failure, Kind, Recipient, Report
from bounced.parse import parse
from bounced.status import find_codes
from tests.reports import block, report

CLASSIFIER = Classifier.load()


def judge(diagnostic, *, status=None, action=Action.FAILED, kind=Kind.BOUNCE, text="", command=None, remote=None):
    """Judge one failure with this diagnostic; return category and disposition."""
    codes = find_codes(diagnostic)
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        kind=kind,
        action=action,
        status=status,
        reply=codes.reply,
        diagnostic_status=codes.status,
        diagnostic=diagnostic,
        command=command,
        remote_mta=remote,
    )
    return verdict(failure, Report(kind=kind, identity="i", failures=(failure,), text=text))


def verdict(failure, whole):
    """Return the category of *failure* and what one such report leads to."""
    finding = CLASSIFIER.classify(failure, whole)
    suppresses = CLASSIFIER.categories[finding.category].disposition is Disposition.SUPPRESS or finding.abandoned
    return finding.category, "suppress" if finding.permanent and suppresses else "retry"


def test_unknown_user_code_with_a_rate_limit():
    """5.1.1 beside a rate limit is our own rate."""

    assert ("sender-rate-limited", "retry") == judge("550 5.1.1 rate limit exceeded for 192.0.2.7")


def test_address_code_with_a_block():
    """5.1.0 beside a block is our reputation."""

    assert ("reputation-block", "retry") == judge("550 5.1.0 192.0.2.7 is blocked, see our block list")


def test_recipient_preferences():
    """5.1.1 *recipient preferences* is a living reader who does not want us."""

    assert ("recipient-refused", "retry") == judge("550 5.1.1 Message rejected: recipient preferences")


def test_headline_over_a_sender_refusal():
    """Gmail's headline *Address not found* stands over a 5.1.8 that refuses the sender's domain."""
    words = "Address not found. The response was: 553 5.1.8 Domain of sender address news@example.org does not exist"

    assert ("sender-rejected", "retry") == judge(words)


def test_procmail():
    """Procmail's *No such user* is about an account of its own."""

    assert ("system-unavailable", "retry") == judge('x-unix; procmail: Couldn\'t create "/var/mail/ann" id: ann: No such user')


@pytest.mark.parametrize(
    "words",
    ["Host or domain name not found. Name service error for name=example.com type=A: Host not found", "Recipient domain has null MX"],
)
def test_no_domain_under_a_status_of_class_4(words):
    """Status 4.0.0 over a name that does not exist, or a null MX, is final."""

    assert ("invalid-domain", "suppress") == judge(words, status="4.0.0")


def test_greeting_under_a_status_of_class_4():
    """Status 4.0.0 over a 554 greeting is our reputation."""

    assert ("reputation-block", "retry") == judge("554 mx.example.net no service for you", status="4.0.0", command="CONNECT")


@pytest.mark.parametrize("name", ["5.1.1 (bad address)", "5.1.1"])
@pytest.mark.parametrize("action", ["Failed", "FAILED", "failed", None])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_fields_as_they_come(name, action, end):
    """A status with a comment, an Action in any case or none, and any line ends mean the same."""
    raw = report(block(status=name, action=action, diagnostic_code="smtp; 550 5.1.1\n <anna@example.org>: user\n unknown"))
    whole = parse(raw.replace(b"\n", end.encode()))

    assert [("invalid-recipient", "suppress")] == [verdict(failure, whole) for failure in whole.failures]


def test_fates_apart():
    """In one report each recipient has his own fate, and a broken block takes nobody's away."""
    raw = report(
        block("ann@example.org", diagnostic_code="smtp; 550 5.1.1 user unknown"),
        "Final-Recipient garbage\n\x00\n",
        block("bob@example.org", status="5.2.2", diagnostic_code="smtp; 552 5.2.2 mailbox full"),
        block("eve@example.org", status="5.7.1", diagnostic_code="smtp; 550 5.7.1 blocked using bl.example.net"),
    )
    whole = parse(raw)
    fates = {failure.recipient.address: verdict(failure, whole) for failure in whole.failures}
    fates = {address: fates.get(address) for address in ("ann@example.org", "bob@example.org", "eve@example.org")}

    assert {
        "ann@example.org": ("invalid-recipient", "suppress"),
        "bob@example.org": ("mailbox-full", "retry"),
        "eve@example.org": ("reputation-block", "retry"),
    } == fates


@pytest.mark.parametrize("name", ["prvs=1234abcdef=ann@example.org", "SRS0=Ab1c=XY=example.org=ann@relay.example"])
def test_wrapped_addresses_say_nothing(name):
    """A wrapped address in the words is an address, and none of its letters is read as a word."""

    assert ("invalid-recipient", "suppress") == judge(f"550 5.1.1 <{name}>: user unknown")


@pytest.mark.parametrize(
    ("diagnostic", "category"),
    [
        ("550 5.7.1 part of their network is on our block list (S3150)", "reputation-block"),
        ("550 5.7.620 Access denied", "reputation-block"),
        ("553 5.7.1 [BL21] Connections will not be accepted", "reputation-block"),
        ("553 5.7.2 [TSS09] All messages will be permanently deferred", "reputation-block"),
        ("550 5.7.26 flux", "auth-failure"),
        ("550 5.7.515 flux", "auth-failure"),
        ("550 5.7.23 flux", "auth-failure"),
        ("550 5.2.0 failed DMARC", "auth-failure"),
        ("550 5.5.0 SPF is not in order", "auth-failure"),
        ("571 Message failed DMARC", "auth-failure"),
        ("550 5.7.1 unsolicited", "spam-content"),
        ("554 [PH01] not accepted", "spam-content"),
        ("550 5.6.1 flux", "content-error"),
        ("552 5.3.4 flux", "message-too-large"),
        ("550 5.2.3 flux", "message-too-large"),
        ("550 5.4.5 flux", "sender-rate-limited"),
        ("550 5.1.90 flux", "sender-rate-limited"),
        ("550 5.7.508 flux", "sender-rate-limited"),
        ("550 5.7.705 flux", "sender-rate-limited"),
        ("550 5.2.2 Submission quota exceeded", "sender-rate-limited"),
        ("550 5.2.1 The user is receiving mail at a rate that is too high", "recipient-rate-limited"),
        ("554 5.2.121 flux", "recipient-rate-limited"),
        ("554 5.2.122 flux", "recipient-rate-limited"),
        ("552 5.2.2 flux", "mailbox-full"),
        ("552 5.1.1 OFR_417", "mailbox-full"),
        ("530 flux", "relay-denied"),
        ("535 flux", "relay-denied"),
        ("550 5.7.1 relay not allowed", "relay-denied"),
        ("550 5.7.64 flux", "relay-denied"),
        ("550 5.7.8 flux", "relay-denied"),
        ("550 5.1.7 flux", "sender-rejected"),
        ("550 5.1.8 flux", "sender-rejected"),
        ("550 5.7.27 flux", "sender-rejected"),
        ("501 5.1.0 Sender address rejected", "sender-rejected"),
        ("550 5.7.10 flux", "tls-required"),
        ("500 flux", "protocol-error"),
        ("555 flux", "protocol-error"),
        ("550 5.5.4 flux", "protocol-error"),
        ("550 5.7.124 flux", "recipient-refused"),
        ("550 5.7.134 flux", "recipient-refused"),
        ("550 5.7.2 flux", "recipient-refused"),
        ("550 blocked by the recipient", "recipient-refused"),
        ("554 5.4.6 flux", "routing-loop"),
        ("554 5.4.7 flux", "expired"),
        ("550 5.4.1 flux", "network"),
    ],
)
def test_class_5_that_must_not_suppress(diagnostic, category):
    """A class 5 that is not the address's fault, or that heals, suppresses nobody."""

    assert (category, "retry") == judge(diagnostic)


@pytest.mark.parametrize("diagnostic", ["552 5.2.2 out of storage space and inactive", "554 5.2.2 mailbox full (extended quota violation)"])
def test_full_and_dead(diagnostic):
    """Full and dead suppresses at once."""

    assert ("mailbox-full", "suppress") == judge(diagnostic)


@pytest.mark.parametrize(
    ("diagnostic", "status", "expected"),
    [
        ("450 4.1.1 user unknown", None, ("invalid-recipient", "retry")),
        ("451 4.1.1 flux", None, ("invalid-recipient", "retry")),
        ("Delivery time expired. Host not found: no such domain", "4.4.7", ("invalid-domain", "suppress")),
        ("450 4.2.1 the account is disabled", None, ("mailbox-disabled", "retry")),
        ("450 4.2.1 mailbox suspended", None, ("mailbox-disabled", "retry")),
    ],
)
def test_class_4_that_ends_in_suppression(diagnostic, status, expected):
    """A class 4 that is the address's fault is counted under its cause, and never suppresses on the first."""

    assert expected == judge(diagnostic, status=status)


@pytest.mark.parametrize("action", [Action.DELAYED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED])
def test_only_failed_suppresses(action):
    """A dead address under any other action than *failed* suppresses nobody."""
    kind = Kind.DELAY if action is Action.DELAYED else Kind.DELIVERY

    assert "suppress" not in judge("550 5.1.1 user unknown", action=action, kind=kind)


@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL"])
@pytest.mark.parametrize("diagnostic", ["550 user unknown", "550 5.1.1 flux", "550 5.1.2 no such domain", "550"])
def test_refused_before_the_recipient(command, diagnostic):
    """What a server refuses before it has heard of the recipient is not about the recipient."""

    assert judge(diagnostic, command=command)[1] == "retry"
    assert judge(diagnostic, command="RCPT")[1] == "suppress"


@pytest.mark.parametrize(
    "veto", ["blocked", "rate limit", "SPF", "temporarily", "try again", "Spamhaus", "gesperrt", "trop de", "ブラックリスト", "黑名单"]
)
def test_veto_words(veto):
    """Beside a veto word neither a code nor a generic rule suppresses; the rule that has the word in its phrase does."""

    assert judge(f"550 5.1.1 user unknown, {veto}")[1] == "retry"
    assert judge(f"550 5.1.1 flux, {veto}")[1] == "retry"
    assert judge("550 5.1.1 user unknown in relay recipient table")[1] == "suppress"


@pytest.mark.parametrize(
    ("diagnostic", "category"),
    [
        ("550 EMPFÄNGER UNBEKANNT", "invalid-recipient"),
        ("550 Empfaenger unbekannt", "invalid-recipient"),
        ("552 Die Nachricht ist zu groß", "message-too-large"),
        ("550 L\u2019adresse n\u2019existe pas", "invalid-recipient"),
        ("550 Buzon lleno", "mailbox-full"),
        ("550 Нет такого пользователя", "invalid-recipient"),
        ("550 ПОЧТОВЫЙ ЯЩИК ПЕРЕПОЛНЕН", "mailbox-full"),
        ("550 \uff55\uff53\uff45\uff52 \uff35\uff2e\uff2b\uff2e\uff2f\uff37\uff2e", "invalid-recipient"),
        ("550 收件人ann@example.com用户不存在", "invalid-recipient"),
        ("550 宛先のユーザーが存在しませんでした", "invalid-recipient"),
        ("552 ﾒｰﾙﾎﾞｯｸｽがいっぱいです", "mailbox-full"),
    ],
)
def test_languages(diagnostic, category):
    """Case, accents, typographic, full-width and half-width variants, and scripts without spaces are read alike."""

    assert category == judge(diagnostic)[0]
