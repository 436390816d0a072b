"""Live replies: what a receiver answered to the sending MTA itself, which told us, in place of a report that nobody made.

Most failures of KumoMTA, PowerMTA or Haraka never become a report. A reply is judged like the same words in one (RFC 3464). Pure.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from bounced.address import MAX_LENGTH, PATTERN
from bounced.classify.provider import Provider
from bounced.classify.question import Question, report_of
from bounced.model import Action, Kind, Original, Recipient, Report, Source
from bounced.status import MAX_TEXT, class_of

#: What a reader is called in events, where a report has the name of its format.
READER = "live-reply"

_Short = Annotated[str, Meta(max_length=1000)]


class LiveReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A reply to one recipient's mail. `text` is as the receiver wrote it, its codes in it or beside it (`code`, `status`).

    `receiver` is who said so: a host, best its MX. `command` is what was answered (`RCPT`, `DATA`). `final`: the MTA tries no more; not
    given, a reply of class 5 is final and one of class 4 is not. `id` tells this reply from every other, so that one that is told twice
    counts once; without it recipient, text, reference and `time` do, and without a time it counts each time it is told.
    """

    recipient: Annotated[str, Meta(max_length=MAX_LENGTH, pattern=PATTERN)]
    text: Annotated[str, Meta(max_length=MAX_TEXT, pattern=r"\S")]
    code: Annotated[int, Meta(ge=200, le=599)] | None = None
    status: Annotated[str, Meta(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None
    receiver: _Short | None = None
    command: _Short | None = None
    final: bool | None = None
    reference: _Short | None = None
    message_id: _Short | None = None
    id: _Short | None = None
    time: Annotated[datetime, Meta(tz=True)] | None = None

    def encode(self) -> bytes:
        """Give the octets of the arrival that brings it."""
        return msgspec.json.encode(self)


_decode = msgspec.json.Decoder(LiveReply).decode


def read(raw: bytes) -> LiveReply:
    """Read a reply back from what `encode` made; raises `msgspec.MsgspecError` where it did not."""
    return _decode(raw)


def report(reply: LiveReply, arrival_id: str, receivers: Sequence[Provider]) -> Report:
    """Make the report that would tell of *reply*, which the arrival of that id brought; *receivers* are those that the rules know."""
    asked = report_of(Question(reply.text, reply.code, reply.status, reply.receiver, reply.command), receivers)
    (failure,) = asked.failures
    is_final = reply.final if reply.final is not None else class_of(failure.reply or failure.diagnostic_status) != 4  # noqa: PLR2004 RFC 5321 §4.2.1
    kind, action = (Kind.BOUNCE, Action.FAILED) if is_final else (Kind.DELAY, Action.DELAYED)
    failure = structs.replace(failure, recipient=Recipient(reply.recipient, Source.ORIGINAL_RECIPIENT), kind=kind, action=action)
    original = Original(message_id=reply.message_id)
    identity = _identity(reply, arrival_id)
    return structs.replace(asked, kind=kind, identity=identity, reader=READER, original=original, failures=(failure,))


def _identity(reply: LiveReply, arrival_id: str) -> str:
    if reply.id is not None:
        parts = ["id", reply.id]
    elif reply.time is not None:
        parts = [reply.recipient.lower(), reply.text, str(reply.code), str(reply.status), str(reply.reference), reply.time.isoformat()]
    else:
        parts = ["arrival", arrival_id]
    return hashlib.blake2b("\0".join([READER, *parts]).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
