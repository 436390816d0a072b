"""`bounced explain`: one message, as it was understood."""

from pathlib import Path

import click

from bounced.cli import config_option
from bounced.cli.inputs import inputs
from bounced.cli.screen import ASSUMING, show
from bounced.cli.site_rules import rules_option, site_rules
from bounced.explain.message import explain
from bounced.judging import Judge


@click.command("explain")
@click.argument("file")
@rules_option
@config_option
def command(file: str, folder: Path | None, config_path: Path | None) -> None:
    """Show how the message in FILE (- for standard input) was understood, and what is decided about each recipient, and why.

    Nobody has to be believed here: nothing is withheld as unproven.
    """
    judge = Judge.load(site_rules(folder, config_path))
    for message in inputs((file,)):
        show(*explain(message.path, message.raw, judge))
    click.echo(ASSUMING, err=True)
