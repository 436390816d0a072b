"""Rules applied to words: which of them match, in the order of the packs.

One linear pass finds every phrase of every rule; a rule's pattern is tried only behind its phrase, or, where it has no
phrase, once over the text. Nothing here weighs a rule against a code.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bounced import status
from bounced.classify.pack import Rule, When
from bounced.classify.pattern import compile_linear
from bounced.classify.phrases import Phrases
from bounced.classify.text import read_words
from bounced.errors import RulesInvalid
from bounced.status import find_codes


class Match(NamedTuple):
    """A rule that matches, and the words that made it do so."""

    rule: Rule
    words: str


class Matcher:
    """All rules, ready to be tried on a text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._patterns = {rule.id: compile_linear(rule.pattern) for rule in rules if rule.pattern}
        self._phrases = Phrases(phrase for rule in rules for phrase in (*rule.phrases, *rule.unless))
        self._order = {rule.id: place for place, rule in enumerate(rules)}
        self._by_phrase: dict[str, list[Rule]] = {}
        for rule in rules:
            for phrase in rule.phrases:
                self._by_phrase.setdefault(phrase, []).append(rule)
        self._without_phrase = [rule for rule in rules if not rule.phrases]

    def match(self, words: str, reply: int | None, code: str | None, receivers: Iterable[str]) -> list[Match]:
        """Return the rules that match *words* (of `text.read_words`) with these codes at one of *receivers*, in order."""
        found = self._phrases.find(words)
        candidates = {rule.id: rule for phrase in found for rule in self._by_phrase.get(phrase, ())}
        candidates.update({rule.id: rule for rule in self._without_phrase})
        receivers = frozenset(receivers)
        matches = (
            self._confirm(rule, words, found)
            for rule in sorted(candidates.values(), key=lambda rule: self._order[rule.id])
            if applies(rule.when, reply, code, receivers) and not any(phrase in found for phrase in rule.unless)
        )
        return [match for match in matches if match]

    def check(self) -> None:
        """Try the examples of every rule.

        Raises:
            RulesInvalid: an example does not match its own rule or is taken by an earlier one, or a counter-example
                matches; with the rule and the example.
        """
        for problem in self._problems():
            raise RulesInvalid(problem)

    def _confirm(self, rule: Rule, words: str, found: dict[str, int]) -> Match | None:
        phrase = min((phrase for phrase in rule.phrases if phrase in found), key=lambda phrase: (found[phrase], -len(phrase)), default="")
        if not rule.pattern:
            return Match(rule, phrase.removesuffix("*"))
        confirmed = self._patterns[rule.id].search(words)
        return Match(rule, phrase.removesuffix("*") or confirmed[0]) if confirmed else None

    def _problems(self) -> Iterator[str]:
        for rule in self._rules:
            for example in rule.examples:
                first = next(iter(self._try(rule, example)), None)
                if first is None:
                    yield f"{rule.id}: its example does not match: {example!r}"
                elif first.rule is not rule:
                    yield f"{rule.id}: its example is taken by {first.rule.id}: {example!r}"
            for example in rule.not_examples:
                if any(match.rule is rule for match in self._try(rule, example)):
                    yield f"{rule.id}: its counter-example matches: {example!r}"

    def _try(self, rule: Rule, example: str) -> list[Match]:
        codes = find_codes(example)
        return self.match(read_words(example), codes.reply, codes.status, rule.when.receiver)


def applies(when: When, reply: int | None, code: str | None, receivers: frozenset[str]) -> bool:
    """Whether the conditions of a rule hold for these codes and receivers."""
    if when.receiver and receivers.isdisjoint(when.receiver):
        return False
    if not when.reply and not when.status:
        return True
    if reply is not None and any(_is_like(str(reply), str(wanted)) for wanted in when.reply):
        return True
    return code is not None and any(status.matches(code, wanted) for wanted in when.status)


def _is_like(have: str, wanted: str) -> bool:
    return all(want in {"?", digit} for digit, want in zip(have, wanted, strict=True))
