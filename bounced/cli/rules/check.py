"""`bounced rules check`: everything that is wrong with the packs, each with file, line and reason."""

from pathlib import Path

import click

from bounced.classify.check import check
from bounced.cli import config_option
from bounced.cli.site_rules import site_rules
from bounced.errors import RulesInvalid


@click.command("check")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@config_option
def command(folder: Path | None, config_path: Path | None) -> int:
    """Check the packs in DIR (default: rules.folder of the configuration) and the shipped ones; exit code 78 if one is not in order.

    Ids have to be unique, categories and receivers known, patterns of linear time; an example has to match its own rule
    before any other, a counter-example must not.
    """
    problems, sound = check(site_rules(folder, config_path))
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}, {sound} rules without one", err=True)
        return RulesInvalid.exit_code
    click.echo(f"All {sound} rules are in order")
    return 0
