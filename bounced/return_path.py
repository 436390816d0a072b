"""Signed return paths: an envelope sender that only we could have made, for one recipient, for some weeks. Pure.

A bounce is a claim by a stranger; it comes back to the return path of the message that it is about. A return path
that is signed proves that the message was ours, and to whom it went. docs/return-paths.md specifies the algorithm for
other languages, with vectors. HMAC is RFC 2104, base32 RFC 4648 §6; the day and the tag are those of no other scheme.
"""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from bounced import address

#: RFC 5321 §4.5.3.1.1, in octets.
MAX_LOCAL = 64
MAX_REFERENCE = 16
PREFIX = "b-"

_TAG, _MAC = 8, 8
#: Key id and day, before the reference.
_HEAD = 3
_SECONDS_A_DAY = 86_400
#: Days that a clock may be ahead of ours.
_MAX_AHEAD = 1
_FOR_TAG, _FOR_MAC = b"bounced recipient 1\0", b"bounced return path 1\0"


class Standing(StrEnum):
    """What a token is worth."""

    VALID = "valid"
    #: It was ours, and is too old; or dated ahead, which no clock of ours should do.
    EXPIRED = "expired"
    #: We did not make it, or it was changed, or its key is gone.
    FORGED = "forged"


class Token(NamedTuple):
    """What a return path says, before it is known whether that is true."""

    key_id: int
    #: Days since 1970-01-01 (UTC).
    day: int
    #: The sender's own, 0 to 16 octets.
    reference: bytes
    tag: bytes
    mac: bytes

    @property
    def signed(self) -> bytes:
        """The octets that the mac is of."""
        return bytes([self.key_id]) + self.day.to_bytes(2, "big") + self.reference + self.tag


class Keys(Struct, frozen=True):
    """Secrets by their ids (0 to 255), of which the last signs; none is ever shown."""

    secrets: Mapping[int, bytes]

    def __repr__(self) -> str:
        """Name the ids alone."""
        return f"Keys({', '.join(map(str, self.secrets))})"

    @property
    def signing_id(self) -> int:
        """The id of the key that signs."""
        return next(reversed(list(self.secrets)))


def sign(recipient: str, domain: str, keys: Keys, now: datetime, *, reference: str = "", prefix: str = PREFIX) -> str:
    """Make the return path, an address of *domain*, for a message to *recipient*.

    *reference* is the sender's own: up to 16 printable ASCII characters, or a UUID.

    Raises:
        ValueError: *recipient* is no address, *reference* is too long or not ASCII, the local part would exceed 64 octets.
    """
    if not address.is_address(recipient):
        raise ValueError(f"{recipient!r} is no mail address")
    key_id = keys.signing_id
    secret, day = keys.secrets[key_id], _day(now)
    head = bytes([key_id]) + day.to_bytes(2, "big") + pack_reference(reference) + _tag(secret, recipient)
    text = base64.b32encode(head + _mac(secret, head)).decode("ascii").rstrip("=").lower()
    if len(prefix) + len(text) > MAX_LOCAL:
        raise ValueError(f"with the prefix {prefix!r} the local part exceeds {MAX_LOCAL} octets")
    return f"{prefix}{text}@{domain}"


def read(return_path: str, prefix: str = PREFIX) -> Token | None:
    """Read the token in *return_path*, also where BATV was put around it; None when it does not begin with *prefix*.

    One that begins so and is no token reads as a token that nobody made.
    """
    local = address.unwrap(return_path.strip().strip("<>")).rpartition("@")[0].lower()
    if not local.startswith(prefix.lower()):
        return None
    octets = _decode(local[len(prefix) :])
    if not _HEAD + _TAG + _MAC <= len(octets) <= _HEAD + MAX_REFERENCE + _TAG + _MAC:
        return Token(0, 0, b"", b"", b"")
    end = len(octets) - _TAG - _MAC
    return Token(octets[0], int.from_bytes(octets[1:_HEAD], "big"), octets[_HEAD:end], octets[end : end + _TAG], octets[-_MAC:])


def verify(token: Token, keys: Keys, now: datetime, max_days: int) -> Standing:
    """Say what *token* is worth today, when one may be *max_days* old."""
    secret = keys.secrets.get(token.key_id, b"")
    is_ours = hmac.compare_digest(_mac(secret, token.signed), token.mac)
    if not secret or not is_ours:
        return Standing.FORGED
    return Standing.VALID if -_MAX_AHEAD <= _day(now) - token.day <= max_days else Standing.EXPIRED


def first_bound(token: Token, candidates: Iterable[str], keys: Keys) -> str | None:
    """Find the one of *candidates* that *token*, a valid one, was made for."""
    secret = keys.secrets[token.key_id]
    return next((each for each in candidates if any(hmac.compare_digest(_tag(secret, form), token.tag) for form in _forms(each))), None)


def pack_reference(text: str) -> bytes:
    """Pack a sender's reference: a UUID into its 16 octets, anything else as ASCII.

    Raises:
        ValueError: it is longer than 16 octets, or has other characters than printable ASCII.
    """
    try:
        return uuid.UUID(text).bytes if len(text) == len(str(uuid.UUID(int=0))) else _ascii(text)
    except ValueError:
        raise ValueError(f"the reference {text!r} is no UUID, nor at most {MAX_REFERENCE} printable ASCII characters") from None


def unpack_reference(octets: bytes) -> str | None:
    """Give a reference as its sender knows it; None when there is none.

    A UUID is never taken for text: the ninth octet of one (RFC 9562 §4.1) is no ASCII.
    """
    if not octets:
        return None
    if octets.isascii() and octets.decode("ascii").isprintable():
        return octets.decode("ascii")
    return str(uuid.UUID(bytes=octets)) if len(octets) == MAX_REFERENCE else octets.hex()


def tagged(recipient: str) -> str:
    """Give the form of *recipient* that tags are made of: ASCII letters in lower case, nothing else changed.

    So simple that every language does it alike. Of a domain in other letters both forms are tried, whichever was signed.
    """
    return "".join(chr(ord(each) + 32) if "A" <= each <= "Z" else each for each in recipient)


def _forms(recipient: str) -> list[str]:
    """Give the ways to write the domain of *recipient*: as it stands, as A-labels, in Unicode."""
    if recipient.isascii() and "xn--" not in recipient.lower():
        return [recipient]
    return list(dict.fromkeys((recipient, address.to_ascii(recipient), address.fold(recipient))))


def _tag(secret: bytes, recipient: str) -> bytes:
    return hmac.new(secret, _FOR_TAG + tagged(recipient).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:_TAG]


def _mac(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, _FOR_MAC + signed, hashlib.sha256).digest()[:_MAC]


def _day(at: datetime) -> int:
    return int(at.timestamp() // _SECONDS_A_DAY)


def _decode(text: str) -> bytes:
    """Decode base32 without padding; nothing when it is none, or not the one way to write these octets."""
    upper = text.upper()
    try:
        octets = base64.b32decode(upper + "=" * (-len(upper) % 8))
    except (binascii.Error, ValueError):
        return b""
    return octets if base64.b32encode(octets).decode("ascii").rstrip("=") == upper else b""


def _ascii(text: str) -> bytes:
    if len(text) > MAX_REFERENCE or not text.isascii() or not (text.isprintable() or not text):
        raise ValueError(text)
    return text.encode("ascii")
