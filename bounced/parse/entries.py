"""Lists of recipients in a text for people: an address, then its reason, on the same line or on those below.

Most mail servers that report in prose do it so. What the lists have in common is read here; where one begins, and
what its words mean, is for the readers to know.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from bounced import address

#: Entries of one list that are read.
MAX_ENTRIES = 1000

# An address that begins a line, in angle brackets or quotation marks or bare, after a bullet perhaps.
_BEGINNING = re.compile(
    r"(?P<indent>[ \t]{0,40})(?:(?:[*\-\u2022+]|->|>>>)[ \t]{1,8})?"
    r"(?:<(?P<bracketed>[^<>\n]{1,320})>|\"(?P<quoted>[^\"\s@]{1,64}@[^\"\s]{1,255})\"|(?P<bare>[^\s<>(){}\[\],;:\"]{1,64}@[\w\-.]{1,255}\w))"
    r"(?P<rest>(?=[\s:,;(\[]|\.\.\.|$).*)"
)
_EXPANDED = re.compile(r"\(?(?:expanded|(?:ultimately )?generated) (?:from|by):?\s{1,8}<?([^\s<>()]{1,320})>?\)?:?")
_LABEL = re.compile(r"[^.!?]{1,80}:")


class Entry(Struct):
    """One entry of a list: the recipient as it is named, and the lines that speak of it."""

    name: str
    lines: list[str]
    parent: str | None = None

    @property
    def words(self) -> str:
        """The reason, with its line ends."""
        return "\n".join(self.lines).strip()


def begins(line: str) -> re.Match[str] | None:
    """Match a *line* that begins an entry."""
    found = _BEGINNING.match(line)
    return found if found and address.is_address(_name(found)) else None


def read(lines: Sequence[str], *, apart: bool = False) -> list[Entry]:
    """Read the entries among *lines*, which may begin with other text.

    An entry begins with an address no further to the right than the first one's. *apart*: only after a blank line,
    for reasons may begin with an address too. It ends with the paragraph in which its reason stands.
    """
    entries: list[Entry] = []
    indent = 0
    is_open, was_blank = False, True
    for line in lines:
        found = begins(line) if was_blank or not apart else None
        if found and (not entries or len(found["indent"]) <= indent):
            if len(entries) == MAX_ENTRIES:
                break
            indent = len(found["indent"]) if not entries else indent
            entries.append(Entry(_name(found), [_rest(found["rest"], _name(found))]))
            is_open = True
        elif not line.strip():
            is_open = is_open and not _is_told(entries[-1])
        elif is_open:
            entries[-1].lines.append(line)
        was_blank = not line.strip()
    return [_with_parent(entry) for entry in entries]


def split_parent(words: str) -> tuple[str | None, str]:
    """Take `(expanded from <a>)`, `(generated from a)` off *words*; return the address within, and what is left."""
    found = _EXPANDED.search(words)
    if not found:
        return None, words
    parent = address.read(found[1])
    if parent is None or not address.is_address(parent):
        return None, words
    return parent, (words[: found.start()] + words[found.end() :]).strip()


def paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the runs of *lines* between blank ones."""
    paragraph: list[str] = []
    for line in lines:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _name(found: re.Match[str]) -> str:
    name = found["bracketed"] or found["quoted"] or found["bare"]
    return address.unwrap(name.removeprefix("mailto:").strip())


def _rest(rest: str, name: str) -> str:
    """Take off what joins the address and its reason: the address once more, `: `, `... `, brackets around the whole of it."""
    rest = rest.strip().removeprefix(f"<{name}>").strip().removeprefix("...").strip()
    if rest[:1] in {":", ",", ";"}:
        rest = rest[1:].strip()
    for opening, closing in ("()", "[]"):
        inside = rest[1:-1]
        is_one_pair = closing not in inside or 0 <= inside.find(opening) < inside.find(closing)
        if rest.startswith(opening) and rest.endswith(closing) and is_one_pair:
            return inside.strip()
    return rest


def _is_told(entry: Entry) -> bool:
    """Whether the reason has been given: there are words, and they are not just its label ("Reason:")."""
    return bool(entry.words) and not _LABEL.fullmatch(entry.words)


def _with_parent(entry: Entry) -> Entry:
    parent, words = split_parent(entry.words)
    return Entry(entry.name, words.split("\n"), parent) if parent else entry
