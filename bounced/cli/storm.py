"""`bounced storm`: what the storm brake holds, beside a running daemon: shown, released, dropped.

A release is put into the journal like mail, and the daemon carries it out within seconds, or when it starts: each address is suppressed,
and each decision published once more, as a new revision that supersedes the withheld one.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from bounced import config
from bounced.cli import Commands, config_option
from bounced.cli.left import history_of, journal_folder
from bounced.cli.screen import show, show_rows
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.service.storms import orders
from bounced.store import arrivals, storms
from bounced.store.files import journals_in
from bounced.store.reader import amending_journal

#: What one who orders by hand is called in the journal.
_BY = "bounced storm"
_AT_ONCE = 100
_COLUMNS = ("receiver", "held", "since", "latest", "because")


@click.group(cls=Commands)
def command() -> None:
    """Look at what the storm brake holds, and release or drop it."""


@command.command("list")
@config_option
def list_(config_path: Path | None) -> None:
    """List the receivers of which something is held, the latest last: how many addresses' suppressions, since when, and why."""
    with history_of(config.load(config_path)).reading() as connection:
        rows = [
            (printable(each.receiver), str(each.number), _time(each.since), _time(each.latest), printable(each.because))
            for each in storms.standing(connection)
        ]
    if rows:
        show_rows(_COLUMNS, rows)
    else:
        show("Nothing is held.")


@command.command("show")
@click.argument("receiver")
@config_option
def show_(receiver: str, config_path: Path | None) -> int:
    """List what is held of RECEIVER, the oldest first; 1 if nothing is."""
    with history_of(config.load(config_path)).reading() as connection:
        rows = [(_time(each.at), printable(each.address), each.stream, each.category) for each in storms.held(connection, receiver)]
    if rows:
        show_rows(("held", "address", "stream", "category"), rows)
    return _told(len(rows), receiver, "held")


@command.command
@click.argument("receiver")
@config_option
def release(receiver: str, config_path: Path | None) -> int:
    """Suppress what is held of RECEIVER after all: it was right, those addresses are dead. 1 if nothing is held."""
    settings, now = config.load(config_path), datetime.now(UTC)
    folder = journal_folder(settings)
    report_ids = _held(settings, receiver)
    for arrival in orders(report_ids, now, os.urandom, by=_BY):
        with amending_journal(folder, journals_in(folder)[0]) as journal:
            arrivals.keep(journal, arrival, settings.journal.max_bytes)
    return _told(len(report_ids), receiver, "given to be suppressed")


@command.command
@click.argument("receiver")
@config_option
def drop(receiver: str, config_path: Path | None) -> int:
    """Drop what is held of RECEIVER: it was wrong, and those addresses stay. 1 if nothing is held."""
    settings, dropped = config.load(config_path), 0
    report_ids = _held(settings, receiver)
    for start in range(0, len(report_ids), _AT_ONCE):
        with history_of(settings).amending() as history:
            dropped += storms.drop(history, report_ids[start : start + _AT_ONCE])
    return _told(dropped, receiver, "dropped")


def _held(settings: config.Config, receiver: str) -> list[str]:
    with history_of(settings).reading() as connection:
        return [each.report_id for each in storms.held(connection, receiver)]


def _told(number: int, receiver: str, what: str) -> int:
    if not number:
        click.echo(f"{printable(receiver)}: nothing is held; `bounced storm list` names the receivers", err=True)
        return 1
    click.echo(f"{counted(number, 'address', 'addresses')} of {printable(receiver)} {what}", err=True)
    return 0


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
