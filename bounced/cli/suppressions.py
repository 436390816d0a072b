"""`bounced list`: what the history knows of addresses, beside a running daemon: shown, exported, lifted, forgiven.

A change holds from the next report on. It is not published: who keeps a list of his own is to be told by whoever changes this one.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TextIO

import click
import msgspec

from bounced import config
from bounced.address import is_address
from bounced.classify import Classifier
from bounced.cli import Commands, config_option, list_import
from bounced.cli.left import history_of
from bounced.cli.screen import show_rows
from bounced.database.engine import Connection
from bounced.decide import counting, policy
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.judging import DEFAULT_STREAM
from bounced.model import Memory, Suppression
from bounced.service.terms import site_policy
from bounced.store import suppressions
from bounced.store.memories import name_of
from bounced.store.suppressions import Entry

_COLUMNS = ("address", "stream", "since", "until", "category", "because")
#: Addresses changed in one transaction: the daemon waits meanwhile.
_AT_ONCE = 100
_stream_option = click.option("--stream", help="In this stream only (default: in all).")


@click.group(cls=Commands)
def command() -> None:
    """Look at the suppression list, and change it."""


@command.command
@click.argument("address")
@config_option
def show(address: str, config_path: Path | None) -> int:
    """Say what is remembered of ADDRESS in each stream: whether it is suppressed and why, its points, its failures; 1 if nothing is."""
    settings, now = config.load(config_path), datetime.now(UTC)
    policies = _policies(settings)
    with history_of(settings).reading() as connection:
        entries = suppressions.about(connection, address)
        for entry in entries:
            rules = policies.of(entry.stream).counting
            known = counting.recall(entry.memory, rules, now)
            click.echo(f"{printable(entry.address)} in stream {entry.stream}: {_standing(known.memory)}")
            click.echo(f"  {known.points:g} of {rules.threshold:g} points, from {counted(known.scoring_days, 'day')}")
            rows = suppressions.failures(connection, entry)
            show_rows(
                ("failed", "category", "points", "because"),
                [(_time(row.at), row.category, f"{row.points:g}", printable(row.because)) for row in rows],
            )
    if not entries:
        click.echo(f"{printable(address)}: nothing is remembered of it", err=True)
    return 0 if entries else 1


@command.command
@click.argument("part")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Show so many at most.")
@config_option
def find(part: str, config_path: Path | None, limit: int) -> int:
    """Find suppressed addresses that have PART in them, a domain for instance; 1 if there are none."""
    with history_of(config.load(config_path)).reading() as connection:
        entries = suppressions.matching(connection, part, datetime.now(UTC), limit)
    if entries:
        show_rows(_COLUMNS, [tuple(map(printable, _row(entry))) for entry in entries])
    return 0 if entries else 1


@command.command
@click.argument("address")
@click.option("--stream", default=DEFAULT_STREAM, show_default=True, help="In this stream.")
@click.option("--because", default="suppressed by hand", show_default=True, help="Why, for a person.")
@click.option("--days", type=click.IntRange(min=1), help="For so many days (default: until it is lifted).")
@config_option
def add(address: str, stream: str, because: str, days: int | None, config_path: Path | None) -> None:
    """Suppress ADDRESS by hand. What gets delivered does not lift it."""
    if not is_address(address):
        raise click.UsageError(f"{printable(address)}: no address")
    now = datetime.now(UTC)
    suppression = Suppression(since=now, until=now + timedelta(days=days) if days else None, category=policy.BY_HAND, because=because)
    with history_of(config.load(config_path)).amending([name_of(stream, address)]) as connection:
        suppressions.suppress(connection, stream, address, suppression, now)


@command.command
@_stream_option
@click.option("--jsonl", is_flag=True, help="A JSON object a line, in place of CSV.")
@config_option
def export(stream: str | None, config_path: Path | None, *, jsonl: bool) -> None:
    """Write the addresses that are suppressed now to standard output, the oldest suppression first."""
    with history_of(config.load(config_path)).reading() as connection:
        rows = (_row(entry) for entry in suppressions.suppressed(connection, datetime.now(UTC), stream))
        if jsonl:
            for row in rows:
                sys.stdout.write(f"{msgspec.json.encode(dict(zip(_COLUMNS, row, strict=True))).decode()}\n")
        else:
            csv.writer(sys.stdout, lineterminator="\n").writerows([_COLUMNS])
            csv.writer(sys.stdout, lineterminator="\n").writerows(rows)


@command.command
@click.argument("address")
@_stream_option
@config_option
def lift(address: str, stream: str | None, config_path: Path | None) -> int:
    """Lift the suppression of ADDRESS, and forget what counts against it; 1 if there is nothing to lift."""
    engine, now = history_of(config.load(config_path)), datetime.now(UTC)
    with engine.reading() as connection:
        names = [name_of(entry.stream, entry.address) for entry in suppressions.about(connection, address)]
    with engine.amending(names) as connection:
        changed = suppressions.amend(connection, address, stream, lambda entry: counting.forgive(entry.memory, frozenset()), now)
    _tell_lifted(changed)
    if not changed:
        click.echo(f"{printable(address)}: nothing is held against it", err=True)
    return 0 if changed else 1


@command.command
@click.argument("file", type=click.File(encoding="utf-8", errors="surrogateescape"))
@_stream_option
@config_option
def delivered(file: TextIO, stream: str | None, config_path: Path | None) -> None:
    """Remember that the addresses in FILE (`-`: standard input), one a line, got a message: clear points, lift what may be lifted so."""
    settings = config.load(config_path)
    engine, policies, now, forgiven = history_of(settings), _policies(settings), datetime.now(UTC), 0
    left = _addresses(file)
    while some := list(islice(left, _AT_ONCE)):
        with engine.reading() as connection:
            pairs = [(each, address) for address in some for each in _streams(connection, address, stream)]
        with engine.amending([name_of(*pair) for pair in pairs]) as connection:
            for each, address in pairs:
                changed = suppressions.delivered(connection, each, [address], now, policies.of(each).suppress.kept, now)
                forgiven += len(changed)
                _tell_lifted(changed)
    click.echo(f"{counted(forgiven, 'address', 'addresses')} forgiven", err=True)


command.add_command(list_import.command)


def _streams(connection: Connection, address: str, stream: str | None) -> list[str]:
    """Name the streams in which *address* is meant: the one that is named, or those in which it is known, or the default one."""
    return [stream] if stream else [entry.stream for entry in suppressions.about(connection, address)] or [DEFAULT_STREAM]


def _tell_lifted(changed: Iterable[tuple[Entry, Memory]]) -> None:
    for entry, memory in changed:
        if entry.memory.suppression and not memory.suppression:
            click.echo(f"{printable(entry.address)} in stream {entry.stream}: lifted; it was {_standing(entry.memory)}")


def _addresses(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        address = line.strip()
        if address and not is_address(address):
            click.echo(f"line {number}: {printable(address)}: no address; left out", err=True)
        elif address:
            yield address


def _policies(settings: config.Config) -> policy.Policies:
    return policy.load(Classifier.load().categories, site_policy(settings))


def _standing(memory: Memory) -> str:
    suppression = memory.suppression
    if suppression is None:
        return "not suppressed"
    until = f"until {_time(suppression.until)}" if suppression.until else "until it is lifted"
    return f"suppressed since {_time(suppression.since)} {until}, {suppression.category}: {printable(suppression.because)}"


def _row(entry: Entry) -> tuple[str, ...]:
    suppression = entry.memory.suppression
    assert suppression is not None  # noqa: S101 for mypy: only such are asked for
    until = _time(suppression.until) if suppression.until else ""
    return (entry.address, entry.stream, _time(suppression.since), until, suppression.category, suppression.because)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
