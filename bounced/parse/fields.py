"""Header fields and the fields of a delivery report: names, values, folding, encoded words.

Bytes in, text out. A field is read as leniently as mail servers write: any line ending, eight-bit text, blanks
before the colon. RFC 5322 §2.2, RFC 2047, RFC 3464 §2.1.
"""

import binascii
import codecs
import quopri
import re
from collections.abc import Iterable
from functools import lru_cache

#: A single field is cut here (characters); no honest one is longer.
MAX_VALUE = 16 * 1024

# Gives back nothing that it has taken (the plus signs), for nothing would come of it.
_FIELD = re.compile(r"^([!-9;-~]{1,200}+)[ \t]*+:[ \t]*+(.*+(?:\n[ \t].*+)*+)", re.MULTILINE)
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,2000})\?=(?:[ \t]+(?==\?))?")
# Codecs that are no charsets, by Python's own names for them; punycode and idna would even cost quadratic time.
_NO_CHARSETS = frozenset({"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape"})

#: Charsets whose ASCII is ASCII: what has nothing else is read at once.
_LIKE_ASCII = frozenset({"us-ascii", "ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"})


class Fields:
    """The fields of one block, in order. Names are in lower case, values unfolded."""

    __slots__ = ("_by_name",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._by_name: dict[str, list[str]] = {}
        by_name = self._by_name
        for name, value in pairs:
            lower = name.lower()
            if lower in by_name:
                by_name[lower].append(value)
            else:
                by_name[lower] = [value]

    def get(self, *names: str) -> str | None:
        """Return the first field of the first of *names* (lower case) that is there and not empty."""
        by_name = self._by_name
        for name in names:
            if name in by_name:
                for value in by_name[name]:
                    if unfolded := unfold(value):
                        return unfolded
        return None

    def all(self, name: str) -> list[str]:
        """Return every value of the field *name*."""
        return [unfold(value) for value in self._by_name.get(name, ())]

    def text(self, name: str) -> str | None:
        """Return the field *name* with its encoded words decoded (RFC 2047)."""
        value = self.get(name)
        return decode_words(value) if value else None

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def has_any(self, names: frozenset[str]) -> bool:
        """Whether one of *names* (lower case) is there."""
        return not names.isdisjoint(self._by_name)


def read_fields(block: str) -> Fields:
    """Read the fields of *block*, whose lines end in LF; what is no field is passed over."""
    return Fields(_FIELD.findall(block))


def unfold(value: str) -> str:
    """Put a folded field on one line (RFC 5322 §2.2.3), cut at `MAX_VALUE`."""
    value = value[:MAX_VALUE]
    return (" ".join([line.strip(" \t") for line in value.split("\n")]) if "\n" in value else value).strip()


def decode_words(value: str) -> str:
    """Decode the encoded words of RFC 2047 in *value*; one that can't be decoded stays as it is."""
    return _ENCODED_WORD.sub(_decode_word, value) if "=?" in value else value


def decode_text(octets: bytes, charset: str | None) -> str:
    """Decode *octets* by the declared *charset*, else as UTF-8, else as Windows-1252; never fails.

    Japanese servers often write ISO-2022-JP and declare nothing or US-ASCII: its escape sequences tell. Line endings of any kind become LF,
    also a doubled CR (dma). Half a surrogate pair, which UTF-7 lets through, becomes `?`: no encoder would take it.
    """
    if b"\r" in octets:
        lines = octets.replace(b"\r\n", b"\n")
        octets = octets.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in lines else lines
    if (charset is None or charset.lower() in _LIKE_ASCII) and octets.isascii() and b"\x1b" not in octets:
        return octets.decode("ascii")
    for name in ("iso2022_jp" if b"\x1b$" in octets else None, charset, "utf-8"):
        if name and (codec := _codec(name)):
            try:
                return octets.decode(codec).encode(errors="replace").decode() if codec == "utf-7" else octets.decode(codec)
            except (LookupError, UnicodeError, ValueError):
                continue
    return octets.decode("cp1252", "replace")


@lru_cache(maxsize=64)
def _codec(name: str) -> str | None:
    """Return Python's own name for the charset *name*, of which it knows many spellings (`punycode+`); None for no charset."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if codec in _NO_CHARSETS else codec


def _decode_word(found: re.Match[str]) -> str:
    charset, encoding, text = found[1].partition("*")[0], found[2].upper(), found[3]
    octets = text.encode("utf-8", "replace")
    try:
        decoded = binascii.a2b_base64(octets + b"==") if encoding == "B" else quopri.decodestring(octets, header=True)
    except ValueError:
        return found[0]
    return decode_text(decoded, charset)
