"""Notifications of Amazon SES, as SNS mails them (`bounced.parse.ses`)."""

import json

import pytest

from bounced import parse
from bounced.model import Kind
from tests.reports import endings

_HEAD = "From: news <no-reply@sns.example.com>\nTo: return@bounce.example.com\nSubject: AWS Notification Message\n\n"
_FOOTER = "\n\n--\nIf you wish to stop receiving notifications, visit https://sns.example.com/unsubscribe.html?Endpoint=return@bounce.example.com\n"
_BOUNCED = {"emailAddress": "anna@example.org", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
_BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [_BOUNCED],
        "reportingMTA": "dns; a1.smtp-out.example.net",
    },
    "mail": {"source": "news@example.com", "destination": ["anna@example.org"]},
}


def _mail(document, footer=_FOOTER):
    return (_HEAD + json.dumps(document) + footer).encode()


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_bounce(ending):
    """Address, codes, diagnostic and reporting MTA are read, however lines end, and the footer is not."""
    report = parse(endings(_mail(_BOUNCE))[ending])

    (failure,) = report.failures
    assert (Kind.BOUNCE, "anna@example.org", 550, "5.1.1", "5.1.1", "550 5.1.1 user unknown", "a1.smtp-out.example.net") == (
        report.kind,
        failure.recipient.address,
        failure.reply,
        failure.status,
        failure.diagnostic_status,
        failure.diagnostic,
        report.reporting_mta,
    )


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (
            {"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "MailboxFull", "delayedRecipients": [_BOUNCED]}},
            Kind.DELAY,
        ),
        (
            {"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "anna@example.org"}]}},
            Kind.COMPLAINT,
        ),
        (
            {"notificationType": "Delivery", "delivery": {"recipients": ["anna@example.org"], "smtpResponse": "250 2.0.0 ok"}},
            Kind.DELIVERY,
        ),
        ({"Type": "Notification", "Message": json.dumps(_BOUNCE)}, Kind.BOUNCE),
    ],
)
def test_kinds(document, kind):
    """Each kind of notification is taken for what it is, also in the envelope that SNS puts around it."""
    report = parse(_mail(document))

    assert (kind, ["anna@example.org"]) == (report.kind, [failure.recipient.address for failure in report.failures])


def test_cause_without_answer():
    """Where no server's answer is given, how SES sorts the bounce is the diagnostic."""
    bounce = _BOUNCE["bounce"] | {"bouncedRecipients": [{"emailAddress": "anna@example.org"}], "bounceSubType": "Suppressed"}
    report = parse(_mail({"notificationType": "Bounce", "bounce": bounce}))

    assert ["Permanent Suppressed"] == [failure.diagnostic for failure in report.failures]


def test_folded_by_sendmail():
    """A line that Sendmail folded with an exclamation mark is joined."""
    text = json.dumps(_BOUNCE).replace("user unknown", "user!\n  unknown")
    report = parse((_HEAD + text + _FOOTER).encode())

    assert ["550 5.1.1 user unknown"] == [failure.diagnostic for failure in report.failures]


@pytest.mark.parametrize(
    "document",
    [
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "anna@example.org"},
        {"bounce": {"bouncedRecipients": [_BOUNCED]}},
        {"notificationType": "Bounce", "bounce": {"bouncedRecipients": "anna@example.org"}},
        [],
        {"Message": "{" * 5000},
    ],
)
def test_other_json(document):
    """JSON that is no notification of a delivery is no report, nor is any that is broken."""

    assert Kind.NOT_A_REPORT == parse(_mail(document, footer="")).kind


def test_deep_json():
    """JSON nested beyond all bounds is no report and raises nothing."""

    assert Kind.NOT_A_REPORT == parse((_HEAD + '{"mail":' * 20_000).encode()).kind
