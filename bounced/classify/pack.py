"""Rule packs: TOML in, checked rules out, and the check that their examples hold.

A pack is a file of `[[rule]]` tables, or several that are read in the order of their names (`generic.1-ours.toml`); its name
is what stands before the first dot. A rule names a category, never an action. Rules are tried in order: the site's
packs, the receivers', the generic one; within a pack from top to bottom, so the narrow goes above the broad.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from bounced.classify.category import Category, require
from bounced.classify.pattern import compile_linear
from bounced.classify.table import PACKAGED, convert, read
from bounced.classify.text import fold
from bounced.errors import RulesInvalid
from bounced.model import Fault

_REPLY = re.compile(r"[245?][0-9?]{2}", re.ASCII)
_STATUS = re.compile(r"[245?*](?:\.(?:\d{1,3}|[?*])){2}", re.ASCII)

#: The pack that knows no receiver; it is tried last.
GENERIC = "generic"


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a rule applies. Of `reply` and `status` one match is enough; `receiver` must match as well.

    `reply` holds numbers, or text in which `?` is any digit (`5??`); `status` is as in `status.matches` (`?.2.2`).
    """

    reply: tuple[int | str, ...] = ()
    status: tuple[str, ...] = ()
    receiver: tuple[str, ...] = ()


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule: words, perhaps codes and a receiver, that mean a category.

    `phrases`: one is enough; `unless`: none may stand there; `pattern` must match besides a phrase, or alone.
    `abandoned`: the words say that nobody reads the mailbox. `decisive`: beats any code; a rule with a receiver and a
    site's rule always do. `vague`: the words say little, so that a specific code which
    does not suppress beats them. `because` is the sentence that a decision shows; empty for the category's own meaning.
    """

    id: str
    category: str
    when: When = When()
    phrases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    pattern: str = ""
    because: str = ""
    abandoned: bool = False
    decisive: bool = False
    vague: bool = False
    seen: str = ""
    examples: tuple[str, ...]
    not_examples: tuple[str, ...] = ()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[dict[str, Any], ...] = ()


def load(path: Path, categories: Mapping[str, Category], providers: Sequence[str] = (), *, is_site: bool = False) -> list[Rule]:
    """Read the pack at *path*; its rules in order.

    Raises:
        RulesInvalid: with file, rule and reason, for whatever is wrong with one of them. Examples are not tried here.
    """
    rules: dict[str, Rule] = {}
    for number, raw in enumerate(convert(read(path), _File, f"{path}").rule, start=1):
        where = f"{path}: rule {raw.get('id', number)}"
        rule = _checked(convert(raw, Rule, where), where, _name(path), categories, providers)
        if rule.id in rules:
            raise RulesInvalid(f"{where}: the id is used twice")
        rules[rule.id] = structs.replace(rule, decisive=rule.decisive or is_site or bool(rule.when.receiver))
    return list(rules.values())


def load_all(
    categories: Mapping[str, Category], providers: Sequence[str], site: Path | None, packaged: Path = PACKAGED / "packs"
) -> list[Rule]:
    """Read every pack: the folder *site* first, then the packaged ones, the generic last.

    Raises:
        RulesInvalid: a pack is not in order, the site's folder is missing, or two packs use one id.
    """
    if site is not None and not site.is_dir():
        raise RulesInvalid(f"{site}: no such folder")
    own = sorted(site.glob("*.toml")) if site else []
    shipped = sorted(packaged.glob("*.toml"), key=lambda path: (_name(path) == GENERIC, path.stem))
    rules = [rule for path in own for rule in load(path, categories, providers, is_site=True)]
    rules += [rule for path in shipped for rule in load(path, categories, providers)]
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RulesInvalid(f"{rule.id}: two packs have a rule of this id")
        seen.add(rule.id)
    return rules


def _name(path: Path) -> str:
    return path.name.partition(".")[0]


def _checked(rule: Rule, where: str, name: str, categories: Mapping[str, Category], providers: Sequence[str]) -> Rule:
    category = require(categories, rule.category, where)
    faults = {
        f"the id must begin with the pack's name, {name}.": not rule.id.startswith(f"{name}."),
        "it has neither phrases nor a pattern": not rule.phrases and not rule.pattern,
        "it has no example": not rule.examples,
        f"abandoned, but {rule.category} is not the recipient's fault": rule.abandoned and category.fault is not Fault.RECIPIENT,
        **{
            f"the phrase {phrase!r} must be in lower case, with plain quotes and single spaces": not _is_folded(phrase)
            for phrase in (*rule.phrases, *rule.unless)
        },
        **{f"there is no receiver {receiver!r}": receiver not in providers for receiver in rule.when.receiver},
        **{f"{code!r} is not a reply code": not _REPLY.fullmatch(str(code)) for code in rule.when.reply},
        **{f"{status!r} is not an enhanced status code": not _STATUS.fullmatch(status) for status in rule.when.status},
    }
    for fault, is_so in faults.items():
        if is_so:
            raise RulesInvalid(f"{where}: {fault}")
    try:
        compile_linear(rule.pattern)
    except ValueError as error:
        raise RulesInvalid(f"{where}: the pattern is not allowed: {error}") from error
    return rule


def _is_folded(phrase: str) -> bool:
    return bool(phrase.strip("* ")) and phrase == fold(phrase)
