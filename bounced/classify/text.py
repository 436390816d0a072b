"""The words of a diagnostic, made comparable: folded, addresses masked, continuation lines joined.

Text in, text out, in one linear pass each, cut at `status.MAX_TEXT` characters. What the words mean is for the rules.
"""

import re
import unicodedata

from bounced.status import MAX_TEXT

#: What stands for a mail address in a masked text, and in a phrase that has one.
ADDRESS = "@"

_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201b": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"'})
_PLAIN.update(dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212), "-"))
# Combining marks of Latin letters; those of other scripts tell letters apart and stay.
_FIRST_ACCENT, _LAST_ACCENT = "\u0300", "\u036f"
_WORD = re.compile(r"[^\s<>\"(),;]+")
_BRACKETS = re.compile(r"<@>|\"@\"|'@'")
# Reply codes that begin a line of a reply of several lines (RFC 5321 §4.2.1), and a status repeated with them.
_CONTINUED = re.compile(r"(?:^|(?<= ))(?:[245]\d\d[- ])?[245]\.\d{1,3}\.\d{1,3} (?!\d)|(?:^|(?<= ))[245]\d\d-(?!\d)", re.ASCII)
_TYPE = re.compile(r"[\w.\-]{1,40} ?;", re.ASCII)
_HOST = re.compile(r"[a-z0-9\-_]+(?:\.[a-z0-9\-_]+)+", re.ASCII)


def fold(text: str) -> str:
    """Fold *text* for comparison: lower case, no accents, plain quotes and dashes, single spaces; cut."""
    text = text[:MAX_TEXT].translate(_PLAIN).lower()
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates, which no automaton takes
        marks = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", "".join(mark for mark in marks if not _FIRST_ACCENT <= mark <= _LAST_ACCENT))
    return " ".join(text.split())[:MAX_TEXT]


def read_words(diagnostic: str) -> str:
    """Return *diagnostic* as rules read it: folded, its addresses masked by `@`, the lines of one reply joined."""
    text = _WORD.sub(_mask_address, fold(diagnostic))
    return _CONTINUED.sub("", _BRACKETS.sub(ADDRESS, text))


def mask_names(words: str) -> str:
    """Return *words* without addresses, URLs and host names, so that what is left was said by the server."""
    return _WORD.sub(_mask_name, words)


def strip_type(diagnostic: str) -> str:
    """Return a folded *diagnostic* without its type, the `smtp;` of RFC 3464 §2.3.6."""
    found = _TYPE.match(diagnostic)
    return diagnostic[found.end() :].strip() if found else diagnostic


def diagnostic_type(diagnostic: str) -> str:
    """Return the type of a folded *diagnostic*, `smtp` or `x-unix`; empty when it names none."""
    found = _TYPE.match(diagnostic)
    return found[0].rstrip("; ") if found else ""


def _mask_address(found: re.Match[str]) -> str:
    word = found[0]
    if "@" not in word or "://" in word:
        return word
    closing = word[len(word.rstrip(".:!?")) :]
    return f"{ADDRESS}{closing}"


def _mask_name(found: re.Match[str]) -> str:
    word = found[0]
    is_name = "@" in word or "://" in word or _HOST.fullmatch(word.strip(".:!?[]'/"))
    return " " if is_name else word
