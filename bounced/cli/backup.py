"""`bounced backup`: copy the journal, the history and the embedded queue into one file, beside the running daemon.

What it holds is strangers' mail and your readers' addresses: only its owner may read it.
"""

from pathlib import Path

import click

from bounced import config
from bounced.cli import config_option
from bounced.cli.databases import DATABASES
from bounced.database.backup import back_up


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@config_option
def command(file: Path, config_path: Path | None) -> None:
    """Copy the journal, the history and the embedded queue into FILE, which must not be there yet; the daemon may go on."""
    folder = Path(config.load(config_path).journal.folder)
    names = back_up(folder, DATABASES, file)
    click.echo(f"{file}: {', '.join(names)} of {folder}, {file.stat().st_size} octets")
