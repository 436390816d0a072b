"""`bounced rules check`: what is wrong with the packs, each fault with file, line and reason; of a rule that can't be read the first."""

from pathlib import Path

import click

from bounced.classify.check import check
from bounced.classify.pack import files_of_site
from bounced.cli import config_option
from bounced.cli.site_rules import site_rules
from bounced.errors import InputUnreadable, RulesInvalid


@click.command("check")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@config_option
def command(folder: Path | None, config_path: Path | None) -> int:
    """Check the packs in DIR (default: rules.folder of the configuration) and the shipped ones; exit code 78 if one is not in order.

    Ids have to be unique, categories and receivers known, patterns of linear time; an example has to match its own rule
    before any other, a counter-example must not. Of a rule that can't be read (a key too many, a value of the wrong type)
    the first fault is told.
    """
    if folder is not None and folder.is_dir() and not files_of_site(folder):
        raise InputUnreadable(f"no pack in {folder}: a pack is a file *.toml")
    problems, sound = check(site_rules(folder, config_path))
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}, {sound} rules without one", err=True)
        return RulesInvalid.exit_code
    click.echo(f"All {sound} rules are in order")
    return 0
