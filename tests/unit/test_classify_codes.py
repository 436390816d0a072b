"""Codes alone and beside words: the tables as the classifier uses them."""

import pytest

from bounced.classify import Classifier
from bounced.model import Action, Basis, Disposition, Failure, Finding, Kind, Recipient, Report

CLASSIFIER = Classifier.load()

# code, category, disposition: what a number that stands alone is taken for.
BARE = [
    (432, "system-unavailable", "retry"),
    (441, "network", "retry"),
    (450, "system-unavailable", "retry"),
    (451, "system-unavailable", "retry"),
    (452, "system-full", "retry"),
    (453, "system-unavailable", "retry"),
    (454, "policy-other", "retry"),
    (458, "protocol-error", "retry"),
    (459, "protocol-error", "retry"),
    (500, "protocol-error", "retry"),
    (501, "protocol-error", "retry"),
    (502, "protocol-error", "retry"),
    (503, "protocol-error", "retry"),
    (504, "relay-denied", "retry"),
    (510, "invalid-recipient", "suppress"),
    (511, "invalid-recipient", "suppress"),
    (512, "invalid-domain", "suppress"),
    (513, "bad-address-syntax", "suppress"),
    (521, "invalid-domain", "suppress"),
    (522, "mailbox-full", "retry"),
    (523, "message-too-large", "retry"),
    (530, "relay-denied", "retry"),
    (531, "system-full", "retry"),
    (533, "system-full", "retry"),
    (534, "message-too-large", "retry"),
    (538, "tls-required", "retry"),
    (540, "mailbox-disabled", "suppress"),
    (541, "spam-content", "retry"),
    (542, "network", "retry"),
    (543, "network", "retry"),
    (550, "invalid-recipient", "suppress"),
    (551, "relay-denied", "retry"),
    (552, "mailbox-full", "retry"),
    (553, "bad-address-syntax", "suppress"),
    (554, "reputation-block", "retry"),
]
# Codes that no table has: no cause, and never a suppression.
LISTED = {*CLASSIFIER.codes.replies, *CLASSIFIER.codes.bares}
UNLISTED = [code for code in range(400, 600) if code not in LISTED]


def find(diagnostic, *, reply=None, status=None, in_text=None, action=Action.FAILED, kind=Kind.BOUNCE, text=""):
    """Classify a failure with these words and codes."""
    failure = Failure(
        recipient=Recipient("ann@example.com"),
        kind=kind,
        action=action,
        diagnostic=diagnostic,
        reply=reply,
        status=status,
        diagnostic_status=in_text,
    )
    return CLASSIFIER.classify(failure, Report(kind=kind, identity="i", failures=(failure,), text=text))


def disposition(finding: Finding) -> str:
    """Say what a finding leads to at once, were it believed."""
    if finding.kind is Kind.DELIVERY:
        return "none"
    suppresses = CLASSIFIER.categories[finding.category].disposition is Disposition.SUPPRESS
    return "suppress" if finding.permanent and (suppresses or finding.abandoned) else "retry"


@pytest.mark.parametrize(
    "form", ["{}", "smtp; {}", "smtp;{}", "SMTP; {} ", "<{}>", "smtp; {}-{}", "SMTP error {}", "smtp; host mx.example.com said: {}"]
)
@pytest.mark.parametrize(("code", "category", "expected"), BARE)
def test_bare(code, category, expected, form):
    """A code that stands alone gives its row's category and disposition, on the basis of a bare code."""
    finding = find(form.format(code, code), reply=code, status=f"{code // 100}.0.0")

    assert (category, expected, Basis.BARE_CODE, f"codes.{code}") == (finding.category, disposition(finding), finding.basis, finding.rule)


@pytest.mark.parametrize(("code", "category", "expected"), BARE)
def test_bare_remedy(code, category, expected):  # noqa: ARG001 one table for all tests
    """A bare code's finding carries the row's own meaning and remedy, not the category's."""
    finding, row = find(f"{code}", reply=code), CLASSIFIER.codes.bares[code]

    assert (row.meaning, row.remedy) == (finding.because, finding.remedy)


@pytest.mark.parametrize("code", UNLISTED)
@pytest.mark.parametrize("diagnostic", ["{}", "smtp; {} the flux is not aligned"])
def test_unlisted(code, diagnostic):
    """A code of class 4 or 5 that no table has is unknown: retry, alone and beside words."""
    finding = find(diagnostic.format(code), reply=code, status=f"{code // 100}.0.0")

    assert ("unknown", "retry") == (finding.category, disposition(finding))


@pytest.mark.parametrize("code", [200, 220, 250, 251, 252, 299])
@pytest.mark.parametrize("action", [Action.FAILED, None, Action.DELIVERED])
def test_success(code, action):
    """A 2xx is a delivery, whatever the action field says."""
    finding = find(f"smtp; {code}", reply=code, status="2.0.0", action=action)

    assert (Kind.DELIVERY, False) == (finding.kind, finding.permanent)


@pytest.mark.parametrize("action", [Action.DELIVERED, Action.RELAYED, Action.EXPANDED])
def test_delivered(action):
    """An action that tells of a delivery is one, even with no code at all."""

    assert Kind.DELIVERY is find("", action=action, kind=Kind.DELIVERY).kind


@pytest.mark.parametrize(
    ("diagnostic", "status"),
    [
        ("smtp; 550 ta gueule", "5.0.0"),  # words, in whatever language
        ("smtp; 550 552", "5.0.0"),  # two codes
        ("smtp; 550 (in reply to MAIL FROM command)", "5.0.0"),  # it was about the sender
        ("smtp; 550 (in reply to end of DATA command)", "5.0.0"),  # it was about the message
        ("smtp; 550", "5.7.1"),  # the status field says more
        ("smtp; 550 5.1.0", "5.1.0"),
        ("", "5.0.0"),  # nothing was read, which is not a code alone
    ],
)
def test_not_bare(diagnostic, status):
    """A 550 suppresses alone only where nothing else is said."""
    finding = find(diagnostic, reply=550, status=status)

    assert ("retry", True) == (disposition(finding), finding.basis is not Basis.BARE_CODE)


@pytest.mark.parametrize(
    ("code", "status"), [(522, "5.2.2"), (453, "4.3.2"), (450, "4.2.1"), (454, "4.7.0"), (458, "4.5.0"), (512, "5.1.2")]
)
def test_equivalent_status(code, status):
    """A status that says the same as the bare code leaves it bare."""

    assert Basis.BARE_CODE is find(f"smtp; {code}", reply=code, status=status).basis


def test_bare_beside_a_text():
    """Words around the report that speak of something else keep a bare code from suppressing."""
    finding = find("smtp; 550", reply=550, status="5.0.0", text="Your message was held: sending host blocked.")

    assert ("retry", "blocked") == (disposition(finding), finding.evidence[-1].value)


def test_exit_status():
    """The exit status of a delivery program is no reply code, though it has three digits."""

    assert Kind.BOUNCE is find("255", status="5.0.0").kind


@pytest.mark.parametrize(
    ("code", "category", "expected"),
    [
        (550, "unknown", "retry"),
        (553, "unknown", "retry"),
        (552, "mailbox-full", "retry"),
        (556, "invalid-domain", "suppress"),
        (511, "invalid-recipient", "suppress"),
        (516, "recipient-moved", "suppress"),
        (571, "policy-other", "retry"),
        (450, "greylisted", "retry"),
        (454, "tls-required", "retry"),
    ],
)
def test_beside_unknown_words(code, category, expected):
    """Beside words that no rule knows, the reply code gives its row's category with little confidence."""
    finding = find(f"smtp; {code} the flux is not aligned", reply=code, status=f"{code // 100}.0.0")

    assert (category, expected, True) == (finding.category, disposition(finding), finding.confidence < 0.5)


@pytest.mark.parametrize(
    "words",
    ["listed", "by our policy", "full", "please come later", "temporarily so", "greylisting", "SPF", "too many", "size", "see our RBL"],
)
@pytest.mark.parametrize(("code", "status"), [(511, "5.0.0"), (556, "5.0.0"), (550, "5.1.1"), (521, "5.1.2")])
def test_veto(code, status, words):
    """A veto word beside a code that would suppress, where no rule knows the words, makes it a retry; it is named."""
    finding = find(f"smtp; {code} flux {words} flux", reply=code, status=status)

    assert "retry" == disposition(finding)


@pytest.mark.parametrize(
    "words", ["separate flux", "<full@policy.example> flux", "https://help.example/rate/limit flux", "host limit.example.net flux"]
)
def test_no_veto(words):
    """Parts of words, addresses, hosts and URLs are no veto."""

    assert "suppress" == disposition(find(f"smtp; 550 5.1.1 {words}", reply=550, in_text="5.1.1"))


@pytest.mark.parametrize(
    ("status", "category", "expected"),
    [
        ("5.1.1", "invalid-recipient", "suppress"),
        ("4.1.1", "invalid-recipient", "retry"),
        ("5.1.2", "invalid-domain", "suppress"),
        ("5.1.3", "bad-address-syntax", "suppress"),
        ("5.1.6", "recipient-moved", "suppress"),
        ("5.1.7", "sender-rejected", "retry"),
        ("5.1.8", "sender-rejected", "retry"),
        ("5.1.10", "invalid-domain", "suppress"),
        ("5.2.1", "mailbox-disabled", "suppress"),
        ("5.2.2", "mailbox-full", "retry"),
        ("5.2.122", "recipient-rate-limited", "retry"),
        ("4.4.5", "system-unavailable", "retry"),
        ("5.4.5", "sender-rate-limited", "retry"),
        ("5.7.13", "relay-denied", "retry"),
        ("5.7.17", "recipient-moved", "suppress"),
        ("5.7.606", "reputation-block", "retry"),
        ("5.7.630", "reputation-block", "retry"),
        ("5.7.649", "reputation-block", "retry"),
        ("5.7.650", "unknown", "retry"),
        ("4.7.650", "reputation-block", "retry"),
        ("5.0.0", "unknown", "retry"),
        ("5.9.9", "unknown", "retry"),
    ],
)
def test_status(status, category, expected):
    """An enhanced status code without words gives its row's category, and of class 4 never suppresses."""
    finding = find("", status=status)

    assert (category, expected) == (finding.category, disposition(finding))


@pytest.mark.parametrize("action", [Action.DELAYED, Action.DELIVERED, Action.RELAYED, Action.EXPANDED])
@pytest.mark.parametrize("code", [510, 512, 513, 521, 540, 550, 553])
def test_only_failed_is_permanent(code, action):
    """No action but *failed* is ever permanent."""
    kind = Kind.DELAY if action is Action.DELAYED else Kind.DELIVERY

    assert not find(f"smtp; {code}", reply=code, status="5.1.1", action=action, kind=kind).permanent


def test_no_action():
    """Without an action a status of class 5 counts as failed, one of class 4 does not."""

    assert (True, False) == (find("", status="5.1.1", action=None).permanent, find("", status="4.1.1", action=None).permanent)
