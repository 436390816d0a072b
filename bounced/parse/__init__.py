"""From bytes to a `Report`: what a message says about the delivery of mail of ours.

Pure, and never raises, whatever the bytes: mail that no reader understands becomes a report of kind
*not-a-report*. The readers stand in `READERS` in order of authority: the first that
speaks is believed, and those after it only fill what it leaves open.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from bounced.model import Envelope, Failure, Kind, Original, Report
from bounced.parse import (
    challenge,
    exchange,
    exim,
    failed_recipients,
    forms,
    headed,
    letter,
    listing,
    ordinary,
    postfix,
    prose,
    qmail,
    quoted_report,
    receipt,
    rfc3464,
    rfc3834,
    rfc5965,
    sendmail,
    ses,
    transcript,
)
from bounced.parse.combine import combine, is_complete
from bounced.parse.condense import condense
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.mailed import settle

__all__ = ["READERS", "condense", "parse", "readings"]

READERS: tuple[Callable[[Mail], Draft | Declined], ...] = (
    rfc5965.read,
    receipt.read,
    ses.read,
    ordinary.read,
    rfc3464.read,
    challenge.read,
    rfc3834.read,
    letter.read,  # no reader of words below is asked about what no mail system wrote
    quoted_report.read,
    exim.read,
    qmail.read,
    postfix.read,
    sendmail.read,
    exchange.read,
    listing.read,
    forms.read,
    transcript.read,
    headed.read,
    failed_recipients.read,
    prose.read,
)

#: Octets of a body that tell two reports without a Message-ID apart.
_IDENTIFYING_OCTETS = 256 * 1024
_MESSAGE_ID = re.compile(r"<([^<>\s]{3,400})>")
_UNKNOWN_ENVELOPE = Envelope()


def parse(raw: bytes, envelope: Envelope = _UNKNOWN_ENVELOPE) -> Report:
    """Read the message *raw*; *envelope* is the SMTP envelope it came in, as far as known.

    Never raises. The cost is bounded by the size: see `bounced.parse.mime`.
    """
    mail = Mail(raw, envelope)
    drafts = [reading for reading in readings(mail) if isinstance(reading, Draft)]
    if drafts:
        return _report(mail, combine(drafts))
    return Report(kind=Kind.NOT_A_REPORT, identity=_identity(mail), message_id=mail.fields.get("message-id"), hops=mail.hops)


def readings(mail: Mail) -> Iterator[Draft | Declined]:
    """Ask the readers in turn, until one's draft leaves nothing for the others to add, or one knows that there is nothing."""
    for read in READERS:
        reading = read(mail)
        if isinstance(reading, Draft) and not reading.failures:
            reading = Declined(reading.reader, "it is one in form, but says nothing of anybody")
        yield reading
        if reading.is_final or (isinstance(reading, Draft) and is_complete(reading)):
            return


def _report(mail: Mail, draft: Draft) -> Report:
    original = _original(mail, draft)
    return Report(
        kind=_gravest(draft.failures),
        identity=_identity(mail),
        reader=draft.reader,
        message_id=mail.fields.get("message-id"),
        reporting_mta=draft.reporting_mta,
        arrival_date=draft.arrival_date,
        original=original,
        failures=settle(draft.failures, original, mail.envelope),
        hops=mail.hops,
        is_wrapped=draft.is_wrapped,
        confidence=draft.confidence,
        text=mail.text,
    )


def _gravest(failures: Sequence[Failure]) -> Kind:
    kinds = {failure.kind for failure in failures}
    return next(kind for kind in Kind if kind in kinds)


def _original(mail: Mail, draft: Draft) -> Original:
    if draft.envelope_id is None and not draft.return_path:
        return mail.original
    return structs.replace(mail.original, envelope_id=draft.envelope_id, return_path=draft.return_path or mail.original.return_path)


def _identity(mail: Mail) -> str:
    """Digest what tells this report from others: its Message-ID, else its Date, From and body."""
    digest = hashlib.blake2b(digest_size=16)
    if found := _MESSAGE_ID.search(mail.fields.get("message-id") or ""):
        digest.update(b"id\0" + found[1].encode("utf-8", "surrogateescape"))
    else:
        for name in ("date", "from"):
            digest.update((mail.fields.get(name) or "").encode("utf-8", "surrogateescape") + b"\0")
        body = mail.root.buffer[mail.root.body : mail.root.body + _IDENTIFYING_OCTETS]
        digest.update(body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n"))
    return digest.hexdigest()
