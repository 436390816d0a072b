"""Reduce a large message to what its reading needs (house: big reports).

The structure, every header and every report stay; the bodies of returned messages and of attachments go. What is
left of the text parts is bounded, so that a session costs the journal at most `MAX_KEPT` octets.
"""

from bounced.parse.mime import MAX_DEPTH, Buffer, Part, scan

#: Octets that are kept of one message at most.
MAX_KEPT = 16 * 1024 * 1024
#: Octets that are kept of one text part; a status part is kept whole, within `MAX_KEPT`.
MAX_TEXT = 256 * 1024

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status", "message/feedback-report"})


def condense(buffer: Buffer) -> bytes:
    """Return what is to be kept of the message in *buffer*: at most `MAX_KEPT` octets. Never raises."""
    kept: list[bytes] = []
    at = 0
    for start, end in _cuts(scan(buffer)):
        kept.append(buffer[at:start])
        at = end
    kept.append(buffer[at : at + MAX_KEPT])
    return b"".join(kept)[:MAX_KEPT]


def _cuts(part: Part) -> list[tuple[int, int]]:
    """Return the spans within *part* that can go, in order."""
    if part.parts:
        return [cut for child in part.parts for cut in _cuts(child)]
    if part.is_message and part.depth < MAX_DEPTH:
        inner = part.message
        if inner.buffer is not part.buffer:  # encoded: it can't be cut inside
            return _beyond(part, MAX_TEXT)
        if _holds_report(inner):
            return _cuts(inner)
        return [(inner.body, part.end)] if inner.body < part.end else []
    return _beyond(part, MAX_KEPT if part.type in _STATUS else MAX_TEXT if part.type.startswith("text/") else 0)


def _beyond(part: Part, most: int) -> list[tuple[int, int]]:
    start = part.body + most
    return [(start, part.end)] if start < part.end else []


def _holds_report(message: Part) -> bool:
    return any(part.type in _STATUS for part in message.walk())
