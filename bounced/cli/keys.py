"""`bounced keys`: the file of keys that return paths are signed with. No secret is ever printed."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bounced import config, keyring
from bounced.cli import Commands, config_option
from bounced.errors import ConfigInvalid


@click.group(cls=Commands)
def command() -> None:
    """Make and rotate the keys of signed return paths."""


@command.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def new(file: Path) -> None:
    """Make FILE, readable to its user alone, with a first key."""
    key_id = keyring.new(file, datetime.now(UTC))
    click.echo(f"{file}: key {key_id}. Name the file in trust.return_path_keys, and give it to whoever signs.")


@command.command
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@config_option
def rotate(file: Path | None, config_path: Path | None) -> None:
    """Add a key to FILE (default: trust.return_path_keys) that signs from now on; drop those that no valid return path needs."""
    settings = config.load(config_path)
    file = file or (Path(settings.trust.return_path_keys) if settings.trust.return_path_keys else None)
    if file is None:
        raise ConfigInvalid("name a FILE, or set trust.return_path_keys")
    key_id, gone = keyring.rotate(file, datetime.now(UTC), settings.trust.return_path_days)
    dropped = f"; dropped {', '.join(map(str, gone))}" if gone else ""
    click.echo(f"{file}: key {key_id} signs from now on{dropped}")
    click.echo("Give the file to every node, have each load it (SIGHUP), and to whoever signs after that.")
