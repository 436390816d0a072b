"""An event as the octets of AMQP 0-9-1 that publish it: `basic.publish`, its properties, its body (§2.3.5, §4.2).

Pure. The library's own encoder looks at each value to find out its type, which costs more than all the rest of publishing;
here they are known. Strings are as long as AMQP's short strings at most (255 octets), or `ValueError` is raised.
"""

import struct
from functools import lru_cache

from bounced.model import Event
from bounced.publish.event import CONTENT_TYPE

#: A short string of AMQP (§4.2.5.3), in octets.
MAX_SHORT = 255

_METHOD, _HEADER, _BODY = 1, 2, 3
_FRAME = struct.Struct(">BHL")
_END = b"\xce"
#: Class basic, method publish, a ticket that is no longer used.
_PUBLISH = struct.pack(">HHH", 60, 40, 0)
#: Class basic, a weight that is never used, the size of the body, and which properties follow.
_CONTENT = struct.Struct(">HHQH")
_LONG = struct.Struct(">L")
_TIME = struct.Struct(">Q")
_PERSISTENT = b"\x02"
#: Which properties stand in a header, in the order in which they do: bits (§4.2.6.1).
_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE, _CORRELATION_ID = 1 << 15, 1 << 13, 1 << 12, 1 << 10
_MESSAGE_ID, _TIMESTAMP, _TYPE, _APP_ID = 1 << 7, 1 << 6, 1 << 5, 1 << 3
_ALWAYS = _CONTENT_TYPE | _HEADERS | _DELIVERY_MODE | _MESSAGE_ID | _TIMESTAMP | _TYPE | _APP_ID


def publication(event: Event, exchange: str, channel: int, frame_octets: int, *, mandatory: bool) -> bytes:
    """Give the frames that publish *event* to *exchange* on *channel*, a body of at most *frame_octets* in each."""
    method = _PUBLISH + _short(exchange) + _short(event.key) + (b"\x01" if mandatory else b"\x00")
    body = event.body
    frames = [_frame(_METHOD, channel, method), _frame(_HEADER, channel, _header(event))]
    frames += [_frame(_BODY, channel, body[at : at + frame_octets]) for at in range(0, len(body), frame_octets)]
    return b"".join(frames)


def _header(event: Event) -> bytes:
    """Dress *event*. What doesn't fit into a property is in the body anyway."""
    reference = event.reference.encode() if event.reference is not None else b""
    fits = event.reference is not None and len(reference) <= MAX_SHORT
    return b"".join((
        _CONTENT.pack(60, 0, len(event.body), _ALWAYS | (_CORRELATION_ID if fits else 0)),
        _short(CONTENT_TYPE),
        _headers(event),
        _PERSISTENT,
        bytes((len(reference),)) + reference if fits else b"",
        _short_of_one(event.id),
        _TIME.pack(int(event.time.timestamp())),
        _short(event.type),
        _short("bounced"),
    ))  # fmt: skip


def _headers(event: Event) -> bytes:
    """Write the attributes of CloudEvents as a table (their AMQP binding is for AMQP 1.0; these names are in use)."""
    table = [
        _SPECVERSION,
        _long(b"\x05ce-id", event.id),
        _long(b"\x09ce-source", event.source),
        _long(b"\x07ce-type", event.type),
        _long(b"\x07ce-time", event.time.isoformat()),
    ]
    if event.subject is not None:
        table.append(_long(b"\x0ace-subject", event.subject))
    octets = b"".join(table)
    return _LONG.pack(len(octets)) + octets


def _long(name: bytes, value: str) -> bytes:
    octets = value.encode()
    return name + b"S" + _LONG.pack(len(octets)) + octets


_SPECVERSION = _long(b"\x0ece-specversion", "1.0")


@lru_cache(maxsize=1024)  # exchanges, types and most routing keys come again and again
def _short(text: str) -> bytes:
    return _short_of_one(text)


def _short_of_one(text: str) -> bytes:
    octets = text.encode()
    return bytes((len(octets),)) + octets


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + _END
