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
    from re import _parser  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    op = _parser = None

#: A shorter piece stands in nearly every text.
_SHORTEST = 4
#: Letters that a pattern without regard to case takes for an i or s, and that `lower` leaves as they are.
_LIKE_ASCII = {0x131: "i", 0x17F: "s", 0x307: None}


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
        flags |= re.IGNORECASE
        self.patterns = [re.compile(pattern, flags) for pattern in patterns]
        self._whole = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), flags)
        pieces = [_pieces(pattern) for pattern in patterns]
        self._always = [number for number, found in enumerate(pieces) if not found]
        self._owners = [number for number, found in enumerate(pieces) for _ in found]
        self._automaton = AhoCorasick([piece for found in pieces for piece in found])

    def search(self, text: str) -> re.Match[str] | None:
        """Find the first place where one of the patterns matches; of several there, the first of them."""
        return self._whole.search(text) if self._always or self._automaton.find_matches_as_indexes(fold(text)) else None

    def likely(self, text: str) -> Iterator[int]:
        """Give the numbers of those patterns that may match somewhere in *text*, in order."""
        found = self._automaton.find_matches_as_indexes(fold(text), overlapping=True)
        yield from sorted({*self._always, *(self._owners[index] for index, _, _ in found)})


def fold(text: str) -> str:
    """Fold *text* so that what a pattern matches without regard to case is found in it letter by letter."""
    return text.lower() if text.isascii() else _encodable(text.lower().translate(_LIKE_ASCII))


def _encodable(text: str) -> str:
    """Replace lone surrogates, which the automaton takes none of."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _pieces(pattern: str) -> frozenset[str]:
    """Give pieces of text of which every match of *pattern* holds one; none where there are no such pieces of a useful length."""
    if _parser is None:  # pragma: no cover
        return frozenset()
    return _best(_candidates(_parser.parse(pattern, re.IGNORECASE)))


def _best(candidates: Iterable[frozenset[str]]) -> frozenset[str]:
    """Choose the pieces that are found most seldom: whose shortest is the longest."""
    useful = (each for each in candidates if each and min(map(len, each)) >= _SHORTEST)
    return max(useful, key=lambda pieces: (min(map(len, pieces)), max(map(len, pieces))), default=frozenset())


def _candidates(parsed: Iterable[tuple[Any, Any]]) -> Iterator[frozenset[str]]:
    """Go through what every match holds, one after the other: runs of letters, and groups with the pieces of their branches."""
    run = ""
    for code, argument in parsed:
        if code is op.LITERAL:
            run += chr(argument).lower()
            continue
        yield frozenset({run} - {""})
        run = ""
        if code is op.SUBPATTERN:
            yield from _candidates(argument[-1])
        elif code is op.BRANCH:
            branches = [_best(_candidates(branch)) for branch in argument[1]]
            if all(branches):
                yield frozenset().union(*branches)
    yield frozenset({run} - {""})
