"""Reduce a large message to what its reading needs (house: big reports).

The structure, every header and every report stay; the bodies of returned messages and of attachments go. What is
left of the text parts is bounded, so that a session costs the journal at most `MAX_KEPT` octets.
"""

from bounced.parse import notice
from bounced.parse.mime import MAX_DEPTH, Buffer, Part, scan

#: Octets that are kept of one message at most.
MAX_KEPT = 16 * 1024 * 1024
#: Octets that are kept of one text part; a status part is kept whole, within `MAX_KEPT`.
MAX_TEXT = 256 * 1024

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status", "message/feedback-report"})


def condense(buffer: Buffer, *, quoted: bool = False) -> bytes:
    """Return what is to be kept of the message in *buffer*: at most `MAX_KEPT` octets. Never raises.

    With *quoted* the body of a message goes too that the notice returns in its own text, below its header fields.
    """
    kept: list[bytes] = []
    at = 0
    for start, end in _cuts(scan(buffer), quoted=quoted):
        kept.append(buffer[at:start])
        at = end
    kept.append(buffer[at : at + MAX_KEPT])
    return b"".join(kept)[:MAX_KEPT]


def _cuts(part: Part, *, quoted: bool) -> list[tuple[int, int]]:
    """Return the spans within *part* that can go, in order."""
    if part.parts:
        return [cut for child in part.parts for cut in _cuts(child, quoted=quoted)]
    if part.is_message and part.depth < MAX_DEPTH:
        inner = part.message
        if inner.buffer is not part.buffer:  # encoded: it can't be cut inside
            return _beyond(part, MAX_TEXT)
        if _holds_report(inner):
            return _cuts(inner, quoted=quoted)
        return [(inner.body, part.end)] if inner.body < part.end else []
    if part.type.startswith("text/"):
        return _beyond(part, min(MAX_TEXT, _quotation(part)) if quoted else MAX_TEXT)
    return _beyond(part, MAX_KEPT if part.type in _STATUS else 0)


def _quotation(part: Part) -> int:
    """Return how far into the text *part* the header of a message returned in it reaches, in octets; `MAX_TEXT` without one.

    Counted in lines, because `notice.split` unquotes them. An encoded text shows no header fields, or the same lines.
    """
    octets = part.buffer[part.body : min(part.end, part.body + MAX_TEXT)]
    above, below = notice.split(octets.decode("latin-1").replace("\r\n", "\n"))
    header, blank, _ = below.partition("\n\n")
    if not blank:
        return MAX_TEXT
    end = 0
    for _ in range(above.count("\n") + header.count("\n") + 2):
        end = octets.index(b"\n", end) + 1
    return end


def _beyond(part: Part, most: int) -> list[tuple[int, int]]:
    start = part.body + most
    return [(start, part.end)] if start < part.end else []


def _holds_report(message: Part) -> bool:
    return any(part.type in _STATUS for part in message.walk)
