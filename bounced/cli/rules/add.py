"""`bounced rules new`: put a rule for a text into the site's own packs.

It only ever adds at the end of a file, and only what `bounced rules check` finds nothing wrong with.
"""

import re
import shutil
import tempfile
from pathlib import Path

import click

from bounced.classify import Classifier
from bounced.classify.category import UNKNOWN
from bounced.classify.check import check
from bounced.classify.text import fold
from bounced.classify.unmatched import exemplify, name_for, phrase_of, skeleton
from bounced.cli import config_option
from bounced.cli.site_rules import needed, rules_option
from bounced.errors import ConfigInvalid, RulesInvalid

_PACK = re.compile(r"[a-z0-9][a-z0-9\-]{0,60}")


@click.command("new")
@click.argument("text")
@click.option("--category", default=UNKNOWN, show_default=True, help="What the text means; `bounced rules list` shows the categories.")
@click.option("--receiver", default="", help="The receiver that alone says so, as providers are called: gmail.")
@click.option("--phrase", help="The words to look for (default: the longest stretch of TEXT without names and numbers).")
@click.option("--id", "name", help="The rule's id behind the pack's name (default: made of the words).")
@click.option("--pack", default="site", show_default=True, help="The pack; its file is PACK.toml.")
@rules_option
@config_option
def command(  # noqa: PLR0913, PLR0917 an option each
    text: str, category: str, receiver: str, phrase: str | None, name: str | None, pack: str, folder: Path | None, config_path: Path | None
) -> None:
    """Write a rule for TEXT, a server's reply, into the site's folder of packs; nothing there is overwritten."""
    if not _PACK.fullmatch(pack):
        raise click.UsageError(f"{pack!r}: a pack is named by a-z, 0-9 and -")
    target = needed(folder, config_path)
    taken = {rule.id for rule in Classifier.load(target).rules}
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
    click.echo(f"{file}:\n\n{rule}", nl=False)


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
