"""Rule packs: TOML in, checked rules out. That their examples hold is for `check`.

A pack is a file of `[[rule]]` tables, or several that are read in the order of their names (`generic.1-ours.toml`); its name
is what stands before the first dot. A rule names a category, never an action. Rules are tried in order: the site's
packs, the receivers', the generic one; within a pack from top to bottom, so the narrow goes above the broad.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, structs

from bounced.classify.category import TO_CHOOSE, Category
from bounced.classify.pattern import compile_linear
from bounced.classify.problem import Lines, Problem
from bounced.classify.table import PACKAGED, convert, parse, read_text
from bounced.classify.text import fold
from bounced.errors import RulesInvalid
from bounced.model import Advice, Fault

_REPLY = re.compile(r"[245?][0-9?]{2}", re.ASCII)
_STATUS = re.compile(r"[245?*](?:\.(?:\d{1,3}|[?*])){2}", re.ASCII)

#: What an answer can be given to, as `model.Failure.command` names it.
COMMANDS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT")

#: The pack that knows no receiver; it is tried last.
GENERIC = "generic"


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a rule applies. Of `reply` and `status` one match is enough; `receiver` and `command` must match as well.

    `reply` holds numbers, or text in which `?` is any digit (`5??`); `status` is as in `status.matches` (`?.2.2`);
    `command` is what the answer was given to, as in `model.Failure` (`RCPT`, `MAIL`, `CONNECT`).
    """

    reply: tuple[int | str, ...] = ()
    status: tuple[str, ...] = ()
    receiver: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule: words, perhaps codes and a receiver, that mean a category.

    `phrases`: one is enough; `unless`: none may stand there; `pattern` must match besides a phrase.
    `abandoned`: the words say that nobody reads the mailbox. `decisive`: beats any code; a rule with a receiver and a
    site's rule always do. `vague`: the words say little, so that a specific code which
    does not suppress beats them. `because` is the sentence that a decision shows; empty for the category's own meaning.
    `advice` and `remedy` sharpen the category's.
    """

    id: str
    category: str
    when: When = When()
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    pattern: str = ""
    because: str = ""
    advice: Advice | None = None
    remedy: str = ""
    abandoned: bool = False
    decisive: bool = False
    vague: bool = False
    seen: str = ""
    examples: tuple[str, ...]
    not_examples: tuple[str, ...] = ()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[dict[str, Any], ...] = ()


class Pack(NamedTuple):
    """A pack as it was read: its sound rules, where each stands (by id), and what is wrong with the others."""

    path: Path
    rules: list[Rule]
    lines: dict[str, tuple[int, Lines]]
    problems: list[Problem]

    def problem(self, rule: Rule, reason: str, *needles: str, key: str) -> Problem:
        """Make a problem of one of the pack's rules, at the line of the first of *needles* that is found there, from the *key* on."""
        number, lines = self.lines[rule.id]
        return Problem(self.path, lines.line_of(number, needles, key), rule.id, reason)


def read(path: Path, categories: Mapping[str, Category], providers: Sequence[str] = (), *, is_site: bool = False) -> Pack:
    """Read the pack at *path*, and find everything that is wrong with each rule by itself. Examples are not tried here.

    Raises:
        RulesInvalid: the file can't be read, or is no TOML.
    """
    return _read(path, read_text(path), categories, providers, is_site=is_site)


def _read(path: Path, text: str, categories: Mapping[str, Category], providers: Sequence[str], *, is_site: bool) -> Pack:
    pack = Pack(path, [], {}, [])
    lines = Lines(text)
    for number, raw in enumerate(convert(parse(text, path), _File, f"{path}:1").rule):
        name = str(raw.get("id", f"rule {number + 1}"))
        try:
            rule = convert(raw, Rule, "")
        except RulesInvalid as error:
            field = re.findall(r"`\$?\.?(\w+)", error.detail)
            pack.problems.append(Problem(path, lines.line_of(number, field[::-1]), name, error.detail.removeprefix(": ")))
            continue
        faults = (*_faults(rule, path, categories), *_faults_of_when(rule.when, providers))
        found = [Problem(path, lines.line_of(number, (needle,)), name, reason) for reason, needle in faults]
        if rule.id in pack.lines:
            found.append(Problem(path, lines.line_of(number, (rule.id,)), name, "the id is used twice"))
        pack.problems.extend(found)
        if not found:
            is_decisive = rule.decisive or is_site or bool(rule.when.receiver)
            folded = {"phrases": tuple(map(fold, rule.phrases)), "unless": tuple(map(fold, rule.unless))}
            pack.rules.append(structs.replace(rule, decisive=is_decisive, **folded))
            pack.lines[rule.id] = (number, lines)
    return pack


def load(path: Path, categories: Mapping[str, Category], providers: Sequence[str] = (), *, is_site: bool = False) -> list[Rule]:
    """Read the pack at *path*; its rules in order.

    Raises:
        RulesInvalid: with file, line, rule and reason, for the first thing that is wrong. Examples are not tried here.
    """
    return list(_rules(path, read_text(path), frozenset(categories.items()), tuple(providers), is_site=is_site))


@lru_cache(maxsize=256)  # when a running daemon loads its rules again, nearly every pack is as it was
def _rules(
    path: Path, text: str, categories: frozenset[tuple[str, Category]], providers: tuple[str, ...], *, is_site: bool
) -> tuple[Rule, ...]:
    pack = _read(path, text, dict(categories), providers, is_site=is_site)
    for problem in pack.problems:
        raise RulesInvalid(str(problem))
    return tuple(pack.rules)


def load_all(
    categories: Mapping[str, Category], providers: Sequence[str], site: Path | None, packaged: Path = PACKAGED / "packs"
) -> tuple[list[Rule], list[Rule]]:
    """Read every pack: the rules of the folder *site*, which go first, and the packaged ones, the generic last.

    Raises:
        RulesInvalid: a pack is not in order, the site's folder is missing, or two packs use one id.
    """
    own = [rule for path in files_of_site(site) for rule in load(path, categories, providers, is_site=True)]
    shipped = [rule for path in files_of_release(packaged) for rule in load(path, categories, providers)]
    seen: set[str] = set()
    for rule in (*own, *shipped):
        if rule.id in seen:
            raise RulesInvalid(f"{rule.id}: two packs have a rule of this id")
        seen.add(rule.id)
    return own, shipped


def files_of_site(folder: Path | None) -> list[Path]:
    """List the packs in a site's *folder*, in the order in which they are asked.

    Raises:
        RulesInvalid: the folder is missing.
    """
    if folder is not None and not folder.is_dir():
        raise RulesInvalid(f"{folder}: no such folder")
    return sorted(folder.glob("*.toml")) if folder else []


def files_of_release(folder: Path = PACKAGED / "packs") -> list[Path]:
    """List the shipped packs, in the order in which they are asked: the generic one last."""
    return sorted(folder.glob("*.toml"), key=lambda path: (_name(path) == GENERIC, path.stem))


def _name(path: Path) -> str:
    return path.name.partition(".")[0]


def _faults(rule: Rule, path: Path, categories: Mapping[str, Category]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with *rule* by itself, its conditions apart, and the text by which the place is found."""
    name = _name(path)
    category = categories.get(rule.category)
    if category is None:
        names = ", ".join(sorted(categories))
        yield (f"choose a category: {names}" if rule.category == TO_CHOOSE else f"there is no category {rule.category!r}"), rule.category
    elif rule.abandoned and category.fault is not Fault.RECIPIENT:
        yield f"abandoned, but {rule.category} is not the recipient's fault", "abandoned"
    if not rule.id.startswith(f"{name}."):
        yield f"the id must begin with the pack's name, {name}.", rule.id
    if not rule.phrases:
        yield "it has no phrases" + (": a pattern is tried only behind one" if rule.pattern else ""), "pattern"
    if not rule.examples:
        yield "it has no example", "examples"
    for phrase in (*rule.phrases, *rule.unless):
        if not _is_plain(phrase):
            yield f"the phrase {phrase!r} must be in lower case, with single spaces", phrase
    try:
        compile_linear(rule.pattern)
    except ValueError as error:
        yield f"the pattern is not allowed: {error}", "pattern"


def _faults_of_when(when: When, providers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the conditions of a rule, and the text by which the place is found."""
    for receiver in when.receiver:
        if receiver not in providers:
            yield f"there is no receiver {receiver!r}", receiver
    for command in when.command:
        if command not in COMMANDS:
            yield f"{command!r} is not one of {', '.join(COMMANDS)}", command
    for code in when.reply:
        if not _REPLY.fullmatch(str(code)):
            yield f"{code!r} is not a reply code", str(code)
    for status in when.status:
        if not _STATUS.fullmatch(status):
            yield f"{status!r} is not an enhanced status code", status


def _is_plain(phrase: str) -> bool:
    """Whether *phrase* is written as it should be; accents are welcome, texts and phrases lose them alike."""
    return bool(phrase.strip("* ")) and phrase == " ".join(phrase.lower().split())
