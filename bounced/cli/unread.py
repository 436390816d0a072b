"""`bounced unread`: what waits in the journals for a person, and each message as it came.

It reads beside a running daemon, and changes nothing unless asked: a message may be given back to be judged (after a new
pack, say), or deleted; the daemon sees it within seconds, or when it starts. A stranger wrote what it shows: on a terminal no control
character of his gets through.
"""

import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from bounced import config
from bounced.cli import config_option
from bounced.cli.left import journal_folder
from bounced.cli.screen import show
from bounced.errors import InputUnreadable
from bounced.explain.printable import printable
from bounced.parse.mime import scan
from bounced.store import Held
from bounced.store.archive import erase
from bounced.store.arrivals import find, held, release
from bounced.store.files import journals_in
from bounced.store.reader import amending_journal, reading_journals

#: Characters of an id (a ULID), which is there to be copied.
_ID_WIDTH = 26


@click.command("unread")
@click.argument("arrival_id", metavar="[ID]", required=False)
@config_option
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="List so many at most, the newest first.")
@click.option("--judge", is_flag=True, help="Give the message ID back to be judged.")
@click.option("--delete", is_flag=True, help="Delete the message ID for good.")
def command(arrival_id: str | None, config_path: Path | None, limit: int, *, judge: bool, delete: bool) -> None:
    """List mail that is no report, or that could not be judged; with an ID, print that message as it came."""
    if judge and delete:
        raise click.UsageError("--judge or --delete: a message can't be given back and deleted")
    if (judge or delete) and arrival_id is None:
        raise click.UsageError(f"{'--judge' if judge else '--delete'} wants the ID of a message")
    folder = journal_folder(config.load(config_path))
    if arrival_id and (judge or delete):
        _deal_with(folder, arrival_id, is_deleted=delete)
        return
    if arrival_id is None:
        waiting = [item for _, connection in reading_journals(folder) for item in held(connection, limit)]
        _list([_row(item) for item in sorted(waiting, key=lambda item: item.at, reverse=True)[:limit]])
        return
    found = (find(connection, arrival_id) for _, connection in reading_journals(folder))
    arrival = next((each for each in found if each is not None), None)
    if arrival is None:
        raise InputUnreadable(f"{arrival_id}: not in the journal of {folder}")
    if sys.stdout.isatty():
        click.echo(printable(arrival.raw.decode("utf-8", "replace").replace("\r\n", "\n"), but="\n\t"), nl=False)
    else:
        sys.stdout.buffer.write(arrival.raw)


def _deal_with(folder: Path, arrival_id: str, *, is_deleted: bool) -> None:
    deal = erase if is_deleted else release
    for number in journals_in(folder):
        with amending_journal(folder, number) as connection:
            if deal(connection, arrival_id):
                break
    else:
        raise InputUnreadable(
            f"{arrival_id}: does not wait for a person in the journal of {folder}, or is the postmaster's and never judged"
        )
    click.echo(f"{arrival_id}: {'deleted' if is_deleted else 'given back to be judged'}", err=True)


def _row(item: Held) -> tuple[str, ...]:
    """Make the columns of one line, fit to be shown."""
    sender = "?" if item.envelope.mail_from is None else f"<{item.envelope.mail_from}>"
    subject = scan(item.head).fields.text("subject") or ""
    time = item.at.isoformat(timespec="seconds")
    cells = (item.id, time, item.peer, sender, ", ".join(item.envelope.rcpt_to), subject, str(item.size), item.state, item.reason)
    return tuple(printable(cell) for cell in cells)


def _list(rows: list[tuple[str, ...]]) -> None:
    """Draw a table for a person, an id whole on its line with the rest beside it; write lines of tab-separated columns to a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    table = Table("id", "message")
    table.columns[0].no_wrap, table.columns[0].min_width = True, _ID_WIDTH
    table.columns[1].overflow = "fold"
    for arrival_id, time, peer, sender, to, subject, octets, state, reason in rows:
        lines = (f"{time}  {octets} octets, {state}: {reason}", f"from {sender} at {peer} to {to}")
        table.add_row(arrival_id, Text("\n").join([Text(subject or "(no subject)", "bold"), *map(Text, lines)]), end_section=True)
    show(table if rows else "Nothing waits for a person.")
