"""Phrases found in a text, all of them in one linear pass (Aho-Corasick).

A phrase is found as whole words: "rate limit" is not in "separate limits". One that ends in `*` is a stem: "temporar*"
is in "temporarily". Chinese, Japanese and Korean put no spaces between words, so there a phrase is found anywhere.
Phrases and texts are folded by `text.fold` before they come here.
"""

from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick

#: The first character of the scripts that put no spaces between words: CJK radicals, kana, ideographs, Hangul.
_FIRST_UNSPACED = "\u2e80"


class Phrases:
    """A set of phrases, ready to be looked for."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = sorted(set(phrases))
        words = [phrase.removesuffix("*") for phrase in self._phrases]
        self._automaton = AhoCorasick(words)
        #: Of each phrase, whether it may stand in the midst of a word: at its beginning, at its end.
        self._edges = [
            (not _is_in_word(word[0]), phrase.endswith("*") or not _is_in_word(word[-1]))
            for word, phrase in zip(words, self._phrases, strict=True)
        ]

    def find(self, text: str) -> dict[str, int]:
        """Return the phrases that stand in *text*, each with the place where it stands first."""
        found: dict[str, int] = {}
        after = len(text)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            begins_anywhere, ends_anywhere = self._edges[index]
            if (begins_anywhere or start == 0 or not _is_in_word(text[start - 1])) and (
                ends_anywhere or end == after or not _is_in_word(text[end])
            ):
                found.setdefault(self._phrases[index], start)
        return found


def _is_in_word(character: str) -> bool:
    """Whether *character* is a letter or digit of a script in which words end at a space."""
    return character.isalnum() and character < _FIRST_UNSPACED
