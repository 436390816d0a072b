"""What is wrong with a rule pack, and where: file, line, rule, reason.

TOML's reader tells no lines of what it has read, so the line is found again in the text: that of the value
complained of, else that where its rule begins.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_RULE = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?rule[\"']?[ \t]*\]\]", re.MULTILINE)


class Problem(NamedTuple):
    """One thing wrong with a pack. `line` counts from 1; `rule` is its id, or its number where it has none that can be read."""

    path: Path
    line: int
    rule: str
    reason: str

    def __str__(self) -> str:
        """Write it as compilers do, so that editors find the place."""
        return f"{self.path}:{self.line}: {self.rule}: {self.reason}" if self.rule else f"{self.path}:{self.line}: {self.reason}"


class Lines:
    """The text of a pack, to find the lines of its rules in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [found.start() for found in _RULE.finditer(text)]

    def line_of(self, number: int, needles: Sequence[str] = (), key: str = "") -> int:
        """Return the line of the first of *needles* that stands in the rule *number* (from 0), else that where the rule begins.

        They are looked for from the *key* on, where it has that.
        """
        if number >= len(self._starts):  # written as an array: `rule = [{…}]`
            return 1
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
        named = re.compile(rf"^[ \t]*{re.escape(key)}\b", re.MULTILINE).search(self._text, start, end) if key else None
        places = (self._text.find(needle, named.start() if named else start, end) for needle in needles if needle)
        at = next((place for place in places if place >= 0), named.start() if named else start)
        return self._text.count("\n", 0, at) + 1
