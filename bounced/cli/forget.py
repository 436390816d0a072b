"""`bounced forget`: remove a person from what the daemon keeps: history, raw mail, events, the embedded queue, and what deleting leaves.

It works beside a running daemon. What it can't reach (the broker and its consumers, files of events, backups, the log) it names.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from bounced import config
from bounced.address import is_address
from bounced.cli import config_option
from bounced.cli.left import history_if_any, journal_folder
from bounced.config import Config
from bounced.database.file import File, scripts, scrub
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.publish import embedded, embedded_forgetting
from bounced.store import forgetting
from bounced.store.files import journal_file, journals_in
from bounced.store.forgetting import Mention
from bounced.store.hashed import make_key
from bounced.store.memories import name_of
from bounced.store.reader import amending_journal, reading_journal
from bounced.store.statements import HISTORY_MIGRATIONS, MIGRATIONS
from bounced.store.suppressions import about

#: Arrivals deleted in one transaction: the daemon waits meanwhile.
_AT_ONCE = 50
_TRY_LATER = 75


@click.command("forget")
@click.argument("address")
@click.option("--everything", is_flag=True, help="Keep no hash of a suppression that stands: the person may be mailed again.")
@config_option
def command(address: str, config_path: Path | None, *, everything: bool) -> int:
    """Remove ADDRESS from history, raw mail, events and the embedded queue; a suppression that stands is kept as a keyed hash.

    Mail that names it goes as a whole, also where it reports on others besides. Exit code 75: some of it is still being worked off or read.
    """
    if not is_address(address):
        raise click.UsageError(f"{printable(address)}: no address")
    settings = config.load(config_path)
    folder = journal_folder(settings)
    _history(settings, address, everything=everything)
    is_named = forgetting.is_named(address)
    left = _journals(folder, is_named) + _queue(settings, is_named)
    is_busy = _scrub(settings, folder)
    click.echo(
        "Not reached: what is published already (the broker, its queues and consumers, files of events), backups, and the log.\n"
        "What comes of it from now on is new: see that nobody mails the address."
    )
    if left:
        click.echo(f"{counted(left, 'item')} are still to be published or read: run it again when that is done", err=True)
    if is_busy:
        click.echo("a reader kept the write-ahead log from being emptied: run it again", err=True)
    return _TRY_LATER if left or is_busy else 0


def _history(settings: Config, address: str, *, everything: bool) -> None:
    engine = history_if_any(settings)
    if engine is None:
        return
    with engine.reading() as connection:
        locks = [name_of(entry.stream, address) for entry in about(connection, address)]
    with engine.amending(locks) as connection:
        key = None if everything else make_key(connection)
        known, kept = forgetting.forget(connection, address, datetime.now(UTC), key=key)
    click.echo(f"history: known in {counted(known, 'stream')}, a hash is kept in {kept}")


def _journals(folder: Path, is_named: Callable[[bytes], bool]) -> int:
    """Delete what names the person; return how much can't be deleted yet."""
    erased = left = 0
    for number in journals_in(folder):
        with reading_journal(folder, number) as connection:
            steps = track(forgetting.mentions(connection, is_named), "reading what is kept", console=Console(stderr=True), transient=True)
            found: list[Mention] = list(steps)
        left += sum(mention.is_open for mention in found)
        seqs = [mention.seq for mention in found if not mention.is_open]
        for start in range(0, len(seqs), _AT_ONCE):
            with amending_journal(folder, number) as connection:
                erased += forgetting.erase(connection, seqs[start : start + _AT_ONCE])
    click.echo(f"journal: {counted(erased, 'message')} erased with their events")
    return left


def _queue(settings: Config, is_named: Callable[[bytes], bool]) -> int:
    """Delete from the embedded queue what nobody waits for any more; return how much a consumer is still to get."""
    url = settings.sink.urls[0]
    path = embedded.path_of(url, Path(settings.journal.folder)) if url.startswith("embedded:") else None
    if path is None or not path.exists():
        return 0
    erased, left = embedded_forgetting.forget(path, is_named)
    click.echo(f"queue: {counted(erased, 'event')} erased")
    return left


def _scrub(settings: Config, folder: Path) -> bool:
    """Write over what deleting has left; True where that could not be done wholly."""
    files = [(folder / journal_file(number), scripts(MIGRATIONS)) for number in journals_in(folder)]
    engine, url = history_if_any(settings), settings.sink.urls[0]
    if isinstance(engine, File):
        files.append((engine.path, scripts(HISTORY_MIGRATIONS)))
    if url.startswith("embedded:"):
        files.append((embedded.path_of(url, folder), embedded.MIGRATIONS))
    scrubbed = [scrub(path, migrations) for path, migrations in files if path.exists()]
    return not all(scrubbed)
