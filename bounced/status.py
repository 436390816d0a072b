"""SMTP reply codes and enhanced status codes: find them in a text, read them, compare them.

Pure text in, values out; what a code *means* is the business of `classify`. Reply codes are those of RFC 5321
§4.2, enhanced status codes those of RFC 3463 §2: class.subject.detail, the class 2, 4 or 5.
"""

import re
from typing import NamedTuple

#: No text is searched beyond this; a reply line has at most 512 octets (RFC 5321 §4.5.3.1.5).
MAX_TEXT = 8192

_NUMBER = r"(?:0|[1-9]\d{0,2})"
# Patterns that are looked for begin with a digit, by which they are found fast; a look-behind over it then says what may not stand before.
# A status stands alone: not in an IP address, a version (Postfix-2.5.1, v4.1.2), a decimal or a host name.
_ALONE = rf"\.{_NUMBER}\.{_NUMBER})(?![\w]|[.\-]\w)"
_STATUS = re.compile(rf"([245](?<![\w.\-/].){_ALONE}", re.ASCII)
# A reply stands alone too, and a status, a hyphen, text in words or the end follows.
_REPLY = re.compile(r"([245](?<![\w.\-/@:+$].)[0-5]\d)(?=[\s\-:;,)\"'>\]]|$)(?![\-:.]\d{2,})", re.ASCII)
_PAIR = re.compile(rf"([245](?<![\w.\-/@+$].)\d\d)[ \-]*[#<(\['\"]?([245]{_ALONE}", re.ASCII)
_FIELD = re.compile(r"\s*(?:[245]\d\d[ \-]+)?([245])\.(\d{1,3})\.(\d{1,3})(?![\w.])", re.ASCII)
# What a relay quotes of the receiver's own last answer: "554 4.4.7 Message expired … <421 4.4.2 Connection timed out>".
_QUOTED = re.compile(rf"<([45]\d\d)[ \-]([245]{_ALONE}[^<>]{{0,500}}>", re.ASCII)
# At the start of a text any number of three digits is one, also those that no RFC knows (571, 591).
_OPENING = re.compile(r"\W{0,5}([245]\d\d)(?=[\s\-:;,]|$)(?![\-:]\d{2,})", re.ASCII)
_VERSION = re.compile(r"(?:version|release|v|ver\.?|build) ?$", re.IGNORECASE)
# What follows a number that counts something or is the beginning of a longer one, a telephone's.
_COUNTED = re.compile(
    r"\s+(?:\d{5}|(?:kilo|mega|giga)?bytes?|[kmg]i?b|messages?|recipients?|seconds?|minutes?|hours?|days?|secs?|mins?|times?|connections?|users?|lines?|%)",
    re.IGNORECASE,
)


class Codes(NamedTuple):
    """What a text says in numbers: a reply code, an enhanced status code, either or none."""

    reply: int | None
    status: str | None


NO_CODES = Codes(None, None)


def find_codes(text: str) -> Codes:
    """Find the reply and the enhanced status code of *text*, wherever MTAs put them and nowhere else.

    A reply code with its status beside it wins over either alone, and where a relay gave up (x.4.7), the receiver's own
    answer that it quotes wins over its own. At most `MAX_TEXT` characters are looked at.
    """
    text = text[:MAX_TEXT]
    if pair := _PAIR.search(text):
        if pair[2].endswith(".4.7") and (quoted := _QUOTED.search(text, pair.end())):
            return Codes(int(quoted[1]), quoted[2])
        return Codes(int(pair[1]), pair[2])
    opening = _OPENING.match(text)
    reply = int(opening[1]) if opening else next((int(found[1]) for found in _REPLY.finditer(text) if not _is_counted(text, found)), None)
    status = next((found[1] for found in _STATUS.finditer(text) if not _is_version(text, found)), None)
    return Codes(reply, status)


def read_status(field: str) -> str | None:
    """Read the value of a Status field, which may carry a comment: `5.1.1 (bad address)`; None when it has none."""
    found = _FIELD.match(field)
    return f"{found[1]}.{int(found[2])}.{int(found[3])}" if found else None


def class_of(code: int | str | None) -> int | None:
    """Return the class (2, 4 or 5) of a reply code or of an enhanced status code."""
    return int(str(code)[0]) if code else None


def is_vague(status: str) -> bool:
    """Whether *status* says little but its class: the undefined details and the two catch-alls of RFC 3463 §3."""
    _, subject, detail = status.split(".")
    return (detail == "0" and subject in {"0", "1", "2", "3", "5", "7"}) or (subject, detail) == ("7", "1")


def matches(status: str, pattern: str) -> bool:
    """Whether *status* fits *pattern*, in which `?` stands for any class and `*` for anything: `?.2.2`, `5.7.*`."""
    return all(want in {"*", "?", "x", "X"} or want == have for have, want in zip(status.split("."), pattern.split("."), strict=True))


def choose(diagnostic: str | None, field: str | None, reply: int | None) -> str | None:
    """Choose between the status in the diagnostic text and that of the Status field.

    The one whose class agrees with the reply code's is preferred, then the more telling one, then the diagnostic's.
    """
    if diagnostic is None or field is None:
        return diagnostic or field
    agree = class_of(reply)
    if agree and (class_of(diagnostic) == agree) != (class_of(field) == agree):
        return diagnostic if class_of(diagnostic) == agree else field
    if is_vague(diagnostic) and not is_vague(field):
        return field
    return diagnostic


def _is_version(text: str, found: re.Match[str]) -> bool:
    return _VERSION.search(text[max(0, found.start() - 9) : found.start()]) is not None


def _is_counted(text: str, found: re.Match[str]) -> bool:
    """Whether the number counts something ("450 minutes") or is part of a version."""
    return _COUNTED.match(text, found.end()) is not None or _is_version(text, found)
