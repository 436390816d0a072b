"""Mail addresses as they stand in envelopes and reports: read, unwrap, compare.

Text in, text out; nothing is looked up. Syntax is that of RFC 5321 §4.1.2; address types, xtext and UTF-8
addresses those of RFC 3461 §4.2, RFC 3464 §2.1.2 and RFC 6533 §3.
"""

import contextlib
import re
from functools import lru_cache

#: RFC 5321 §4.5.3.1: 64 octets of local part, @, 255 of domain; anything longer is not an address.
MAX_LENGTH = 320
_MAX_DOMAIN, _MAX_LABEL = 255, 63

_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UTF8_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_BATV = re.compile(r"(?:prvs|btv1)=[0-9a-z]+=(.+)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"\s\([^()]{0,300}\)\s*$")
_LOCAL = r"(?:\"(?:[^\"\\\r\n]|\\[^\r\n])+\"|[^\s\"(),:;<>@\[\]\\\x00-\x1f\x7f]+)"
_DOMAIN = r"(?:\[[0-9A-Za-z:.]+\]|[^\W_](?:[\w\-]*[^\W_])?(?:\.[^\W_](?:[\w\-]*[^\W_])?)*)"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}\\.?")
#: Nearly the same for who describes what he takes: a pattern that all engines read alike (ECMA 262, as JSON Schema wants it).
PATTERN = (
    r"^(?:[^\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]]+|\"(?:[^\"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])+\")"
    r"@(?:\[[0-9A-Za-z:.]+\]|[0-9A-Za-z\u00a1-\uffff](?:[0-9A-Za-z.\-\u00a1-\uffff]*[0-9A-Za-z.\u00a1-\uffff])?)$"
)
#: One address alone, of the usual kind: what most fields hold is found at once.
_OF_PLAIN = r"[A-Za-z0-9.+_=\-]{1,64}@[A-Za-z0-9]{1,63}(?:-+[A-Za-z0-9]{1,63}){0,9}(?:\.[A-Za-z0-9]{1,63}(?:-+[A-Za-z0-9]{1,63}){0,9}){0,9}"
_PLAIN = re.compile(_OF_PLAIN)
_PLAIN_PATH = re.compile(f"<({_OF_PLAIN})>|({_OF_PLAIN})")
_QUOTED_LOCAL_BEFORE = re.compile(rf"{_LOCAL}\Z")
# All up to the last that no local part without quotation marks holds.
_BEFORE_LOCAL = re.compile(r".*[\s\"(),:;<>@\[\]\\\x00-\x1f\x7f]", re.DOTALL)
_DOMAIN_AFTER = re.compile(_DOMAIN)
# What seemed an address is within the local part of another: "anna@example.org"@example.net
_STILL_LOCAL = re.compile(r"[\"'>)\]]{0,3}@")


def is_null_sender(reverse_path: str | None) -> bool:
    """Whether *reverse_path* is the empty one, `<>`, that reports are sent with (RFC 5321 §4.5.5)."""
    return reverse_path in {"", "<>"}


def is_address(text: str) -> bool:
    """Whether *text* is one mail address and nothing else."""
    return len(text) <= MAX_LENGTH and _ADDRESS.fullmatch(text) is not None


def domain_of(address: str | None) -> str | None:
    """Return the domain of *address* in lower case, without a closing dot; None when it has none."""
    if not address or "@" not in address:
        return None
    return address.rpartition("@")[2].rstrip(".").lower() or None


def fold(address: str) -> str:
    """Fold *address* to the form in which two of them are compared: lower case, domain in Unicode, no closing dot.

    Local parts are case-sensitive by RFC 5321 §2.4 and in no receiver's practice.
    """
    local, at, domain = address.strip().rstrip(".").lower().rpartition("@")
    if "xn--" in domain:
        domain = _decode_idna(domain)
    return f"{local}{at}{domain}"


def to_ascii(address: str) -> str:
    """Write the domain of *address* in A-labels (RFC 5890 §2.3.2.1); one that can't be is left as it stands."""
    local, at, domain = address.rpartition("@")
    with contextlib.suppress(UnicodeError):
        if len(domain) <= _MAX_DOMAIN:
            domain = domain.encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


def read_typed(field: str) -> str | None:
    """Read an Original- or Final-Recipient field: `rfc822; <anna@example.org>`, xtext and comments included.

    Returns the bare address, or the text itself where it is not one (`anna` alone, an X.400 address); None when
    nothing stands there.
    """
    kind, semicolon, value = field.partition(";")
    if not semicolon or "@" in kind:  # the type is missing: RFC 3464 §2.3.1 is often broken so
        kind, value = "rfc822", field
    value = value.strip()
    if kind.strip().lower().startswith("utf-8"):
        value = _UTF8_XTEXT.sub(_code_point, value)
    return read(value)


def read(text: str) -> str | None:
    """Read one address out of *text*: angle brackets, a display name, a comment and wrappers taken off."""
    text = text.strip()
    if found := _PLAIN_PATH.fullmatch(text):
        plain: str = found[1] or found[2]
        return unwrap(plain) if "=" in plain else plain
    if is_address(text):  # a quoted local part may hold anything, an address in angle brackets too
        return unwrap(text)
    if "<" in text:
        inside = text.rpartition("<")[2].partition(">")[0].strip()
        text = inside or text.strip("<> ")
    text = text.removeprefix("mailto:").strip().strip("'").rstrip(";,").strip()
    if not is_address(text):
        text = _COMMENT.sub("", text)
    if "+" in text and not is_address(decode_xtext(text)):
        return unwrap(text) if text else None
    if _XTEXT.search(text) and "@" not in text:
        text = decode_xtext(text)
    return unwrap(text)[:MAX_LENGTH] or None


def decode_xtext(text: str) -> str:
    """Decode the xtext of RFC 3461 §4: `+40` is `@`. An unencoded `+` that begins no such pair stays."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)


def unwrap(address: str) -> str:
    """Take off what BATV (`prvs=`) puts before the local part, and give the address that it was put on.

    SRS is left alone: it names an address of another domain, and whoever owns this one can name any.
    """
    found = _BATV.fullmatch(address)
    return found[1] if found else address


def find(text: str, most: int = 100) -> list[str]:
    """Find the addresses in free *text*, in order, each once, at most *most* of them.

    Looks around each `@`, so the cost is linear in the text whatever stands between.
    """
    if most and _PLAIN.fullmatch(text):
        return [text]
    found: dict[str, None] = {}
    at = text.find("@")
    while at != -1 and len(found) < most:
        local = _local_before(text[max(0, at - 64) : at])
        domain = _DOMAIN_AFTER.match(text, at + 1)
        if local and domain and not _STILL_LOCAL.match(text, domain.end()):
            opening = local.lstrip("'")  # a quotation mark in prose; within a local part it may be an apostrophe
            found[f"{opening}@{domain[0]}"] = None
        at = text.find("@", at + 1)
    return list(found)


def _local_before(text: str) -> str:
    """Return the local part that *text* ends with, "" where it ends with none."""
    if text.endswith('"'):
        quoted = _QUOTED_LOCAL_BEFORE.search(text)
        return quoted[0] if quoted else ""
    before = _BEFORE_LOCAL.match(text)
    return text[before.end() :] if before else text


def _decode_idna(domain: str) -> str:
    """Decode the A-labels of *domain* (RFC 5890 §2.3.2.1); one that is none, or too long to be one, is left as it stands."""
    if len(domain) > _MAX_DOMAIN or any(len(label) > _MAX_LABEL for label in domain.split(".")):
        return domain  # before the codec, whose time grows with the square of a label
    return _decode_short_idna(domain)


@lru_cache(maxsize=4096)  # names of at most 255 characters: a report has many recipients at few domains
def _decode_short_idna(domain: str) -> str:
    with contextlib.suppress(UnicodeError):  # not a name that IDNA can read: it is compared as it stands
        return domain.encode("ascii").decode("idna")
    return domain


def _code_point(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF  # noqa: PLR2004 Unicode's range
    return chr(number) if is_character else found[0]
