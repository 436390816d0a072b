r"""Sentences that mail systems write, as regular expressions, and found fast: a text is searched first for what their matches must hold.

Of a hundred texts most hold none of a table's sentences. For each pattern some pieces are known of which every match has one
("could not be delivered for" of `could not be delivered for more than \d+`); one linear pass finds the pieces of all patterns
(Aho-Corasick), and only what may match is tried.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick

try:
    from re import _constants as op  # type: ignore[attr-defined] # private: a Python that has it elsewhere costs time, not results
    from re import _parser  # type: ignore[attr-defined] # the same
except ImportError:  # pragma: no cover
    op = _parser = None

#: A shorter piece stands in nearly every text.
_SHORTEST = 4
#: Letters that a pattern without regard to case takes for an i or s, and that `lower` leaves as they are.
_LIKE_ASCII = (("\u0131", "i"), ("\u017f", "s"), ("\u0307", ""))


class Phrases:
    """Phrases, of which some stand in a text or not; all in lower case."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._automaton = AhoCorasick(list(phrases))

    def are_in(self, text: str) -> bool:
        """Whether one of them stands in *text*, which is in lower case."""
        return bool(self._automaton.find_matches_as_indexes(_encodable(text)))

    def which_are_in(self, text: str) -> list[int]:
        """Give the numbers of those that stand in *text*, which is in lower case, in their order."""
        return sorted({index for index, _, _ in self._automaton.find_matches_as_indexes(_encodable(text), overlapping=True)})


class Sentences:
    """Patterns that are looked for without regard to case; *flags* are those of `re` beside that."""

    def __init__(self, patterns: Sequence[str], flags: re.RegexFlag = re.NOFLAG) -> None:
        self.patterns = [re.compile(pattern, flags | re.IGNORECASE) for pattern in patterns]
        needs = [_needs(pattern) for pattern in patterns]
        self._pieces = list(dict.fromkeys(piece for need in needs for pieces in need for piece in sorted(pieces)))
        self._needs = [tuple(frozenset(map(self._pieces.index, pieces)) for pieces in need) for need in needs]
        self._automaton = AhoCorasick(self._pieces)
        #: The patterns of which nothing is known, and those that need each of the pieces first.
        self._unknown = [number for number, need in enumerate(self._needs) if not need]
        self._led_to = [
            [number for number, need in enumerate(self._needs) if need and piece in need[0]] for piece in range(len(self._pieces))
        ]

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place where one of the patterns matches; of several there, the first of them."""
        found = [match for number in self.likely(text) if (match := self.patterns[number].search(text))]
        return min(found, key=re.Match.start, default=None)

    def likely(self, text: str) -> list[int]:
        """Give the numbers of those patterns that may match somewhere in *text*, in order."""
        held = {index for index, _, _ in self._automaton.find_matches_as_indexes(fold(text), overlapping=True)}
        if not held:
            return self._unknown
        led = {number for piece in held for number in self._led_to[piece]}
        return sorted([*self._unknown, *(number for number in led if not any(map(held.isdisjoint, self._needs[number])))])


def fold(text: str) -> str:
    """Fold *text* so that what a pattern matches without regard to case is found in it letter by letter."""
    folded = text.lower()
    if folded.isascii():
        return folded
    for letter, like in _LIKE_ASCII:
        folded = folded.replace(letter, like)
    return _encodable(folded)


def _encodable(text: str) -> str:
    """Replace lone surrogates, which the automaton takes none of."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _needs(pattern: str) -> list[frozenset[str]]:
    """Give what every match of *pattern* holds: of each set of pieces one at least. Those of no useful length are left out."""
    if _parser is None:  # pragma: no cover
        return []
    return [pieces for pieces in _walk(_parser.parse(pattern, re.IGNORECASE)) if pieces and min(map(len, pieces)) >= _SHORTEST]


def _walk(parsed: Iterable[tuple[Any, Any]]) -> Iterator[frozenset[str]]:
    """Go through what every match holds, one after the other: runs of letters, and of groups a piece of one of the branches."""
    run = ""
    for code, argument in parsed:
        if code is op.LITERAL:
            run += chr(argument).lower()
            continue
        yield frozenset({run} - {""})
        run = ""
        if code is op.SUBPATTERN:
            yield from _walk(argument[-1])
        elif code is op.ASSERT:  # what is seen ahead stands in the text as well
            yield from _walk(argument[1])
        elif code is op.BRANCH:
            branches = [max(_walk(branch), key=_shortest) for branch in argument[1]]
            if all(branches):
                yield frozenset().union(*branches)
    yield frozenset({run} - {""})


def _shortest(pieces: frozenset[str]) -> int:
    return min(map(len, pieces), default=0)
