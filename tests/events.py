"""Events for tests: a whole story in nouns, and the event that is built of it."""

from datetime import UTC, datetime

from msgspec import structs

from bounced import model
from bounced.publish import event

NOW = datetime(2026, 11, 23, 11, 46, 51, 120000, tzinfo=UTC)
ARRIVAL = model.Arrival(
    id="01JD",
    at=NOW,
    peer="192.0.2.10",
    helo="mail.example.org",
    envelope=model.Envelope("", ("bounces@example.net",)),
    raw=b"",
    size=8123,
    sha256="9b1c",
    stream="news",
    tls="TLSv1.3",
)
FAILURE = model.Failure(
    recipient=model.Recipient("anna@example.org", model.Source.ORIGINAL_RECIPIENT, "anna.new@host.example"),
    action=model.Action.FAILED,
    status="5.4.1",
    reply=550,
    diagnostic="550 5.4.1 Recipient address rejected: Access denied",
    remote_mta="example-org.mail.example",
)
REPORT = model.Report(
    kind=model.Kind.BOUNCE,
    identity="i",
    reader="rfc3464",
    reporting_mta="mx1.example.net",
    original=model.Original(message_id="<abc@news.example>", subject="October news", envelope_id="QQ314159"),
    failures=(FAILURE,),
)
FINDING = model.Finding(
    kind=model.Kind.BOUNCE,
    category="invalid-recipient",
    fault=model.Fault.RECIPIENT,
    advice=model.Advice.NEVER,
    remedy="Stop sending to this address.",
    because="Microsoft 365 refuses this recipient at its edge: no such mailbox",
    rule="microsoft.edge-unknown-recipient",
    basis=model.Basis.RULE,
    confidence=0.97,
    permanent=True,
    evidence=(model.Evidence("provider", "microsoft"), model.Evidence("status", "5.4.1", "network")),
)
DECISION = model.Decision(
    id="b1-7k3m",
    report_id="r1-1",
    kind=model.Kind.BOUNCE,
    disposition=model.Disposition.SUPPRESS,
    because=FINDING.because,
    finding=FINDING,
    trust=model.Trust(model.Grade.SIGNED, "token bound to this recipient"),
    history=model.History(),
)


def build(decision=DECISION, failure=FAILURE, report=REPORT, arrival=ARRIVAL, **more) -> model.Event:
    return event.build(
        decision, failure, report, arrival, **{"node": "mx1.example.net", "site": "example.net", "rules_version": "2026.11.1"} | more
    )


def numbered(number: int, disposition: str = "suppress", **others) -> model.Event:
    """Build an event with an id of its own: `b1-NUMBER`; *others* replace fields of what is built."""
    decision = structs.replace(DECISION, id=f"b1-{number}", disposition=model.Disposition(disposition))
    return structs.replace(build(decision), **others)
