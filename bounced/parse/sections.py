"""A text cut at the headings and labels that `bounced.parse.headings` lists. What the sections say is for a reader to judge."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bounced.parse.headings import LABELS, PHRASES, Role
from bounced.parse.sentences import Phrases

#: Sections of one text that are read.
MAX_SECTIONS = 3000

_BLANKS = re.compile(r"\s+")
_QUOTATION = re.compile(r"[ \t]*>(?!>)")
_RULED = re.compile(r"[\W_]*")
_LABEL = re.compile(r"^[ \t*|\-\u2022]{0,12}([^\W\d_][^\n:\uff1a]{0,40}?)[ \t*]{0,8}(?:[:\uff1a]|$)", re.MULTILINE)
_JOINT = re.compile(r"[\s:\uff1a.,\-=*#|!]{0,200}")
_INDENT = re.compile(r"[ \t]*[*\-]?[ \t]*")
# Labels that stand alone in a cell or on a line, without a colon.
_BARE = frozenset({Role.RECIPIENT, Role.REASON, Role.OTHER})
_LABELS = {label: role for role, labels in LABELS.items() for label in labels}


class Section(NamedTuple):
    """What stands under one heading, up to the next."""

    role: Role
    heading: str
    text: str

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")


class _Mark(NamedTuple):
    start: int
    end: int
    role: Role


def split(text: str) -> list[Section]:
    """Cut *text* into its sections, in order; what stands before the first, and what is quoted with `>`, is left out."""
    marks = [mark for mark in (*_phrases(text), *_labels(text)) if not _is_quoted(text, mark.start)]
    marks.sort(key=lambda mark: (mark.start, -mark.end))  # the longest first
    apart: list[_Mark] = []
    for mark in marks[:MAX_SECTIONS]:
        if not apart or mark.start >= apart[-1].end:
            apart.append(mark)
    ends = [*(mark.start for mark in apart[1:]), len(text)]
    return [_section(text, mark, end) for mark, end in zip(apart, ends, strict=False)]  # no mark: no section


def compile_phrase(phrase: str) -> str:
    """Turn a *phrase* of `headings` into a pattern; see there for its notation."""
    pattern = re.escape(phrase).replace(r"\(es\)", r"(?:\(es\)|es)?").replace(r"\(s\)", r"(?:\(s\)|s)?")
    return pattern.replace(re.escape("…"), r"[^\n]{1,330}?").replace("'", "['\u2019]").replace(r"\ ", r"\s{1,40}")


def _anchor(phrase: str) -> str:
    """Return the longest piece of *phrase* that every match has, for a quick look."""
    return max(re.split(r"\(e?s\)|…|'", phrase), key=len).strip().lower()


_PHRASES = tuple((re.compile(compile_phrase(phrase), re.IGNORECASE), role) for role, phrases in PHRASES.items() for phrase in phrases)
_ANCHORS = Phrases(_anchor(phrase) for phrases in PHRASES.values() for phrase in phrases)


def _phrases(text: str) -> Iterator[_Mark]:
    for number in _ANCHORS.which_are_in(" ".join(text.lower().split())):
        pattern, role = _PHRASES[number]
        for found in pattern.finditer(text):
            if role is not Role.OTHER or _RULED.fullmatch(text, text.rfind("\n", 0, found.start()) + 1, found.start()):
                yield _Mark(found.start(), found.end(), role)


def _labels(text: str) -> Iterator[_Mark]:
    for found in _LABEL.finditer(text):
        role = _LABELS.get(_BLANKS.sub(" ", found[1]).lower())
        if role and (role in _BARE or text[found.end() - 1 : found.end()] in {":", "\uff1a"}):
            yield _Mark(found.start(1), found.end(), role)


def _is_quoted(text: str, at: int) -> bool:
    return _QUOTATION.match(text, text.rfind("\n", 0, at) + 1) is not None


def _section(text: str, mark: _Mark, end: int) -> Section:
    """Take off what joins the heading to its text; the indent and bullet of a line stay, for the lines below have the same."""
    joint = _JOINT.match(text, mark.end, end)
    start = joint.end() if joint else mark.end
    line = text.rfind("\n", mark.end, start) + 1
    if line and _INDENT.fullmatch(text, line, start):
        start = line
    return Section(mark.role, _BLANKS.sub(" ", text[mark.start : mark.end]), text[start:end])
