"""Everything that is wrong with the rule packs, all at once: what `bounced rules check` lists.

The same checks as at load, which ends at the first. A rule that is not sound by itself is left out of the trial of the
examples. The shipped rules are tried among themselves: that a site's rule goes before one of them is what it is for.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from bounced.classify import category, pack
from bounced.classify.matcher import Matcher
from bounced.classify.pack import Pack, Rule
from bounced.classify.problem import Problem
from bounced.classify.provider import Providers
from bounced.classify.table import PACKAGED
from bounced.errors import RulesInvalid

_LINE = re.compile(r"\(at line (\d+)")


def check(site: Path | None = None, shipped: Path = PACKAGED / "packs") -> tuple[list[Problem], int]:
    """Check the packs in the folder *site* and the *shipped* ones.

    Returns what is wrong, in the order of the packs, and the number of rules that are sound by themselves.

    Raises:
        RulesInvalid: the folder *site* is missing, or a shipped table can't be used.
    """
    categories = category.load(PACKAGED / "categories.toml")
    receivers = Providers.load().names
    own, release = pack.files_of_site(site), pack.files_of_release(shipped)
    problems: list[Problem] = []
    packs: dict[Path, Pack] = {}
    for path in (*own, *release):
        try:
            packs[path] = pack.read(path, categories, receivers, is_site=path in own)
        except RulesInvalid as error:
            found = _LINE.search(error.detail)
            problems.append(Problem(path, int(found[1]) if found else 1, "", error.detail.removeprefix(f"{path}: ")))
    ours, theirs = ([packs[path] for path in paths if path in packs] for paths in (own, release))
    for each in (*ours, *theirs):
        problems += each.problems
    problems += _doubled([*ours, *theirs])
    problems += _failing(theirs, theirs)
    problems += _failing(ours, [*ours, *theirs])
    order = {path: place for place, path in enumerate((*own, *release))}
    return sorted(problems, key=lambda problem: (order[problem.path], problem.line)), sum(len(each.rules) for each in packs.values())


def _doubled(packs: list[Pack]) -> Iterator[Problem]:
    """Find ids that an earlier pack has."""
    seen: dict[str, Path] = {}
    for each in packs:
        for rule in each.rules:
            if rule.id in seen:
                yield each.problem(rule, f"{seen[rule.id]} has a rule of this id", rule.id, key="id")
            seen.setdefault(rule.id, each.path)


def _failing(packs: list[Pack], among: list[Pack]) -> Iterator[Problem]:
    """Find examples of *packs* that do not hold *among* all these."""
    rules: dict[str, Rule] = {}
    for each in among:
        for rule in each.rules:
            rules.setdefault(rule.id, rule)
    home = {rule.id: each for each in reversed(packs) for rule in each.rules if rules[rule.id] is rule}
    for rule, example, reason in Matcher(list(rules.values())).problems(rule for rule in rules.values() if rule.id in home):
        key = "not_examples" if example in rule.not_examples else "examples"
        escaped = example.replace("\\", "\\\\").replace('"', '\\"')
        yield home[rule.id].problem(rule, f"{reason}: {example!r}", example, escaped, key=key)
