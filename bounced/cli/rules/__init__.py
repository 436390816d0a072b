"""`bounced rules`: look into the rule packs, try them, check them, add to them. One file a command."""

import click

from bounced.cli import Commands
from bounced.cli.rules import add, check, listing, unmatched, why


@click.group(cls=Commands)
def command() -> None:
    """Check, try, list and extend the rules that judge bounces."""


for each in (add, check, listing, unmatched, why):
    command.add_command(each.command)
