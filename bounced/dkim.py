"""DKIM signatures in the header of a returned message: what one of ours proves of it, without its body (RFC 6376, RFC 8463).

A report returns our message's header as a rule and its body at times, so the body's hash is taken as it stands: it is signed with the
header, and nothing rests on the body. Pure, but for `cryptography`, which whoever makes the keys brings; no DNS: keys are given.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

#: Verifies a signature (octets) over what is signed (octets): `cryptography`'s, for one public key.
Verify = Callable[[bytes, bytes], bool]
#: Public keys by selector and domain, in lower case, each with the algorithm that it is for (`rsa`, `ed25519`).
Keys = Mapping[tuple[str, str], tuple[str, Verify]]

#: Signatures of a header that are tried.
_MOST = 5
_FIELD = re.compile(r"^([!-9;-~]{1,200})([ \t]*):((?:.*)(?:\n[ \t].*)*)", re.MULTILINE)
_BLANKS = re.compile(r"[ \t]+")
_SIGNATURE = re.compile(r"(;\s*b\s*=)[^;]*")
_ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}


class Signed(NamedTuple):
    """What a signature of ours vouches for: the one To field that it covers, unfolded, and when it was made."""

    to: str
    at: datetime
    expires: datetime | None
    by: str


def verified(header: str, keys: Keys) -> Iterator[Signed]:
    """Give what the signatures in *header* (lines end in LF) vouch for that verify with one of *keys*.

    Only such are given as cover a To field: the bottom-most, for it is the one that a signer takes first (RFC 6376 §5.4.2), and what
    somebody has put above it is not covered.
    """
    fields = [(found[1], found[0], found[3]) for found in _FIELD.finditer(header)]
    if not header.isascii():  # what was signed were octets, and these are not those any more
        return
    signatures = [field for field in fields if field[0].lower() == "dkim-signature"]
    for signature in signatures[:_MOST]:
        if (signed := _verified(signature, fields, keys)) is not None:
            yield signed


def _verified(signature: tuple[str, str, str], fields: list[tuple[str, str, str]], keys: Keys) -> Signed | None:
    tags = _tags(signature[2])
    key = keys.get((tags.get("s", "").lower(), tags.get("d", "").lower()))
    names = [name.strip().lower() for name in tags.get("h", "").split(":")]
    if key is None or tags.get("v") != "1" or _ALGORITHMS.get(tags.get("a", "").lower()) != key[0] or "from" not in names:
        return None
    to = [field for field in fields if field[0].lower() == "to"]
    at = _time(tags.get("t"))
    if "to" not in names or not to or at is None:
        return None
    write = _relaxed if tags.get("c", "simple").partition("/")[0] == "relaxed" else _simple
    unsigned = (signature[0], _SIGNATURE.sub(r"\1", signature[1], count=1), _SIGNATURE.sub(r"\1", signature[2], count=1))
    lines = [write(field) for field in _covered(names, fields)]
    octets = ("".join(f"{line}\r\n" for line in lines) + write(unsigned)).encode("ascii")
    try:
        proof = base64.b64decode("".join(tags.get("b", "").split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not key[1](proof, octets):
        return None
    return Signed(" ".join(to[-1][2].split()), at, _time(tags.get("x")), f"{tags['s']}._domainkey.{tags['d']}")


def _covered(names: list[str], fields: list[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Give the fields that are signed, each name's from the bottom up; a name without one more field stands for nothing."""
    left: dict[str, list[tuple[str, str, str]]] = {}
    for field in fields:
        left.setdefault(field[0].lower(), []).append(field)
    for name in names:
        if left.get(name):
            yield left[name].pop()


def _simple(field: tuple[str, str, str]) -> str:
    return field[1].replace("\n", "\r\n")


def _relaxed(field: tuple[str, str, str]) -> str:
    return f"{field[0].lower()}:{_BLANKS.sub(' ', field[2].replace(chr(10), '')).strip()}"


def _tags(value: str) -> dict[str, str]:
    """Read a tag list (RFC 6376 §3.2)."""
    pairs = (tag.partition("=") for tag in value.replace("\n", "").split(";"))
    return {name.strip(): text.strip() for name, equals, text in pairs if equals}


def _time(text: str | None) -> datetime | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 12:  # noqa: PLR2004 RFC 6376 §3.5: "to allow 40 years" and many more
        return None
    return datetime.fromtimestamp(int(text), UTC) if int(text) < 1 << 36 else None
