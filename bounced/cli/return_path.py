"""`bounced return-path`: what a signed return path says, and whether that is true."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bounced import config, return_path
from bounced.cli import Commands, config_option
from bounced.cli.signing import needed_paths
from bounced.return_path import Standing

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.group(cls=Commands)
def command() -> None:
    """Look at signed return paths."""


@command.command
@click.argument("address")
@click.option("--recipient", "recipients", multiple=True, help="Say whether it was signed for this recipient; may be given again.")
@config_option
def read(address: str, recipients: tuple[str, ...], config_path: Path | None) -> int:
    """Say what ADDRESS is worth, when it was signed, by which key, with which reference. Exit code 1: it is not valid, or for another."""
    paths = needed_paths(config.load(config_path))
    token = return_path.read(address, paths.prefix)
    if token is None:
        click.echo(f"{address}: is not signed: it does not begin with {paths.prefix}")
        return 1
    standing = return_path.verify(token, paths.keys, datetime.now(UTC), paths.max_days)
    click.echo(f"{address}: {standing}")
    if standing is Standing.FORGED:
        return 1
    click.echo(f"signed on {(_EPOCH + timedelta(days=token.day)):%Y-%m-%d} with key {token.key_id}")
    if reference := return_path.unpack_reference(token.reference):
        click.echo(f"reference: {reference}")
    if not recipients:
        return int(standing is not Standing.VALID)
    bound = return_path.first_bound(token, recipients, paths.keys)
    click.echo(f"signed for {bound}" if bound else f"not signed for {', '.join(recipients)}")
    return int(bound is None or standing is not Standing.VALID)
