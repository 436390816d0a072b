"""Answers that sound like a dead address, or carry its code, and are about somebody or something else: none may suppress."""

import pytest

from bounced.classify import Classifier
from bounced.model import Action, Disposition, Failure, Kind, Recipient, Report
from bounced.status import find_codes

CLASSIFIER = Classifier.load()


def judge(words, host=None):
    """Judge this answer; return category and what one such report leads to."""
    codes = find_codes(words)
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        action=Action.FAILED,
        reply=codes.reply,
        diagnostic_status=codes.status,
        diagnostic=words,
        remote_mta=host,
    )
    finding = CLASSIFIER.classify(failure, Report(kind=Kind.BOUNCE, identity="i", failures=(failure,)))
    suppresses = CLASSIFIER.categories[finding.category].disposition is Disposition.SUPPRESS
    return finding.category, "suppress" if finding.permanent and suppresses else "retry"


@pytest.mark.parametrize("codes", ["550", "550 5.1.1"])
@pytest.mark.parametrize(
    ("words", "category"),
    [
        # the sender is meant
        ("return path news@example.org does not exist", "sender-rejected"),
        ("From: address does not exist", "sender-rejected"),
        ("unknown user in From header", "sender-rejected"),
        ("Callback setup failed while verifying news@example.org. Refusing MAIL FROM:<> user unknown", "sender-rejected"),
        ("callout verification failed: sender no such user", "sender-rejected"),
        ("Previous (cached) callout verification failure user unknown", "sender-rejected"),
        ("envelope sender user unknown", "sender-rejected"),
        ("BATV", "sender-rejected"),
        ("bounce address tag validation failed", "sender-rejected"),
        ("HELO invalid", "unknown"),
        ("recipient rejected: IP 192.0.2.1 not allowed", "unknown"),
        ("see support page for your IP", "reputation-block"),
        ("user not accepting mail from your domain", "reputation-block"),
        ("Your account has been disabled; contact support", "unknown"),
        # something of the receiver's is out of order, or in use
        ("LDAP lookup for user failed, address not found due to directory error", "unknown"),
        ("certificate for user not found", "unknown"),
        ("host mx2 not found", "dns-failure"),
        ("No space left for this user", "mailbox-full"),
        ("Mailbox database dismounted", "unknown"),
        ("The mailbox store is unavailable", "unknown"),
        ("database unavailable", "unknown"),
        ("ldap error", "unknown"),
        ("timed out", "unknown"),
        ("busy", "unknown"),
        ("deferred", "unknown"),
        ("mailbox being moved", "unknown"),
        ("This user has a filter which refused the content", "spam-content"),
        # full or blocked, in a language without a pack
        ("Skrzynka pełna", "unknown"),
        ("Twoja IP jest zablokowana", "unknown"),
        ("Posta kutusu dolu", "unknown"),
        ("schránka je plná", "unknown"),
        ("A postafiók megtelt", "unknown"),
        ("Postilaatikko täynnä", "unknown"),
        ("메일함 용량 초과", "unknown"),
        ("발신자 IP 차단", "unknown"),
    ],
)
def test_trouble_of_others(codes, words, category):
    """Neither words nor the code of an unknown mailbox suppress; the category is the better one where words name it."""

    assert (category, "retry") == judge(f"{codes} {words}")


@pytest.mark.parametrize(
    "words",
    [
        "550 5.1.1 user not found in database",
        "550 5.1.1 no such user in our LDAP directory",
        "550 5.1.1 unknown user (recipient filter)",
        "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
        "550 5.1.1 skrzynka nie istnieje",
        "550 5.1.1 ilyen felhasználó nincs",
    ],
)
def test_an_unknown_mailbox_nevertheless(words):
    """Words that only resemble those leave a dead address dead."""

    assert ("invalid-recipient", "suppress") == judge(words)


@pytest.mark.parametrize(
    ("words", "host", "category"),
    [
        ("550 5.1.10 nobody here is the recipient meant", "ann.mail.protection.outlook.com", "invalid-recipient"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", None, "invalid-recipient"),
        ("556 5.1.10 Recipient address has null MX", "ann.mail.protection.outlook.com", "invalid-domain"),
        ("556 5.1.10 no mail here", "mx.example.net", "invalid-domain"),
    ],
)
def test_null_mx_or_exchange(words, host, category):
    """5.1.10 is a domain without mail (RFC 7505), and at Exchange one unknown mailbox."""

    assert (category, "suppress") == judge(words, host)
