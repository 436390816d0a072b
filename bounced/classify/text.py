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
_PLAIN.update({0xDF: "ss", 0x1E9E: "ss"})
# Combining marks of Latin letters; those of other scripts tell letters apart and stay.
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_WORD = re.compile(r"[^\s<>\"(),;]+")
# An address is a word with an at sign, but no URL. It is looked for at the beginning of words alone and gives back nothing that
# it has taken, so that the time is linear. Punctuation that closes a sentence stays, and so do scripts without spaces.
_OF_ADDRESS = r"\s<>\"(),;\u2e80-\U0010ffff"
_ADDRESS = re.compile(
    rf"(?<![^{_OF_ADDRESS}])(?:[^{_OF_ADDRESS}@:]|:(?!//))*+@(?:[^{_OF_ADDRESS}.:!?]|[.:!?]++(?=[^{_OF_ADDRESS}]))*+",
)
_BRACKETS = re.compile(r"<@>|\"@\"|'@'")
# Reply codes that begin a line of a reply of several lines (RFC 5321 §4.2.1), and a status repeated with them. Written so that it
# begins with a character, by which it is found fast; the look-behind then asks for a space or the text's beginning before it.
_CONTINUED = re.compile(
    r"[245](?<![^ ].)(?:(?:\d\d[- ][245])?\.\d{1,3}\.\d{1,3} (?!\d)|\d\d-(?!\d))",
    re.ASCII,
)
_TYPE = re.compile(r"[\w.\-]{1,40} ?;", re.ASCII)
_HOST = re.compile(r"[a-z0-9\-_]+(?:\.[a-z0-9\-_]+)+", re.ASCII)


def fold(text: str) -> str:
    """Fold *text* for comparison: lower case, no accents, plain quotes and dashes, single spaces; cut."""
    text = text[:MAX_TEXT]
    text = (text.replace("`", "'") if text.isascii() else text.translate(_PLAIN)).lower()
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates, which no automaton takes
        # Lower case once more: letters of other alphabets (a mathematical A) become plain capitals only here.
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).lower())
    return " ".join(text.split())[:MAX_TEXT]


def read_words(diagnostic: str) -> str:
    """Return *diagnostic* as rules read it: folded, its addresses masked by `@`, the lines of one reply joined."""
    return mask_addresses(fold(diagnostic))


def mask_addresses(folded: str) -> str:
    """Return a *folded* text as rules read it: its addresses masked by `@`, the lines of one reply joined."""
    if ADDRESS in folded:
        folded = _BRACKETS.sub(ADDRESS, _ADDRESS.sub(ADDRESS, folded))
    return _CONTINUED.sub("", folded)


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


def _mask_name(found: re.Match[str]) -> str:
    word = found[0]
    is_name = "@" in word or "://" in word or _HOST.fullmatch(word.strip(".:!?[]'/"))
    return " " if is_name else word
