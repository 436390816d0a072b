"""Feedback reports (RFC 5965, RFC 6591): a reader, or a filter, complains about a message of ours.

Reads the Abuse Reporting Format, also where its structure is broken, and what receivers send in its place: a notice with
the message attached (Hotmail's JMRPP and others, the table `_NOTICES`) and the opt-out that Apple Mail sends. Reports in
bulk (DMARC aggregates, TLS reports) complain about no recipient and are no business of this reader.
"""

import re
from collections.abc import Collection, Iterator

from bounced import address
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import forward
from bounced.parse.draft import Declined, Draft
from bounced.parse.fields import Fields, read_fields
from bounced.parse.mail import Mail
from bounced.parse.mime import Part

#: Recipients of one report that are read; one report should name one (RFC 5965 §3.2).
MAX_RECIPIENTS = 1000
#: Characters of a text that are searched for the fields of a report or for the words of a notice.
_MAX_HEAD = 4000

# The registered types (RFC 5965 §7.3, RFC 6591 §5, RFC 6650); others are to be taken for "other".
_TYPES = frozenset({"abuse", "auth-failure", "fraud", "not-spam", "opt-out", "opt-out-list", "other", "virus"})
# What older reporters write in their place.
_FORMER_TYPES = {
    "complaint": "abuse",
    "spam": "abuse",
    "phishing": "fraud",
    "dkim": "auth-failure",
    "dmarc": "auth-failure",
    "unsubscribe": "opt-out",
}

# Notices without a part for machines: the field or text that they begin with.
_NOTICES = (
    ("subject", re.compile(r"complaint about message from \S", re.IGNORECASE)),
    (
        "text",
        re.compile(
            r"this\s+is\s+an?\s+(?:[\w!.\-]{1,30}\s+){0,3}(?:report|complaint)\s+for\s+an\s+e?-?mail\s+(?:message|received|from)",
            re.IGNORECASE,
        ),
    ),
    ("text", re.compile(r"this\s+is\s+an?\s+(?:automated\s+|automatic\s+)?(?:spam|abuse|junk\s+mail)\s+complaint", re.IGNORECASE)),
)
_STATED_TYPE = re.compile(r"\b(abuse|fraud|phishing|virus|opt-out|unsubscribe|not-spam|auth-failure|spam|complaint)\b", re.IGNORECASE)
_TYPE_FIELD = re.compile(r"^feedback-type[ \t]*:", re.IGNORECASE | re.MULTILINE)

_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient")
# Who was mailed, as receivers note it in the header of the message complained about, the surest first.
_RETURNED_FIELDS = ("x-hmxmroriginalrecipient", "x-apparently-to", "x-original-to", "x-envelope-to", "envelope-to", "to", "delivered-to")

_NO_FIELDS = Fields(())


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a feedback report."""
    if forward.find_mark(mail):
        return Declined("rfc5965", "a person forwards or answers something")
    if (mail.fields.get("x-apple-unsubscribe") or "").lower() == "true":
        sender = _all(mail.fields.all("from"), Source.HEADER)[:1]
        return _draft([_complaint(each, "opt-out") for each in sender or [Recipient(None)]], _NO_FIELDS)
    returned = next((part for part in mail.root.walk if part.is_message), None)
    report = next(_reports(mail), None)
    if report is None and not (returned and _is_notice(mail)):
        return Declined("rfc5965", "no part is a feedback report, and no words are those of a known complaint")
    report = report or _NO_FIELDS
    feedback_type = _type(report.get("feedback-type")) or _stated_type(mail)
    recipients = _recipients(mail, report, returned) or [Recipient(None)]
    return _draft([_complaint(recipient, feedback_type) for recipient in recipients], report)


def _draft(failures: list[Failure], report: Fields) -> Draft:
    reporting_mta = report.get("reporting-mta")
    return_path = address.read(report.get("original-mail-from") or "")
    return Draft(
        reader="rfc5965",
        failures=failures,
        reporting_mta=reporting_mta.rpartition(";")[2].strip() if reporting_mta else None,
        arrival_date=report.get("arrival-date", "received-date"),
        envelope_id=report.get("original-envelope-id"),
        return_path=return_path if return_path and address.is_address(return_path) else None,
        is_final=True,
    )


def _complaint(recipient: Recipient, feedback_type: str | None) -> Failure:
    return Failure(recipient=recipient, kind=Kind.COMPLAINT, feedback_type=feedback_type)


def _reports(mail: Mail) -> Iterator[Fields]:
    """Yield the fields of each feedback report: its own part or, where a mail that says to hold one has none, a text with them."""
    for part in mail.parts("message/feedback-report"):
        yield read_fields(part.text)
    if (mail.root.parameter("report-type") or "").lower() == "feedback-report":
        for part in mail.root.walk:
            found = _TYPE_FIELD.search(part.text[:_MAX_HEAD]) if not part.parts and not part.is_message else None
            if found:
                yield read_fields(part.text[:_MAX_HEAD])


def _is_notice(mail: Mail) -> bool:
    values = {"subject": mail.fields.text("subject") or "", "text": mail.text[:_MAX_HEAD].lstrip()}
    return any(words.match(values[place]) for place, words in _NOTICES)


def _type(field: str | None) -> str | None:
    """Read a Feedback-Type field; a type that is not registered is "other" (RFC 5965 §3.1)."""
    found = re.match(r"[a-z\-]{1,40}", (field or "").strip(" \"'").lower())
    if found is None:
        return None
    said = _FORMER_TYPES.get(found[0], found[0])
    return said if said in _TYPES else "other"


def _stated_type(mail: Mail) -> str:
    """Read the type that the words for people state: "This is an opt-out report for …"; abuse where they state none."""
    found = _STATED_TYPE.search(mail.text[:_MAX_HEAD].partition("\n\n")[0])
    return (_type(found[1]) if found else None) or "abuse"


def _recipients(mail: Mail, report: Fields, returned: Part | None) -> list[Recipient]:
    """Find whom the message complained about was sent to: by the report, else by that message's header."""
    ours = {address.fold(each) for each in mail.envelope.rcpt_to}
    for name in _RECIPIENT_FIELDS:
        if found := _all(report.all(name), Source.ORIGINAL_RECIPIENT, ours):
            return found
    header = returned.message.fields if returned else _NO_FIELDS
    for name in _RETURNED_FIELDS:
        found = _all(header.all(name), Source.RETURNED_MESSAGE, ours)
        if len(found) == 1:  # of several nobody says who complained
            return found
    return []


def _all(values: list[str], source: Source, but: Collection[str] = ()) -> list[Recipient]:
    by_fold: dict[str, Recipient] = {}
    for value in values[:MAX_RECIPIENTS]:
        for found in address.find(value, MAX_RECIPIENTS):
            bare = address.unwrap(found)
            if address.fold(bare) not in but:
                by_fold.setdefault(address.fold(bare), Recipient(bare, source))
    return list(by_fold.values())[:MAX_RECIPIENTS]
