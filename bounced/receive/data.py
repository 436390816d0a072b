r"""The DATA phase: find the end of the message, take off the stuffed dots (RFC 5321 §4.1.1.4, §4.5.2).

Only \r\n.\r\n ends a message. A lone dot between other line ends, where some servers would see an end and others none
(SMTP smuggling, 2023), makes the message refused at its true end; a bare LF anywhere else is kept as it came, for a
refused bounce is lost. Lines may have any length.
"""

import re

from bounced.receive import replies
from bounced.receive.body import Body
from bounced.receive.incoming import CHUNK, Incoming

_CRLF = b"\r\n"
_END = b"\r\n.\r\n"
#: What smuggling has been published with: any mix of line ends around the dot, a NUL beside it. Up to the true end no
#: dot stands between two CRLFs, so whatever is found there is one of them.
_FALSE_END = re.compile(rb"[\r\n]\x00?\.\x00?[\r\n]")
_LONGEST_FALSE_END = 5


async def read_data(incoming: Incoming, body: Body) -> bool:
    """Read one message into *body*; False when the client went away before its end."""
    buffer = incoming.buffer
    buffer[:0] = _CRLF  # that of the DATA command: it may end the message or precede a stuffed dot
    searched, drop = 0, len(_CRLF)
    while (end := buffer.find(_END, searched)) < 0:
        if len(buffer) > CHUNK:
            chunk = _cut(buffer)
            is_dotted = _check(body, chunk + buffer[: _LONGEST_FALSE_END - 1])
            await body.add((_unstuff(chunk) if is_dotted else chunk)[drop:])
            drop = 0
        searched = max(0, len(buffer) - len(_END) + 1)
        if not await incoming.fill():
            return False
    last = bytes(buffer[: end + len(_CRLF)])
    del buffer[: end + len(_END)]
    is_dotted = _check(body, last)
    await body.add((_unstuff(last) if is_dotted else last)[drop:])
    return True


def _cut(buffer: bytearray) -> bytes:
    """Take off all but an end that more octets might make something else of: an end of data, a stuffed or false one."""
    cut = len(buffer) - 2 * _LONGEST_FALSE_END
    if buffer[cut - 2 : cut] == _CRLF:
        cut -= 2
    elif buffer[cut - 1] == _CRLF[0]:
        cut -= 1
    chunk = bytes(buffer[:cut])
    del buffer[:cut]
    return chunk


def _check(body: Body, octets: bytes) -> bool:
    """Have a message with a false end refused; say whether a dot begins a line, as in one message of ten."""
    is_dotted = b"\n." in octets
    # Three quick searches spare most messages the slow one.
    if (is_dotted or b"\0" in octets or b"\r." in octets) and _FALSE_END.search(octets):
        body.refuse(replies.BARE_NEWLINE_IN_DATA)
    return is_dotted


def _unstuff(octets: bytes) -> bytes:
    return octets.replace(b"\r\n.", _CRLF)
