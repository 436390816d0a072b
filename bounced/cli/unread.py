"""`bounced unread`: what waits in the journal for a person, and each message as it came.

It reads beside a running daemon, and changes nothing unless asked: a message may be given back to be judged (after a new
pack, say), or deleted; the daemon sees it within seconds, or when it starts. A stranger wrote what it shows: on a terminal no control
character of his gets through.
"""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bounced import config
from bounced.cli import config_option
from bounced.cli.printable import printable
from bounced.errors import InputUnreadable
from bounced.parse.mime import scan
from bounced.store import Held
from bounced.store.archive import erase
from bounced.store.arrivals import find, held, release
from bounced.store.reader import amending_journal, reading_journal

_COLUMNS = ("id", "time", "peer", "from", "to", "subject", "bytes", "state", "reason")


@click.command("unread")
@click.argument("arrival_id", metavar="[ID]", required=False)
@config_option
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="List so many at most, the newest first.")
@click.option("--judge", "deed", flag_value="judge", help="Give the message ID back to be judged.")
@click.option("--delete", "deed", flag_value="delete", help="Delete the message ID for good.")
def command(arrival_id: str | None, config_path: Path | None, limit: int, deed: str | None) -> None:
    """List mail that is no report, or that could not be judged; with an ID, print that message as it came."""
    folder = Path(config.load(config_path).journal.folder)
    if deed:
        _deal_with(folder, arrival_id, deed)
        return
    with reading_journal(folder) as connection:
        if arrival_id is None:
            _list([_row(item) for item in held(connection, limit)])
            return
        arrival = find(connection, arrival_id)
    if arrival is None:
        raise InputUnreadable(f"{arrival_id}: not in the journal of {folder}")
    if sys.stdout.isatty():
        click.echo(printable(arrival.raw.decode("utf-8", "replace").replace("\r\n", "\n"), but="\n\t"), nl=False)
    else:
        sys.stdout.buffer.write(arrival.raw)


def _deal_with(folder: Path, arrival_id: str | None, deed: str) -> None:
    if arrival_id is None:
        raise click.UsageError(f"--{deed} wants the ID of a message")
    with amending_journal(folder) as connection:
        done = release(connection, arrival_id) if deed == "judge" else erase(connection, arrival_id)
    if not done:
        raise InputUnreadable(
            f"{arrival_id}: does not wait for a person in the journal of {folder}, or is the postmaster's and never judged"
        )


def _row(item: Held) -> tuple[str, ...]:
    """Make the columns of one line, fit to be shown."""
    sender = "?" if item.envelope.mail_from is None else f"<{item.envelope.mail_from}>"
    subject = scan(item.head).fields.text("subject") or ""
    time = item.at.isoformat(timespec="seconds")
    cells = (item.id, time, item.peer, sender, ", ".join(item.envelope.rcpt_to), subject, str(item.size), item.state, item.reason)
    return tuple(printable(cell) for cell in cells)


def _list(rows: list[tuple[str, ...]]) -> None:
    """Draw a table for a person; write lines of tab-separated columns to a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    table = Table(*_COLUMNS)
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    Console().print(table if rows else "Nothing waits for a person.")
