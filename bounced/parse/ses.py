"""Notifications of Amazon SES, as SNS mails them: one JSON object in the text.

Specified in the Amazon SES developer guide, "Amazon SNS notification contents" and "event publishing". Reads bounces,
complaints, delays and deliveries; the HTTP form of the same, wrapped once more by SNS, is read as well.
"""

import contextlib
from collections.abc import Iterator

import msgspec
from msgspec import Struct, structs

from bounced import address, status
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail

_NO_JSON = (msgspec.DecodeError, RecursionError, UnicodeEncodeError)


class _Person(Struct, rename="camel"):
    email_address: str
    status: str | None = None
    diagnostic_code: str | None = None


class _Bounce(Struct, rename="camel"):
    bounced_recipients: list[_Person]
    bounce_type: str | None = None
    bounce_sub_type: str | None = None
    timestamp: str | None = None
    reporting_mta: str | None = msgspec.field(name="reportingMTA", default=None)


class _Complaint(Struct, rename="camel"):
    complained_recipients: list[_Person]
    complaint_feedback_type: str | None = None


class _Delay(Struct, rename="camel"):
    delayed_recipients: list[_Person]
    delay_type: str | None = None
    expiration_time: str | None = None


class _Delivery(Struct, rename="camel"):
    recipients: list[str]
    smtp_response: str = ""
    reporting_mta: str | None = msgspec.field(name="reportingMTA", default=None)


class _Notification(Struct, rename="camel"):
    notification_type: str | None = None
    event_type: str | None = None
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery_delay: _Delay | None = None
    delivery: _Delivery | None = None


class _Wrapped(Struct):
    """What SNS puts around a notification (`Type`: `Notification`)."""

    message: str = msgspec.field(name="Message")


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a notification of Amazon SES."""
    text = mail.text.strip()
    if not text.startswith("{"):
        return Declined("ses", "the text is no JSON object")
    found = _decode(text)
    failures = list(_failures(found)) if found else []
    if found is None or not failures:
        return Declined("ses", "the JSON is no notification of Amazon SES")
    reporting_mta = next((each.reporting_mta for each in (found.bounce, found.delivery) if each and each.reporting_mta), None)
    return Draft(
        reader="ses",
        failures=failures,
        reporting_mta=reporting_mta.partition(";")[2].strip() or reporting_mta if reporting_mta else None,
        is_final=True,
    )


def _decode(text: str) -> _Notification | None:
    """Decode the object that *text* begins with; a line that mail folded at `!` (Sendmail, over 990 octets) is joined."""
    end = text.rfind("}") + 1
    document = text[:end].replace("!\n ", "").replace("\n", "")
    with contextlib.suppress(*_NO_JSON):
        document = msgspec.json.decode(document, type=_Wrapped).message
    with contextlib.suppress(*_NO_JSON):
        decoded = msgspec.json.decode(document, type=_Notification)
        return decoded if decoded.notification_type or decoded.event_type else None
    return None


def _failures(found: _Notification) -> Iterator[Failure]:
    if found.bounce:
        why = " ".join(filter(None, (found.bounce.bounce_type, found.bounce.bounce_sub_type)))
        for person in found.bounce.bounced_recipients:
            yield _failure(person, Kind.BOUNCE, why)
    if found.complaint:
        for person in found.complaint.complained_recipients:
            feedback_type = found.complaint.complaint_feedback_type or "abuse"
            yield Failure(recipient=_recipient(person.email_address), kind=Kind.COMPLAINT, feedback_type=feedback_type)
    if found.delivery_delay:
        for person in found.delivery_delay.delayed_recipients:
            yield _failure(person, Kind.DELAY, found.delivery_delay.delay_type or "")
    if found.delivery:
        for name in found.delivery.recipients:
            yield answer.failure(_recipient(name), found.delivery.smtp_response, Kind.DELIVERY)


def _failure(person: _Person, kind: Kind, why: str) -> Failure:
    """Make the failure of *person*; *why* is how SES sorts it, and all that is known where the server's answer is missing."""
    kind_of_code, _, answered = (person.diagnostic_code or "").partition(";")
    failure = answer.failure(_recipient(person.email_address), answered.strip() or kind_of_code or why, kind)
    return structs.replace(failure, status=status.read_status(person.status or ""))


def _recipient(name: str) -> Recipient:
    read_name = address.read(name)
    return Recipient(read_name, Source.FINAL_RECIPIENT) if read_name and address.is_address(read_name) else Recipient(None)
