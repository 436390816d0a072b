"""`bounced tokens`: the file of tokens that the HTTP API asks for."""

from pathlib import Path

import click

from bounced import tokens
from bounced.cli import Commands
from bounced.tokens import Role


@click.group(cls=Commands)
def command() -> None:
    """Make tokens for the HTTP API."""


@command.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("name")
@click.option(
    "--role", type=click.Choice([str(role) for role in Role]), default=str(Role.READ), show_default=True, help="What it is good for."
)
@click.option("--stream", help="Good for this stream only (default: for all).")
def new(file: Path, name: str, role: str, stream: str | None) -> None:
    """Make a token called NAME, add its digest to FILE, which is made if it is missing, and print it: it is shown this once."""
    click.echo(tokens.add(file, name, Role(role), stream))
    click.echo(f"{file}: {name} may {role}. Name the file in api.tokens, and restart the daemon", err=True)
