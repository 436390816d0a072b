"""What the text of a report says around each of its recipients, for failures that have no words of their own.

One pass over the text finds all recipients, whatever their number; where a text names none, there is nothing. Whether the
words are needed is for `clues`; what they mean, for the rules.
"""

from ahocorasick_rs import AhoCorasick, MatchKind

from bounced import address
from bounced.classify.text import read_words
from bounced.model import Report

#: Characters of a section, in a report of several recipients: one address that stands there often may not fill the time of them all.
MAX_SECTION = 512


class Surroundings:
    """The text of one report, shared out among its recipients when the first of them asks.

    Each recipient has the text from where its address stands first to the next address of another one. Addresses are
    looked for as `address.fold` writes them, so the sections never overlap, and together are no longer than the text.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._sections: dict[str, str] | None = None

    def words(self, recipient: str | None) -> str:
        """Return the words (of `text.read_words`) around *recipient*, an address as the report gives it; all of them where it is alone."""
        if self._sections is None:
            self._sections = self._share()
        if len(self.report.failures) < 2:  # noqa: PLR2004 one recipient: the whole text is about it
            return self._sections[""]
        return self._sections.get(_encodable(address.fold(recipient)), "") if recipient else ""

    def _share(self) -> dict[str, str]:
        if len(self.report.failures) < 2:  # noqa: PLR2004 as above
            return {"": read_words(self.report.text)}
        text = _encodable(self.report.text.lower())
        own = list(
            {_encodable(address.fold(failure.recipient.address)) for failure in self.report.failures if failure.recipient.address} - {""}
        )
        if not text or not own:
            return {}
        # The longest at each place, one after the other: `ann@…` within `joann@…` is not Ann.
        found = AhoCorasick(own, matchkind=MatchKind.LeftmostLongest).find_matches_as_indexes(text)
        turns = [(own[index], start) for place, (index, start, _) in enumerate(found) if not place or found[place - 1][0] != index]
        ends = [*(start for _, start in turns[1:]), len(text)]
        sections: dict[str, str] = {}
        for (name, start), end in zip(turns, ends, strict=False):
            if name not in sections:
                sections[name] = read_words(text[start : min(end, start + MAX_SECTION)])
        return sections


def _encodable(text: str) -> str:
    """Return *text* without lone surrogates, which no automaton takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
