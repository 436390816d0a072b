"""`bounced restore`: put back what `bounced backup` copied, into a folder that no daemon uses.

It starts nothing. What was published after the backup was made is published again, under the same ids.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from bounced import config
from bounced.cli import config_option
from bounced.cli.databases import DATABASES
from bounced.database.backup import restore


@click.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--set-aside", is_flag=True, help="Rename what is in the way, a damaged journal for instance, by the date.")
@config_option
def command(file: Path, config_path: Path | None, *, set_aside: bool) -> None:
    """Put the journal and the embedded queue of FILE into journal.folder; refused while a daemon runs, or over a journal."""
    folder = Path(config.load(config_path).journal.folder)
    suffix = f".aside-{datetime.now(UTC):%Y%m%dT%H%M%S}" if set_aside else None
    names = restore(file, DATABASES, folder, suffix=suffix)
    click.echo(f"{folder}: {', '.join(names)} of {file}")
