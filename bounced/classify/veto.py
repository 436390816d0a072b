"""Words that keep a code or a generic rule from suppressing: next to *blocked* or *rate limit*, a 550 is not about the address.

Whole words only, and only those that the server said: addresses, hosts and URLs are masked first. The list is
`rules/veto.toml`. A rule overrules a word by having it in a phrase (*blocked due to inactivity*), or by being decisive.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from bounced.classify.phrases import Phrases
from bounced.classify.table import PACKAGED, convert, read
from bounced.classify.text import fold, mask_names
from bounced.errors import RulesInvalid

# Where a URL or the name of a host stands in a text; without one nothing has to be masked.
_NAME = re.compile(r"://|[a-z_\-]\.[a-z0-9]|\d\.[a-z]", re.ASCII)


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    words: tuple[str, ...]


class Vetoes:
    """The list of words, ready to be looked for."""

    def __init__(self, words: Sequence[str]) -> None:
        self._phrases = Phrases(words)

    @classmethod
    def load(cls, path: Path = PACKAGED / "veto.toml") -> "Vetoes":
        """Read the list at *path*.

        Raises:
            RulesInvalid: it can't be read, or a word is not in lower case.
        """
        words = convert(read(path), _File, f"{path}").words
        for word in words:
            if not word.strip("* ") or word != word.lower():
                raise RulesInvalid(f"{path}: {word!r} must be written in lower case and with single spaces")
        return cls([fold(word) for word in words])

    def find(self, words: str, overruled: Iterable[str] = ()) -> str | None:
        """Return the first veto word in *words* (of `text.read_words`) that stands in none of the phrases *overruled*, else None."""
        if not self._phrases.find(words):
            return None
        for phrase in sorted(overruled, key=len, reverse=True):  # the long ones before those that are part of them
            words = words.replace(phrase.removesuffix("*"), " ")
        found = self._phrases.find(mask_names(words) if _NAME.search(words) else words)
        return min(found, key=lambda word: found[word]).removesuffix("*") if found else None
