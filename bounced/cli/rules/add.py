"""`bounced rules new`: put a rule for a text into the site's own packs.

It only ever adds at the end of a file, and only what `bounced rules check` finds nothing wrong with.
"""

import re
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from bounced.classify.check import check
from bounced.classify.question import Question, report_of
from bounced.classify.text import fold
from bounced.classify.unmatched import exemplify, name_for, phrase_of, skeleton
from bounced.cli import config_option
from bounced.cli.rules.named import category_named
from bounced.cli.site_rules import needed, rules_option
from bounced.decide.trust import ASSUMED
from bounced.errors import ConfigInvalid, RulesInvalid
from bounced.judging import Judge
from bounced.model import History

_NAME = re.compile(r"[a-z0-9][a-z0-9\-]{0,60}", re.ASCII)


@click.command("new")
@click.argument("text")
@click.option("--category", "chosen", metavar="CATEGORY", help="What the text means; needed. Without it, the categories are listed.")
@click.option("--receiver", default="", help="The receiver that alone says so, as providers are called: gmail.")
@click.option("--phrase", help="The words to look for (default: the longest stretch of TEXT without names and numbers).")
@click.option("--id", "name", help="The rule's id behind the pack's name (default: made of the words).")
@click.option("--pack", default="site", show_default=True, help="The pack; its file is PACK.toml.")
@rules_option
@config_option
def command(  # noqa: PLR0913, PLR0917 an option each
    text: str,
    chosen: str | None,
    receiver: str,
    phrase: str | None,
    name: str | None,
    pack: str,
    folder: Path | None,
    config_path: Path | None,
) -> None:
    """Write a rule for TEXT, a server's reply, into the site's folder of packs; nothing there is overwritten."""
    for given, what in ((pack, "a pack"), (name, "a rule")):
        if given is not None and not _NAME.fullmatch(given):
            raise click.UsageError(f"{given!r}: {what} is named by a-z, 0-9 and -")
    target = needed(folder, config_path)
    judge = Judge.load(target)
    category = category_named(chosen, judge.classifier.categories).name
    taken = {rule.id for rule in judge.classifier.rules}
    example = exemplify(text)
    words = fold(phrase) if phrase else phrase_of(example)
    if not words:
        raise click.UsageError("TEXT has too few words of its own: say with --phrase which to look for")
    if name and f"{pack}.{name}" in taken:
        raise click.UsageError(f"there is a rule {pack}.{name} already")
    rule = skeleton(f"{pack}.{name}" if name else name_for(words, pack, taken), words, example, category=category, receiver=receiver)
    file = target / f"{pack}.toml"
    _try(rule, file)
    _append(rule, file)
    click.echo(f"Until now: {_judged(judge, Question(text, receiver=receiver))}", err=True)
    click.echo(f"{file}:\n\n{rule}", nl=False)


def _judged(judge: Judge, question: Question) -> str:
    """Say what spoke for the text: rule, category, disposition."""
    report = report_of(question, judge.classifier.providers.rows)
    decision = judge.judge(report, ASSUMED, History(), datetime.now(UTC))[0].decision
    return f"{decision.finding.rule or 'no rule'}, {decision.finding.category}, {decision.disposition}"


def _try(rule: str, file: Path) -> None:
    """Find out in a copy of the folder whether the packs would be in order with *rule* at the end of *file*.

    Raises:
        RulesInvalid: they would not be, and why.
    """
    with tempfile.TemporaryDirectory() as name:
        trial = Path(name)
        for each in file.parent.glob("*.toml"):
            shutil.copy(each, trial)
        _append(rule, trial / file.name)
        problems, _ = check(trial)
    for problem in problems:
        if problem.path.parent == trial:
            raise RulesInvalid(f"{problem.rule}: {problem.reason}")


def _append(rule: str, file: Path) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"\n{rule}" if opened.tell() else rule)
    except OSError as error:
        raise ConfigInvalid(f"{file}: {error.strerror}") from error
