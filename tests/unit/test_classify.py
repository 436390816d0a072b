"""The order of evidence: words against codes, receivers against both, and the traps of real mail."""

import pytest

from bounced.classify import Classifier
from bounced.model import Action, Basis, Disposition, Failure, Finding, Kind, Recipient, Report
from bounced.status import find_codes

CLASSIFIER = Classifier.load()


def find(diagnostic, *, status=None, remote=None, action=Action.FAILED, kind=Kind.BOUNCE, text="", address="ann@example.com"):
    """Classify a failure with this diagnostic; its codes are read from it, as the parser does."""
    codes = find_codes(diagnostic)
    failure = Failure(
        recipient=Recipient(address),
        kind=kind,
        action=action,
        status=status,
        reply=codes.reply,
        diagnostic_status=codes.status,
        diagnostic=diagnostic,
        remote_mta=remote and f"dns; {remote}",
    )
    return CLASSIFIER.classify(failure, Report(kind=kind, identity="i", failures=(failure,), text=text))


def disposition(finding: Finding) -> str:
    """Say what a finding leads to at once, were it believed."""
    suppresses = CLASSIFIER.categories[finding.category].disposition is Disposition.SUPPRESS
    return "suppress" if finding.permanent and (suppresses or finding.abandoned) else "retry"


@pytest.mark.parametrize(
    ("diagnostic", "category", "expected"),
    [
        # Words and code agree.
        (
            "smtp; 550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
            "invalid-recipient",
            "suppress",
        ),
        ("smtp; 552 5.2.2 mailbox full", "mailbox-full", "retry"),
        # The code says little, the words decide.
        ("smtp; 550 5.7.1 No such user here", "invalid-recipient", "suppress"),
        ("smtp; 550 5.0.0 <ann@example.com>... User unknown", "invalid-recipient", "suppress"),
        ("smtp; 554 5.7.1 Relay access denied", "relay-denied", "retry"),
        ("smtp; 550 5.3.0 Rejected, our spam filter did not like it", "spam-content", "retry"),
        # 5.1.1 beside words that blame somebody else.
        ("smtp; 550 5.1.1 too much mail from 192.0.2.7, rate limit exceeded", "sender-rate-limited", "retry"),
        ("smtp; 452 4.1.1 <ann@example.com> user over quota", "mailbox-full", "retry"),
        ("smtp; 550 5.1.1 rejected: recipient preferences", "recipient-refused", "retry"),
        ("smtp; 550 5.1.0 192.0.2.7 is listed in a blocklist", "reputation-block", "retry"),
        (
            "smtp; 550 5.2.1 The user you are trying to contact is receiving mail at a rate that is too high",
            "recipient-rate-limited",
            "retry",
        ),
        ("smtp; 550 5.2.0 Message rejected due to DMARC", "auth-failure", "retry"),
        ("smtp; 550 5.5.0 SPF check failed", "auth-failure", "retry"),
        # Words that would suppress do not beat a code that blames our side.
        ("smtp; 550 5.1.8 user unknown", "sender-rejected", "retry"),
        ("smtp; 550 5.7.26 user unknown", "auth-failure", "retry"),
        ("smtp; 552 5.2.2 user unknown", "mailbox-full", "retry"),
        # Vague words do not beat a specific code; a vague code neither.
        ("smtp; 550 5.7.606 Access denied", "reputation-block", "retry"),
        ("smtp; 550 5.1.1 Access denied", "policy-other", "retry"),
        ("smtp; 550 5.3.4 Message rejected", "message-too-large", "retry"),
        # The sender's address is not the recipient's.
        ("smtp; 450 4.1.8 <news@example.org>: Sender address rejected: Domain not found", "sender-rejected", "retry"),
        ("smtp; 550 5.1.0 <news@example.org>: Sender address rejected: User unknown in local recipient table", "sender-rejected", "retry"),
        ("smtp; 553 5.1.8 <news@host.example>... Domain of sender address news@host.example does not exist", "sender-rejected", "retry"),
        ("smtp; 550 5.7.27 Sender domain example.org has a null MX", "sender-rejected", "retry"),
        # Full for good.
        ("smtp; 552 5.2.2 The recipient's inbox is out of storage space and inactive", "mailbox-full", "suppress"),
        ("smtp; 452 4.2.2 The recipient's inbox is out of storage space and inactive", "mailbox-full", "retry"),
        # A delivery program's own words.
        ('x-unix; procmail: Couldn\'t create "/var/spool/mail/ann" id: ann: No such user', "system-unavailable", "retry"),
        # Gmail's headline is above a refusal of the sender.
        ("smtp; 553 5.1.8 Domain of sender does not resolve. Address not found", "sender-rejected", "retry"),
        # A greeting that refuses us.
        ("smtp; 554 mx.example.net: no SMTP service here, poor reputation", "reputation-block", "retry"),
        # Limits in other words than the address.
        ("smtp; 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; not authenticated for group", "recipient-refused", "retry"),
        ("smtp; 521 5.3.2 Host does not accept mail", "invalid-domain", "suppress"),
        ("smtp; 550 too many invalid recipients", "sender-rate-limited", "retry"),
    ],
)
def test_words_against_codes(diagnostic, category, expected):
    """Words beat a code that says little or blames somebody else, and never suppress against one that blames us."""
    finding = find(diagnostic)

    assert (category, expected) == (finding.category, disposition(finding))


@pytest.mark.parametrize(
    ("remote", "diagnostic", "category", "expected"),
    [
        ("gmail-smtp-in.l.google.com", "smtp; 550 5.7.27 Your email has been blocked", "auth-failure", "retry"),
        ("mx.example.net", "smtp; 550 5.7.27 the flux is not aligned", "sender-rejected", "retry"),
        ("gmail-smtp-in.l.google.com", "smtp; 550 5.7.29 Your email has been blocked", "tls-required", "retry"),
        (
            "example-com.mail.protection.outlook.com",
            "smtp; 550 5.4.1 Recipient address rejected: Access denied",
            "invalid-recipient",
            "suppress",
        ),
        ("mx.example.net", "smtp; 550 5.4.1 the flux is not aligned", "network", "retry"),
        ("mx.example.net", "smtp; 554 5.7.1 Recipient address rejected: Access denied", "policy-other", "retry"),
        (
            "hotmail-com.olc.protection.outlook.com",
            "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable",
            "invalid-recipient",
            "suppress",
        ),
        ("mx.example.net", "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable", "protocol-error", "retry"),
        (
            "x.mail.protection.outlook.com",
            "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
            "invalid-recipient",
            "suppress",
        ),
        ("x.mail.protection.outlook.com", "smtp; 550 5.2.2 Submission quota exceeded", "sender-rate-limited", "retry"),
        (
            "x.mail.protection.outlook.com",
            "smtp; 550 5.7.1 part of their network is on our block list (S3150)",
            "reputation-block",
            "retry",
        ),
        ("mx.example.net", "smtp; 550 5.7.1 part of their network is on our block list (S3150)", "reputation-block", "retry"),
        ("mta5.am0.yahoodns.net", "smtp; 552 1 Requested mail action aborted, mailbox not found", "invalid-recipient", "suppress"),
        ("mta5.am0.yahoodns.net", "smtp; 554 delivery error: dd Requested mail action aborted", "unknown", "retry"),
        ("mx1.mail.icloud.com", "smtp; 552 5.2.2 user is overquota", "mailbox-full", "retry"),
        ("smtp-in.orange.fr", "smtp; 552 5.1.1 Recipient overquota. OFR_417 [417]", "mailbox-full", "retry"),
        ("smtp-in.laposte.net", "smtp; 550 5.5.0 Boite du destinataire archivee", "mailbox-disabled", "suppress"),
        ("smtp-in.laposte.net", "smtp; 550 5.5.0 Boîte du destinataire archivée", "mailbox-disabled", "suppress"),
        ("eu-smtp-inbound-1.mimecast.com", "smtp; 451 Internal resource temporarily unavailable", "greylisted", "retry"),
        ("mx3.qq.com", "smtp; 550 Mailbox unavailable or access denied", "recipient-rate-limited", "retry"),
        ("lsean.ezweb.ne.jp", "smtp; 550 : User unknown", "recipient-refused", "retry"),
        ("lsean.ezweb.ne.jp", "smtp; 550 <ann@ezweb.example>: User unknown", "invalid-recipient", "suppress"),
        ("smtp.secureserver.net", "smtp; 550 5.1.1 has sent to too many recipients this hour. IB607", "sender-rate-limited", "retry"),
        ("cxr.mx.a.cloudfilter.net", "smtp; 550 5.1.0 sender rejected. AUP#CXSNDR", "auth-failure", "retry"),
    ],
)
def test_receivers(remote, diagnostic, category, expected):
    """A receiver's own words and its private meaning of a code come before everything, and hold for it alone."""
    finding = find(diagnostic, remote=remote)

    assert (category, expected) == (finding.category, disposition(finding))


@pytest.mark.parametrize(
    ("remote", "address", "diagnostic", "reporting", "expected"),
    [
        ("mta5.am0.yahoodns.net", "ann@example.com", "smtp; 550 no", None, "yahoo"),
        ("MTA5.AM0.YahooDNS.net. (192.0.2.7)", "ann@example.com", "smtp; 550 no", None, "yahoo"),
        ("mx.example.net", "ann@example.com", "smtp; 550 no - gsmtp", None, "gmail"),
        ("mx.example.net", "ann@gmail.com", "smtp; 550 no", None, "gmail"),
        (None, "ann@example.com", "smtp; 550 no", "mail.laposte.net", "laposte"),
        ("mx.example.net", "ann@example.com", "smtp; 550 no", "mail.laposte.net", None),
        ("notgoogle.com", "ann@example.com", "smtp; 550 no", None, None),
        ("mx.example.net", "ann@example.com", "smtp; 550 no", None, None),
    ],
)
def test_provider(remote, address, diagnostic, reporting, expected):
    """The receiver is told by the remote host, by a sign in the text, by the domain, last by who reports with no remote host."""
    failure = Failure(recipient=Recipient(address), action=Action.FAILED, diagnostic=diagnostic, reply=550, remote_mta=remote)
    report = Report(kind=Kind.BOUNCE, identity="i", reporting_mta=reporting and f"dns; {reporting}", failures=(failure,))

    assert expected == CLASSIFIER.classify(failure, report).provider


@pytest.mark.parametrize(
    ("diagnostic", "status", "category", "is_permanent"),
    [
        (
            "X-Postfix; Host or domain name not found. Name service error for name=example.com type=A: Host not found",
            "4.4.4",
            "invalid-domain",
            True,
        ),
        (
            "X-Postfix; Host or domain name not found. Name service error for name=example.com type=MX: Host not found, try again",
            "4.4.3",
            "dns-failure",
            False,
        ),
        ("Domain example.com does not accept mail (nullMX)", "4.0.0", "invalid-domain", True),
        ("Message expired. No such domain", "4.4.7", "invalid-domain", True),
        ("smtp; 450 4.1.1 <ann@example.com>: User unknown", "4.1.1", "invalid-recipient", False),
        ("smtp; 450 <ann@example.com>: User unknown", "4.0.0", "invalid-recipient", False),
        ("smtp; 550 <ann@example.com>: User unknown", "4.0.0", "invalid-recipient", True),
        ("smtp; 554 mx.example.net your IP has a poor reputation", "4.0.0", "reputation-block", True),
        ("smtp; 451 4.2.1 account is disabled", "4.2.1", "mailbox-disabled", False),
        ("smtp; 421 5.7.32 From: header in this message isn't aligned with SPF or DKIM", None, "auth-failure", False),
    ],
)
def test_permanent(diagnostic, status, category, is_permanent):
    """Class 4 is never permanent, but where the words say that the domain does not exist and the action is *failed*."""
    finding = find(diagnostic, status=status)

    assert (category, is_permanent) == (finding.category, finding.permanent)


def test_delay_names_its_cause():
    """A delay has a cause and is not permanent, not even where the domain does not exist."""
    finding = find("Host not found: no such domain", status="4.4.4", action=Action.DELAYED, kind=Kind.DELAY)

    assert (Kind.DELAY, "invalid-domain", False) == (finding.kind, finding.category, finding.permanent)


@pytest.mark.parametrize(
    ("diagnostic", "category"),
    [
        ("smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>", "network"),
        ("smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.7.28 flux>", "sender-rate-limited"),
        ("smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes", "expired"),
        ("mailbox is full: retry timeout exceeded", "mailbox-full"),
        ("retry timeout exceeded", "expired"),
        ("550 5.4.312 Message expired, DNS query failed", "dns-failure"),
    ],
)
def test_expired(diagnostic, category):
    """What expired is put down to the cause that the words name, if they name one."""

    assert category == find(diagnostic).category


@pytest.mark.parametrize(
    ("feedback", "category", "is_permanent"),
    [
        ("abuse", "complaint", True),
        ("Abuse ", "complaint", True),
        (None, "complaint", True),
        ("fraud", "complaint", True),
        ("virus", "complaint", True),
        ("opt-out", "complaint", True),
        ("auth-failure", "auth-failure", False),
        ("not-spam", "unknown", False),
        ("other", "unknown", False),
    ],
)
def test_complaint(feedback, category, is_permanent):
    """A feedback report suppresses by the types that say *unwanted*; its basis is the feedback type."""
    failure = Failure(recipient=Recipient("ann@example.com"), kind=Kind.COMPLAINT, feedback_type=feedback)
    finding = CLASSIFIER.classify(failure, Report(kind=Kind.COMPLAINT, identity="i", failures=(failure,)))

    assert (Kind.COMPLAINT, Basis.FEEDBACK, category, is_permanent) == (finding.kind, finding.basis, finding.category, finding.permanent)


def test_what_lost_is_told():
    """The evidence names what matched, and what lost with the category that it would have been."""
    finding = find("smtp; 550 5.4.1 Recipient address rejected: Access denied", remote="x.mail.protection.outlook.com")
    evidence = [(one.source, one.value, one.would_be) for one in finding.evidence]

    assert [
        ("provider", "microsoft", None),
        ("text", "recipient address rejected: access denied", None),
        ("status", "5.4.1", "network"),
    ] == evidence


def test_lost_words_are_told():
    """Words that lose against a code are named with what they would have been."""
    finding = find("smtp; 552 5.2.2 user unknown")

    assert ("text", "user unknown", "invalid-recipient") in [(one.source, one.value, one.would_be) for one in finding.evidence]


@pytest.mark.parametrize(
    "diagnostic",
    [
        "550-5.1.1 The email account that you tried\r\n550-5.1.1 to reach does not exist",
        "550 5.1.1 THE EMAIL ACCOUNT THAT YOU TRIED TO\treach does  not exist",
        "550-The email account that you tried to reach 550 does not exist".replace(" 550 ", " 550-"),
    ],
)
def test_folding(diagnostic):
    """Case, white space and the codes that begin a reply's lines do not hide a phrase."""

    assert "generic.unknown-user" == find(diagnostic).rule


@pytest.mark.parametrize(
    "address", ["mailbox.full@example.com", "user-unknown@example.com", "no.such.user@example.com", "spam@example.com"]
)
def test_addresses_say_nothing(address):
    """Words inside an address are not the server's."""

    assert "codes.5.7.606" == find(f"smtp; 550 5.7.606 <{address}> flux").rule


@pytest.mark.parametrize(
    "diagnostic", ["smtp; 550 5.1.1 separated lists: user unknown", "smtp; 550 5.1.1 user unknown, accelerated delivery failed"]
)
def test_whole_words(diagnostic):
    """A phrase is found as whole words: *rate* is not in *separated*."""

    assert "invalid-recipient" == find(diagnostic).category


def test_text_of_the_report():
    """Where a failure has no words of its own, those of the report speak, less surely."""
    finding = find("", status="5.0.0", text="Your message to ann@example.com was not delivered: the mailbox is full.")

    assert ("mailbox-full", True) == (finding.category, finding.confidence < find("smtp; 550 mailbox is full").confidence)


def test_text_of_several():
    """In a report about several recipients each has the words behind its own address, never another's."""
    failures = tuple(
        Failure(recipient=Recipient(name), action=Action.FAILED, status="5.0.0")
        for name in ("ann@example.com", "bob@example.com", "eve@example.com")
    )
    text = "<ann@example.com>: no such user\n\n<bob@example.com>: the mailbox is full\n"
    report = Report(kind=Kind.BOUNCE, identity="i", failures=failures, text=text)
    categories = [CLASSIFIER.classify(failure, report).category for failure in failures]

    assert ["invalid-recipient", "mailbox-full", "unknown"] == categories


def test_words_of_its_own_go_first():
    """A failure with words of its own is not judged by the headline of the report."""

    assert "unknown" == find("smtp; 550 the flux is not aligned", text="Address not found: user unknown").category


@pytest.mark.parametrize(
    "diagnostic",
    ["", "\0", "\ud800", "@" * 9000, "550 " * 9000, "<" * 9000, "user unknown " * 9000, "é" * 9000, "\ufdfa" * 9000, ";", "smtp;"],
)
def test_never_raises(diagnostic):
    """Whatever the words, a finding comes out, and no more than a cut of them is looked at."""

    assert find(diagnostic).category in CLASSIFIER.categories
