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
        self._automaton = AhoCorasick([phrase.removesuffix("*") for phrase in self._phrases])

    def find(self, text: str) -> dict[str, int]:
        """Return the phrases that stand in *text*, each with the place where it stands first."""
        found: dict[str, int] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            phrase = self._phrases[index]
            if phrase not in found and _begins_word(text, start) and (phrase.endswith("*") or _ends_word(text, end)):
                found[phrase] = start
        return found


def _begins_word(text: str, start: int) -> bool:
    return start == 0 or not (_is_in_word(text[start]) and _is_in_word(text[start - 1]))


def _ends_word(text: str, end: int) -> bool:
    return end == len(text) or not (_is_in_word(text[end - 1]) and _is_in_word(text[end]))


def _is_in_word(character: str) -> bool:
    """Whether *character* is a letter or digit of a script in which words end at a space."""
    return character.isalnum() and character < _FIRST_UNSPACED
