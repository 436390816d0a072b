"""Delivery status notifications (RFC 3464, RFC 6533): a report for machines, one block of fields a recipient.

Reads a report that stands in the message itself. One that somebody forwards as an attachment is not the
forwarder's bounce and is not read.
"""

import re
from collections.abc import Iterator

from msgspec import structs

from bounced import address, status
from bounced.model import Action, Failure, Kind, Recipient, Source
from bounced.parse.draft import Declined, Draft
from bounced.parse.fields import Fields, unfold
from bounced.parse.mail import Mail

#: Recipient blocks of one report that are read.
MAX_RECIPIENTS = 20_000
#: Characters of a diagnostic that are kept.
MAX_DIAGNOSTIC = 4096

_KNOWN = "final-recipient|original-recipient|x-actual-recipient|action|status|diagnostic-code|remote-mta|last-attempt-date|will-retry-until"
# A field; or the name of one that matters, its colon forgotten. A reply's next line goes on with it, though nobody indented it.
_LINE = re.compile(
    rf"^(?:([!-9;-~]{{1,100}})[ \t]*:|({_KNOWN})[ \t])[ \t]*+(.*+(?:\n(?:[ \t]++\S|[245]\d\d[ \-]).*+)*+)", re.MULTILINE | re.IGNORECASE
)
_INLINE = re.compile(r"^(?:reporting-mta|original-recipient|final-recipient):", re.MULTILINE | re.IGNORECASE)
_INLINE_ACTION = re.compile(r"^action:", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"\(([^()]{1,1000})")
_TYPE = re.compile(r"\s*(?:smtp|esmtp|lmtp|dns|unix|rfc822|x-[\w\-]{1,40}|[a-z][\w\-]{0,20})\s*;\s*", re.IGNORECASE)
_RECIPIENT_FIELDS = frozenset({"final-recipient", "original-recipient", "x-actual-recipient"})
_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FATE_FIELDS = frozenset({"action", "status"})
_BLOCK_FIELDS = _RECIPIENT_FIELDS | _FATE_FIELDS
_ACTION = re.compile(r"[\s\"'<(]*([a-z]+)")

# Words that stand in Action fields beside those of RFC 3464 §2.3.3.
_ACTIONS = {
    "failed": Action.FAILED,
    "failure": Action.FAILED,
    "fail": Action.FAILED,
    "expired": Action.FAILED,
    "delayed": Action.DELAYED,
    "delay": Action.DELAYED,
    "delivered": Action.DELIVERED,
    "deliverable": Action.DELIVERED,
    "relayed": Action.RELAYED,
    "expanded": Action.EXPANDED,
}


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a delivery status notification."""
    texts = list(_status_texts(mail))
    if not texts:
        texts = list(_inline(mail))
    blocks = [block for text in texts for block in _blocks(text)]
    failures = [failure for block in blocks[:MAX_RECIPIENTS] if (failure := _failure(block))]
    if not texts:
        return Declined("rfc3464", "no part is a delivery status, and none stands in the text")
    failures = _own(_named(failures, _elsewhere(mail)))
    if not failures:
        return Declined("rfc3464", "the delivery status names no recipient, and neither does the returned message")
    reporting_mta = _first(blocks, "reporting-mta", "x-local-host", "received-from-mta")
    return Draft(
        reader="rfc3464",
        failures=failures,
        reporting_mta=_without_type(reporting_mta) if reporting_mta else None,
        arrival_date=_first(blocks, "arrival-date"),
        envelope_id=_first(blocks, "original-envelope-id", "x-original-envelope-id"),
        is_wrapped=len(mail.reports) > 1,
    )


def _status_texts(mail: Mail) -> Iterator[str]:
    """Yield the texts of the status parts, but of none that comes after both a status part and the returned message.

    That one may have come out of the returned message, whose author put the report's own boundary into it.
    """
    is_found = False
    for part in mail.all_parts:
        if part.is_message and is_found:
            return
        if part.type in _STATUS_TYPES:
            is_found = True
            yield part.text


def _inline(mail: Mail) -> Iterator[str]:
    """Yield the status fields that stand in the text of a report whose structure is broken, above the returned message."""
    if mail.is_automatic:
        found = _INLINE.search(mail.notice)
        if found and _INLINE_ACTION.search(mail.notice, found.start()):
            yield mail.notice[found.start() :]


def _elsewhere(mail: Mail) -> list[Recipient]:
    """Find recipients beside the status part: in X-Failed-Recipients, else the one To of the returned mail."""
    if failed := address.find(mail.fields.get("x-failed-recipients") or "", MAX_RECIPIENTS):
        return [Recipient(each, Source.HEADER) for each in failed]
    if len(mail.original.to) == 1:
        return [Recipient(mail.original.to[0], Source.RETURNED_MESSAGE)]
    return []


def _named(failures: list[Failure], elsewhere: list[Recipient]) -> list[Failure]:
    """Name the recipients where the blocks don't: there is no block, or one whose address is none (a pipe, a file)."""
    if not failures:
        return [Failure(recipient=recipient) for recipient in elsewhere]
    nameless = [number for number, failure in enumerate(failures) if failure.recipient.address is None]
    if len(nameless) == len(elsewhere) == 1:
        number, recipient = nameless[0], elsewhere[0]
        failures[number] = structs.replace(failures[number], recipient=structs.replace(recipient, final=failures[number].recipient.final))
    return failures


def _blocks(text: str) -> Iterator[Fields]:
    """Split the text of a status part into blocks: what holds for all recipients first, then one each.

    A blank line should separate them (RFC 3464 §2.1), but some servers put blank lines within blocks and some
    none between: a block begins where a recipient's field, or after a blank line an Action or Status, comes again.
    """
    block: list[tuple[str, str]] = []
    names: set[str] = set()
    for paragraph in text.split("\n\n"):
        is_apart = True
        for written, colonless, value in _LINE.findall(paragraph):
            name = (written or colonless).lower()
            if (name in names and name in _RECIPIENT_FIELDS) or (is_apart and _begins_block(name, names)):
                yield Fields(block)
                block, names = [], set()
            block.append((name, value))
            names.add(name)
            is_apart = False
    if block:
        yield Fields(block)


def _begins_block(name: str, names: set[str]) -> bool:
    """Whether the field *name*, after a blank line, begins another block than the one that has *names*."""
    if name in _RECIPIENT_FIELDS:
        return not names.isdisjoint(_BLOCK_FIELDS)
    return name in _FATE_FIELDS and name in names


def _failure(block: Fields) -> Failure | None:
    """Read one recipient's block; None when it says nothing of a recipient."""
    if not block.has_any(_BLOCK_FIELDS):
        return None
    stated = status.read_status(block.get("status") or "")
    action = _action(block.get("action"), stated)
    diagnostic, codes = _diagnostic(block)
    if action is Action.FAILED and stated and status.class_of(codes.reply) == 2:  # noqa: PLR2004 a number of another sense: success fails nobody
        codes = codes._replace(reply=None)
    return Failure(
        recipient=_recipient(block),
        kind=_kind(action),
        action=action,
        status=stated,
        diagnostic_status=codes.status,
        reply=codes.reply,
        diagnostic=diagnostic,
        remote_mta=_without_type(block.get("remote-mta", "x-remote-mta") or "") or None,
        last_attempt=block.get("last-attempt-date"),
        will_retry_until=block.get("will-retry-until"),
    )


def _diagnostic(block: Fields) -> tuple[str, status.Codes]:
    """Read what the server said: the Diagnostic-Code, else a reply in the comment of the Status field, as Haraka writes it."""
    field = block.get("diagnostic-code") or ""
    diagnostic = _without_type(field)[:MAX_DIAGNOSTIC]
    if not diagnostic and (comment := _COMMENT.search(block.get("status") or "")) and (codes := status.find_codes(comment[1])).reply:
        return comment[1][:MAX_DIAGNOSTIC], codes
    # A number alone that no SMTP server said is a program's exit status: `x-unix; 77`.
    is_exit_status = diagnostic.isdecimal() and not field.lower().startswith("smtp")
    return diagnostic, status.NO_CODES if is_exit_status else status.find_codes(diagnostic)


def _own(failures: list[Failure]) -> list[Failure]:
    """Take from a failure the words and codes that name another recipient of the report and not its own.

    Some servers (nullmailer 2.2) repeat the first recipient's answer for all.
    """
    if len(failures) == 1:
        return failures
    recipients = {address.fold(failure.recipient.address) for failure in failures if failure.recipient.address}
    return [_without_words(failure) if _is_of_another(failure, recipients) else failure for failure in failures]


def _is_of_another(failure: Failure, recipients: set[str]) -> bool:
    named = {address.fold(each) for each in address.find(failure.diagnostic, 10)}
    own = {address.fold(each) for each in (failure.recipient.address, failure.recipient.final) if each}
    return bool(named & recipients) and not named & own


def _without_words(failure: Failure) -> Failure:
    return structs.replace(failure, status=None, diagnostic_status=None, reply=None, diagnostic="", remote_mta=None)


def _recipient(block: Fields) -> Recipient:
    """Choose the address that was mailed: Original-Recipient before Final-Recipient (RFC 3464 §2.3.1)."""
    final = next((read for value in block.all("final-recipient") if (read := address.read_typed(value))), None)
    for value in block.all("original-recipient"):
        original = address.read_typed(value)
        if original and address.is_address(original):
            differs = final is not None and address.fold(final) != address.fold(original)
            return Recipient(original, Source.ORIGINAL_RECIPIENT, final if differs else None)
    for candidate in (final, address.read_typed(block.get("x-actual-recipient") or "")):
        if candidate and address.is_address(candidate):
            return Recipient(candidate, Source.FINAL_RECIPIENT)
    return Recipient(None, Source.NOWHERE, final)


def _action(field: str | None, stated: str | None) -> Action | None:
    """Read an Action field; without one that can be read, a status of class 2 or 5 says it."""
    found = _ACTION.match((field or "").lower())
    if found and found[1] in _ACTIONS:
        return _ACTIONS[found[1]]
    return {2: Action.DELIVERED, 5: Action.FAILED}.get(status.class_of(stated) or 0)


def _kind(action: Action | None) -> Kind:
    match action:
        case Action.FAILED | None:
            return Kind.BOUNCE
        case Action.DELAYED:
            return Kind.DELAY
        case _:
            return Kind.DELIVERY


def _without_type(field: str) -> str:
    """Take the type off a typed field: `smtp; 550 …`, `dns; mx.example.net` (RFC 3464 §2.1.2)."""
    field = unfold(field)
    found = _TYPE.match(field)
    return field[found.end() :] if found else field


def _first(blocks: list[Fields], *names: str) -> str | None:
    return next((value for block in blocks if (value := block.get(*names))), None)
