"""Rules applied to words: which of them match, in the order of the packs.

One linear pass finds every phrase of every rule; a rule's pattern is tried only where its phrase was found. Nothing here
weighs a rule against a code.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bounced import status
from bounced.classify.pack import Rule, When
from bounced.classify.pattern import compile_linear
from bounced.classify.phrases import Phrases
from bounced.classify.text import read_words
from bounced.status import find_codes

#: The conditions of most rules: none.
_ANYWHERE = When()


class Match(NamedTuple):
    """A rule that matches, the words that made it do so first, and all of its phrases that stand in the text."""

    rule: Rule
    words: str
    phrases: tuple[str, ...] = ()


class _Tried(NamedTuple):
    """A rule as it is tried: without conditions where it has none, its pattern compiled."""

    rule: Rule
    when: When | None
    unless: frozenset[str]
    pattern: re.Pattern[str] | None


class Matcher:
    """All rules, ready to be tried on a text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._tried = [
            _Tried(
                rule,
                None if rule.when == _ANYWHERE else rule.when,
                frozenset(rule.unless),
                compile_linear(rule.pattern) if rule.pattern else None,
            )
            for rule in rules
        ]
        self._phrases = Phrases(phrase for rule in rules for phrase in (*rule.phrases, *rule.unless))
        self._by_phrase: dict[str, list[int]] = {}
        for place, rule in enumerate(rules):
            for phrase in rule.phrases:
                self._by_phrase.setdefault(phrase, []).append(place)

    def match(
        self, words: str, reply: int | None, code: str | None, receivers: tuple[str, ...], command: str | None = None
    ) -> Sequence[Match]:
        """Return the rules that match *words* (of `text.read_words`) with these codes and *command* at one of *receivers*, in order."""
        found = self._phrases.find(words)
        if not found:
            return ()
        heard: dict[int, list[str]] = {}
        for phrase in found:
            for place in self._by_phrase.get(phrase, ()):
                heard.setdefault(place, []).append(phrase)
        matches: list[Match] = []
        for place in sorted(heard):
            rule, when, unless, pattern = self._tried[place]
            if (
                (when is None or applies(when, reply, code, receivers, command))
                and unless.isdisjoint(found)
                and not (pattern and not pattern.search(words))
            ):
                phrases = heard[place]
                first = min(phrases, key=lambda phrase: (found[phrase], -len(phrase))) if len(phrases) > 1 else phrases[0]
                matches.append(Match(rule, first.removesuffix("*"), tuple(phrases)))
        return tuple(matches)

    def problems(self, rules: Iterable[Rule]) -> Iterator[tuple[Rule, str, str]]:
        """Try the examples of *rules*, which are among these; yield each rule whose example does not hold, the example and why."""
        for rule in rules:
            for example in rule.examples:
                first = next(iter(self._try(rule, example)), None)
                if first is None:
                    yield rule, example, "its example does not match"
                elif first.rule is not rule:
                    yield rule, example, f"its example is taken by {first.rule.id}"
            for example in rule.not_examples:
                if any(match.rule is rule for match in self._try(rule, example)):
                    yield rule, example, "its counter-example matches"

    def _try(self, rule: Rule, example: str) -> Sequence[Match]:
        codes = find_codes(example)
        return self.match(read_words(example), codes.reply, codes.status, rule.when.receiver, next(iter(rule.when.command), None))


def applies(when: When, reply: int | None, code: str | None, receivers: Iterable[str], command: str | None = None) -> bool:
    """Whether the conditions of a rule hold for these codes, receivers and command."""
    if when.receiver and not any(receiver in when.receiver for receiver in receivers):
        return False
    if when.command and command not in when.command:
        return False
    if not when.reply and not when.status:
        return True
    if reply is not None and any(_is_like(str(reply), str(wanted)) for wanted in when.reply):
        return True
    return code is not None and any(status.matches(code, wanted) for wanted in when.status)


def _is_like(have: str, wanted: str) -> bool:
    return all(want in {"?", digit} for digit, want in zip(have, wanted, strict=True))
