"""What no rule knew: texts with their names and numbers masked, counted, and made into skeletons of rules.

Pure. A skeleton is a rule in TOML that is sound but for its category: a person has to choose that. Addresses, hosts and
numbers of real people and systems do not get into it.
"""

import json
import re
from collections import Counter
from collections.abc import Container, Iterator
from typing import NamedTuple

from msgspec import Struct, field

from bounced.classify.category import TO_CHOOSE
from bounced.classify.text import fold, read_words
from bounced.model import Failure, Finding, Kind
from bounced.status import MAX_TEXT

#: Different texts that are counted; what comes after them is only counted as more.
MOST_TEXTS = 10_000
#: Words of a phrase: short enough for the next rewording, long enough to mean one thing.
PHRASE_WORDS = 7
#: Letters of a phrase at least: "host said" would match anything.
PHRASE_LETTERS = 10
#: Characters of an example.
EXAMPLE_LENGTH = 300

_MASK = re.compile(r"<[a-z]+>|@")
_TOKEN = re.compile(r"https?://[^\s<>\"']+|[^\s<>\"'(),;\[\]{}=]+", re.IGNORECASE)
_CODE = re.compile(r"[245]\d\d-?|(?:[245]\d\d-)?[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d{1,5})?|(?:ipv6:)?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,8}", re.ASCII)
_HOST = re.compile(r"[a-z0-9\-_]+(?:\.[a-z0-9\-_]+)*\.[a-z][a-z0-9\-]+", re.ASCII)
_NUMBER = re.compile(r"[#+\-]?\d[\d.,:/%\-]*(?:[kmg]?b)?", re.ASCII)
# Letters and digits mixed, or longer than any word of a language: a queue's or a session's name.
_ID = re.compile(r"(?=[^\s]*\d)(?=[^\s]*[a-z])[\w.\-+/#~]{6,}|[0-9a-f]{12,}|[\w\-]{32,}", re.ASCII)
_EDGES = " .,:;!?-_/'\"()[]{}<>=*#|"
_LETTERS = re.compile(r"[^\W\d_]")
_SLUG = re.compile(r"[a-z0-9]+", re.ASCII)


class _Name(NamedTuple):
    """What stands for a name in a normalised text, and in an example."""

    mask: str
    example: str


_ADDRESS, _URL, _HOST_NAME = _Name("@", "user@example.org"), _Name("<url>", "https://example.org/"), _Name("<host>", "mx.example.org")
_ADDRESS_OF_HOST, _IDENTITY, _FIGURE = _Name("<ip>", "192.0.2.1"), _Name("<id>", "a1b2c3d4"), _Name("<n>", "1")


class Unmatched(Struct, kw_only=True):
    """A text that no rule knew: normalised, how often it came, and what it is like as a server writes it."""

    text: str
    example: str
    count: int = 0
    receivers: Counter[str] = field(default_factory=Counter)


class Tally:
    """Counts the texts that no rule knew; `more` counts those that came when it was full."""

    def __init__(self) -> None:
        self._texts: dict[str, Unmatched] = {}
        self.more = 0

    @property
    def different(self) -> int:
        """How many different texts there are."""
        return len(self._texts)

    @property
    def times(self) -> int:
        """How often any of them came."""
        return sum(entry.count for entry in self._texts.values())

    def add(self, failure: Failure, finding: Finding) -> None:
        """Count what *failure* says, which no rule knew, if it is a failure and there are words to know."""
        if finding.kind not in {Kind.BOUNCE, Kind.DELAY}:
            return
        text = normalise(failure.diagnostic)
        if len(_LETTERS.findall(_MASK.sub(" ", text))) < PHRASE_LETTERS:
            return
        if text not in self._texts and len(self._texts) >= MOST_TEXTS:
            self.more += 1
            return
        entry = self._texts.setdefault(text, Unmatched(text=text, example=exemplify(failure.diagnostic)))
        entry.count += 1
        entry.receivers[finding.provider or ""] += 1

    def most_frequent(self, limit: int) -> list[Unmatched]:
        """Return up to *limit* texts, the most frequent first."""
        return sorted(self._texts.values(), key=lambda entry: (-entry.count, entry.text))[:limit]


def normalise(diagnostic: str) -> str:
    """Return the words of *diagnostic* as rules read them, with addresses, hosts, IP addresses, numbers and ids masked."""
    return _TOKEN.sub(lambda found: _masked(found[0], is_example=False), read_words(_on_one_line(diagnostic)))[:EXAMPLE_LENGTH]


def exemplify(diagnostic: str) -> str:
    """Return *diagnostic* on one line, as a server writes it, with the names of `example.org` and no one's numbers; codes stay."""
    return _TOKEN.sub(lambda found: _masked(found[0], is_example=True), _on_one_line(diagnostic))[:EXAMPLE_LENGTH].strip()


def phrase_of(example: str) -> str:
    """Choose the words of *example* that a rule looks for: the longest stretch between two masks, from its beginning.

    Empty where no stretch has `PHRASE_LETTERS`.
    """
    stretches = (stretch.strip(_EDGES) for stretch in _MASK.split(_without_codes(normalise(example))))
    longest = max(stretches, key=lambda stretch: len(_LETTERS.findall(stretch)), default="")
    phrase = " ".join(longest.split()[:PHRASE_WORDS]).strip(_EDGES)
    return phrase if len(_LETTERS.findall(phrase)) >= PHRASE_LETTERS else ""


def skeleton(name: str, phrase: str, example: str, *, category: str = TO_CHOOSE, receiver: str = "") -> str:
    """Write the rule *name* in TOML: *phrase*, as of `phrase_of`, means *category*, and *receiver* alone says so."""
    lines = ["[[rule]]", f"id = {_quote(name)}", f"category = {_quote(category)}"]
    if receiver:
        lines.append(f"when = {{ receiver = [{_quote(receiver)}] }}")
    return "\n".join([*lines, f"phrases = [{_quote(phrase)}]", f"examples = [{_quote(example)}]", ""])


def name_for(phrase: str, pack: str, taken: Container[str]) -> str:
    """Make an id of *phrase* for a rule of *pack* that is none of those *taken*."""
    name = free = f"{pack}.{_slug(phrase)}"
    number = 2
    while free in taken:
        number, free = number + 1, f"{name}-{number}"
    return free


def skeletons(entries: list[Unmatched], taken: set[str], pack: str = "site") -> Iterator[str]:
    """Write *entries* as a pack: a skeleton each, with its count before it; what an earlier phrase covers stands there as a comment."""
    covered: dict[str, str] = {}
    for entry in entries:
        phrase = phrase_of(entry.example)
        said_by = ", ".join(name for name, _ in entry.receivers.most_common(3) if name)
        count = f"# {entry.count} {'time' if entry.count == 1 else 'times'}{f' by {said_by}' if said_by else ''}: {entry.text}"
        words = f" {_without_codes(fold(entry.example))} "
        earlier = next((one for one in covered if one in words), None)
        if earlier or not phrase:
            yield f"{count}\n# {f'{covered[earlier]} would know it' if earlier else 'no words to go by'}\n"
            continue
        covered[phrase] = name_for(phrase, pack, taken)
        taken.add(covered[phrase])
        yield f"{count}\n{skeleton(covered[phrase], phrase, entry.example)}"


def _on_one_line(text: str) -> str:
    """Return *text* without line ends and whatever else does not print: neither a comment nor a string of TOML may hold that."""
    return " ".join("".join(each if each.isprintable() else " " for each in text[:MAX_TEXT]).split())


def _masked(token: str, *, is_example: bool) -> str:
    core = token.rstrip(".:!?*")
    name = _name_of(core.lower())
    if name is None:
        return token
    return (name.example if is_example else name.mask) + token[len(core) :]


def _name_of(core: str) -> _Name | None:  # noqa: PLR0911 a kind of name each
    if core in {"@", ""} or _CODE.fullmatch(core):
        return None
    if "://" in core or core.startswith("www."):
        return _URL
    if "@" in core:
        return _ADDRESS
    if _IP.fullmatch(core):
        return _ADDRESS_OF_HOST
    if _NUMBER.fullmatch(core):
        return _FIGURE
    if _HOST.fullmatch(core):
        return _HOST_NAME
    return _IDENTITY if _ID.fullmatch(core) else None


def _without_codes(text: str) -> str:
    return " ".join(word for word in text.split() if not _CODE.fullmatch(word.strip("-#()[]<>:;,.'\"")))


def _slug(phrase: str) -> str:
    return "-".join(_SLUG.findall(fold(phrase))[:5]) or "rule"


def _quote(text: str) -> str:
    """Write *text* as a string of TOML, which JSON's strings are too."""
    return json.dumps(text, ensure_ascii=False)
