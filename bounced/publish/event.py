"""The event: what consumers get of a decision, as CloudEvents 1.0 structured JSON, and its JSON Schema.

Pure: structs in, bytes out. A word of a closed set is an enum here; a word whose set may grow (a category, the
reason of a withheld suppression) is a string, so that yesterday's consumer goes on reading. Unknown fields are
ignored on reading; additions are minor, a removal needs `v2` in exchange, type and schema.

Specified by CloudEvents 1.0.2 (attributes, JSON format); extended in `data` only.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct, structs

from bounced import address, model
from bounced.errors import EventInvalid

CONTENT_TYPE = "application/cloudevents+json"
SCHEMA_ID = "urn:bounced:schema:bounce:v1"
#: Points at which an address is suppressed, as long as nobody passes the policy's own.
DEFAULT_THRESHOLD = 5.0

_NOT_IN_A_WORD = re.compile(r"[^a-z0-9]+")
#: Five words of this length and their dots fit into the 255 octets of a routing key (AMQP 0-9-1 §4.2.5.3).
_MAX_WORD = 50


class Recipient(Struct, frozen=True):
    """Whom it concerns: the address that was mailed, null where only the sender's reference is known, and where mail to it ended up."""

    address: str | None
    domain: str | None
    final: str | None
    source: Annotated[str, Meta(examples=["original-recipient", "final-recipient", "returned-message", "header", "text", "nowhere"])]


class Message(Struct, frozen=True):
    """The message that bounced, as far as the report returns or names it; `reference` is the sender's own."""

    reference: str | None
    message_id: str | None
    envelope_id: str | None
    list_id: str | None
    subject: str | None


class Dsn(Struct, frozen=True):
    """What the report says of this recipient, in the words of RFC 3464. `reply` is an SMTP reply code, `format` the reader's name."""

    action: Annotated[str, Meta(examples=["failed", "delayed", "delivered", "relayed", "expanded"])] | None
    status: str | None
    reply: int | None
    diagnostic: str
    reporting_mta: str | None
    remote_mta: str | None
    arrival_date: str | None
    last_attempt: str | None
    will_retry_until: str | None
    format: str


class Decision(Struct, frozen=True):
    """What to do with the address, and why: `advice` says when to mail it again, `withheld` why a due suppression waits.

    `hints` are what the receiver's own words say beside the cause: how long to wait, which blocklist, which limit. `permanent`: he says
    that another try ends the same (null in events of releases that did not tell); `abandoned`: that nobody reads the mailbox any more.
    """

    kind: model.Kind
    disposition: model.Disposition
    category: str
    fault: model.Fault
    advice: model.Advice
    remedy: str
    because: str
    confidence: float
    rule: str
    rules_version: str
    withheld: Annotated[str, Meta(examples=["unproven", "storm", "shadow"])] | None
    until: datetime | None
    evidence: tuple[model.Evidence, ...]
    hints: model.Hints = model.Hints()
    permanent: bool | None = None
    abandoned: bool = False


class History(Struct, frozen=True):
    """What was known of this address before; at `threshold` points it is suppressed. Not `known`: the history could not be asked."""

    points: float
    scoring_days: int
    threshold: float
    suppressed_until: datetime | None
    known: bool = True


class Trust(Struct, frozen=True):
    """How far the report is believed and why, and the connection that it came by."""

    grade: Annotated[str, Meta(examples=["signed", "reporter", "signed-original", "assumed", "none", "expired", "forged"])]
    why: str
    peer: str
    null_sender: bool
    tls: str | None


class Raw(Struct, frozen=True):
    """The report itself, for finding it again: digest and size in octets as it was sent."""

    sha256: str
    bytes: int
    arrival_id: str


class Data(Struct, frozen=True):
    """One recipient's decision with everything that it rests on."""

    stream: str
    node: str
    report_id: str
    revision: int
    supersedes: str | None
    recipient: Recipient
    message: Message
    dsn: Dsn
    decision: Decision
    history: History
    trust: Trust
    raw: Raw


class Attributes(Struct, frozen=True):
    """What all events of bounced have beside their `data`, whose schema is `dataschema` (CloudEvents 1.0.2, context attributes)."""

    specversion: str
    id: str
    source: str
    type: Annotated[str, Meta(pattern=r"^io\.bounced\.[a-z-]+\.v[0-9]+$")]
    subject: str | None
    time: datetime
    datacontenttype: str
    dataschema: str


class CloudEvent(Attributes, frozen=True):
    """An event of bounced. `dataschema` names this schema, of which `data` is the part that is ours."""

    data: Data


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CloudEvent)


def build(  # noqa: PLR0913 four nouns of the story, and what the node knows of itself
    decision: model.Decision,
    failure: model.Failure,
    report: model.Report,
    arrival: model.Arrival,
    *,
    node: str,
    site: str,
    rules_version: str,
    threshold: float = DEFAULT_THRESHOLD,
    reference: str | None = None,
) -> model.Event:
    """Make of *decision* and of what led to it the event that is published.

    `id` is the decision's, so that the same decision published twice is one event twice; `time` is the arrival's.
    """
    kind, finding, recipient = decision.kind, decision.finding, failure.recipient
    event = CloudEvent(
        specversion="1.0",
        id=decision.id,
        source=source_of(site),
        type=f"io.bounced.{kind}.v1",
        subject=recipient.address or None,
        time=arrival.at,
        datacontenttype="application/json",
        dataschema=SCHEMA_ID,
        data=Data(
            stream=arrival.stream,
            node=node,
            report_id=decision.report_id,
            revision=decision.revision,
            supersedes=decision.supersedes,
            recipient=Recipient(recipient.address, address.domain_of(recipient.address), recipient.final, recipient.source),
            message=_message(report.original, reference),
            dsn=_dsn(failure, report),
            decision=_decision(decision, rules_version),
            history=_history(decision.history, threshold),
            trust=Trust(
                grade=decision.trust.grade,
                why=decision.trust.why,
                peer=arrival.peer,
                null_sender=address.is_null_sender(arrival.envelope.mail_from),
                tls=arrival.tls,
            ),
            raw=Raw(arrival.sha256, arrival.size, arrival.id),
        ),
    )
    return handed_over(event, routing_key(kind, decision.disposition, finding.fault, finding.category, arrival.stream), reference=reference)


def released(body: bytes, event_id: str, revision: int, supersedes: str | None) -> model.Event:
    """Make of the event in *body*, as it would have been published, the one that supersedes what was published in its place.

    Raises:
        EventInvalid: *body* is no event of this version.
    """
    held = read(body)
    decision = structs.replace(held.data.decision, because=f"{held.data.decision.because}; it was held in a storm and is released")
    data = structs.replace(held.data, revision=revision, supersedes=supersedes, decision=decision)
    event = structs.replace(held, id=event_id, data=data)
    return handed_over(
        event,
        routing_key(decision.kind, decision.disposition, decision.fault, decision.category, data.stream),
        reference=data.message.reference,
    )


def handed_over(event: Attributes, key: str, *, reference: str | None = None, is_of_list: bool = False) -> model.Event:
    """Make of *event* what a sink takes, with the routing *key*."""
    return model.Event(
        id=event.id,
        key=key,
        type=event.type,
        source=event.source,
        subject=event.subject,
        time=event.time,
        reference=reference,
        body=_encoder.encode(event),
        is_of_list=is_of_list,
    )


@lru_cache(maxsize=16)
def source_of(site: str) -> str:
    """Name *site* as the source of an event."""
    return f"urn:bounced:{quote(site, safe='.:-')}"


def _history(history: model.History, threshold: float) -> History:
    return History(history.points, history.scoring_days, threshold, history.suppressed_until, history.is_known)


@lru_cache(maxsize=1024)  # words of closed sets, and streams
def routing_key(*words: str) -> str:
    """Join *words* to a routing key, each made of `a-z`, `0-9` and `-` alone, so that a dot only ever parts words."""
    return ".".join(_NOT_IN_A_WORD.sub("-", word.lower()).strip("-")[:_MAX_WORD] or "none" for word in words)


def read(body: bytes) -> CloudEvent:
    """Read an event as a consumer finds it in a queue.

    Raises:
        EventInvalid: *body* is no event of this version.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EventInvalid(str(error)) from error


def schema() -> dict[str, Any]:
    """Generate the JSON Schema (2020-12) of a decision's event; the package ships it as `schema/bounce.v1.json`."""
    return schema_of(CloudEvent, SCHEMA_ID)


def schema_of(kind: type[Struct], schema_id: str) -> dict[str, Any]:
    """Generate the JSON Schema of the events of a *kind*, which is called *schema_id*."""
    generated = msgspec.json.schema(kind)
    event = generated["$defs"].pop(kind.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schema_id, **event, "$defs": generated["$defs"]}


def _message(original: model.Original, reference: str | None) -> Message:
    return Message(reference, original.message_id, original.envelope_id, original.list_id, original.subject)


def _dsn(failure: model.Failure, report: model.Report) -> Dsn:
    return Dsn(
        action=failure.action,
        status=failure.status or failure.diagnostic_status,
        reply=failure.reply,
        diagnostic=failure.diagnostic,
        reporting_mta=report.reporting_mta,
        remote_mta=failure.remote_mta,
        arrival_date=report.arrival_date,
        last_attempt=failure.last_attempt,
        will_retry_until=failure.will_retry_until,
        format=report.reader,
    )


def _decision(decision: model.Decision, rules_version: str) -> Decision:
    finding = decision.finding
    return Decision(
        kind=decision.kind,
        disposition=decision.disposition,
        category=finding.category,
        fault=finding.fault,
        advice=finding.advice,
        remedy=finding.remedy,
        because=decision.because,
        confidence=finding.confidence,
        rule=finding.rule,
        rules_version=rules_version,
        withheld=decision.withheld,
        until=decision.until,
        evidence=finding.evidence,
        hints=finding.hints,
        permanent=finding.permanent,
        abandoned=finding.abandoned,
    )
