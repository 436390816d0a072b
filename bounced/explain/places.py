"""Where in a message a thing stands that was read from it, for a person who looks for it there.

Readers keep values, not places; here they are looked for again, line by line. What stands in an encoded part has the line
of its decoded text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bounced.parse.fields import decode_text
from bounced.parse.mail import Mail
from bounced.parse.mime import Part

#: Octets of a message that are searched.
MAX_SEARCHED = 4 * 1024 * 1024
#: Characters of a value that are compared: a folded line has its beginning.
_COMPARED = 40
_ENCODED = frozenset({"base64", "quoted-printable"})


class Place(NamedTuple):
    """A line of the file (`part` 0) or of the decoded text of a part, counted from 1."""

    part: int
    line: int

    def __str__(self) -> str:
        """Say it as an editor does."""
        return f"part {self.part}, line {self.line}" if self.part else f"line {self.line}"


class Places:
    """The lines of one message, to look for values in."""

    def __init__(self, mail: Mail) -> None:
        raw = mail.root.buffer[:MAX_SEARCHED]
        self._lines = [(Place(0, number), _fold(line)) for number, line in enumerate(decode_text(raw, None).split("\n"), start=1)]
        for number, part in enumerate(_leaves(mail.root), start=1):
            if _encoding(part) in _ENCODED:
                self._lines += [(Place(number, line), _fold(text)) for line, text in enumerate(part.text.split("\n"), start=1)]

    def find(self, value: str, *, field: str = "", after: int = 0) -> int | None:
        """Return the index of the line that has *value*: in a *field* of this name before others, from the index *after* on before it."""
        wanted = _fold(value)[:_COMPARED].strip()
        if not wanted:
            return None
        order: list[int] = [*range(after, len(self._lines)), *range(min(after, len(self._lines)))]
        # A folded field goes on in the next line: then its first words have to be enough.
        for needle in (wanted, " ".join(wanted.split()[:3])):
            having: list[int] = [at for at in order if needle in self._lines[at][1]]
            named: Iterator[int] = (at for at in having if field and self._lines[at][1].startswith(f"{field}:"))
            if having:
                return next(named, having[0])
        return None

    def __getitem__(self, at: int) -> Place:
        return self._lines[at][0]


def numbered(mail: Mail) -> Iterator[tuple[Part, str, int]]:
    """Yield each part of *mail* with what stands before it in a drawing of the tree, and its number among the leaves, 0 for a branch."""
    numbers = {id(part): number for number, part in enumerate(_leaves(mail.root), start=1)}
    yield from _draw(mail.root, "", "", numbers)


def _draw(part: Part, first: str, rest: str, numbers: dict[int, int]) -> Iterator[tuple[Part, str, int]]:
    yield part, first, numbers.get(id(part), 0)
    for at, child in enumerate(part.parts, start=1):
        is_last = at == len(part.parts)
        yield from _draw(child, rest + ("└─ " if is_last else "├─ "), rest + ("   " if is_last else "│  "), numbers)


def _leaves(root: Part) -> list[Part]:
    return [part for part in root.walk if not part.parts]


def _encoding(part: Part) -> str:
    return (part.fields.get("content-transfer-encoding") or "").partition(";")[0].strip().lower()


def _fold(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip().lower()
