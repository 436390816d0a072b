"""`bounced list import`: addresses that another list has, into ours: CSV, JSON lines, or an address a line.

Each row stands for itself: one that can't be used is named with its line and left out, the others go in, a hundred in a transaction.
What is suppressed here already stays as it is, so that an import can be repeated.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import click
import msgspec

from bounced import config
from bounced.address import is_address
from bounced.classify import Classifier
from bounced.cli import config_option
from bounced.cli.left import history_of
from bounced.decide.policy import BY_HAND
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.judging import DEFAULT_STREAM
from bounced.model import Suppression
from bounced.store import suppressions
from bounced.store.memories import name_of

_COLUMNS = ("address", "stream", "since", "until", "category", "because")
#: What other products call the column of addresses.
_ADDRESSES = ("address", "email", "email address", "email_address", "recipient")
_AT_ONCE = 100
_BECAUSE = "imported"
_MOST_BECAUSE = 500


class Row(NamedTuple):
    """One address to be suppressed."""

    address: str
    stream: str
    suppression: Suppression


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "lines"]), help="What FILE is (default: by its name, else csv).")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help=f"What they call one of {', '.join(_COLUMNS)}. Repeatable.")
@click.option("--stream", help="The stream of all that name none (default: default).")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@config_option
def command(file: Path, form: str | None, columns: tuple[str, ...], stream: str | None, config_path: Path | None, *, dry_run: bool) -> int:
    """Suppress the addresses in FILE (`-`: standard input), as `bounced list export` or another product wrote it; 1 if a row can't be used.

    The first line of a CSV names the columns. Of ours only address must be there; times are ISO 8601 or seconds since 1970. A category that
    is none of ours becomes `manual`: no delivery lifts it.
    """
    settings, now = config.load(config_path), datetime.now(UTC)
    reader = _Reader(_mapping(columns), stream or DEFAULT_STREAM, frozenset(Classifier.load().categories), now)
    engine = history_of(settings)
    added = there = 0
    with click.open_file(str(file), encoding="utf-8-sig", errors="surrogateescape") as text:
        rows = iter(reader.read(_progress(text, file), form or _form(file)))
        while some := list(islice(rows, _AT_ONCE)):
            if dry_run:
                added += len(some)
                continue
            with engine.amending([name_of(row.stream, row.address) for row in some]) as connection:
                for row in some:
                    if suppressions.adopt(connection, row.stream, row.address, row.suppression, now):
                        added += 1
                    else:
                        there += 1
    would = "would be " if dry_run else ""
    click.echo(f"{counted(added, 'address', 'addresses')} {would}suppressed, {there} were already, {reader.bad} left out", err=True)
    return 1 if reader.bad else 0


class _Reader:
    """Makes rows of what a list has; names on standard error those that can't be used, and counts them in `bad`."""

    def __init__(self, columns: Mapping[str, str], stream: str, categories: frozenset[str], now: datetime) -> None:
        self.bad = 0
        self._columns = columns
        self._stream = stream
        self._categories = categories
        self._now = now

    def read(self, lines: Iterable[str], form: str) -> Iterator[Row]:
        """Read *lines* of that *form*."""
        for number, values in _values(lines, form):
            try:
                yield self._row(values)
            except ValueError as error:
                self.bad += 1
                click.echo(f"line {number}: {printable(str(error))}; left out", err=True)

    def _row(self, values: Mapping[str, Any] | str) -> Row:
        if isinstance(values, str):
            raise ValueError(values)  # noqa: TRY004 it says what is wrong
        names = {name.strip().lower(): value for name, value in values.items() if name is not None}

        def find(ours: str) -> str:
            wanted = [self._columns[ours].lower()] if ours in self._columns else list(_ADDRESSES if ours == "address" else (ours,))
            return str(next((names[name] for name in wanted if names.get(name) not in {None, ""}), "")).strip()

        address, category = find("address"), find("category").lower()
        if not is_address(address):
            raise ValueError(f"{address or '(nothing)'}: no address")
        until = _time(find("until"))
        if until is not None and until <= self._now:
            raise ValueError(f"{address}: its suppression is over")
        suppression = Suppression(
            since=min(_time(find("since")) or self._now, self._now),
            until=until,
            category=category if category in self._categories else BY_HAND,
            because=(find("because") or _BECAUSE)[:_MOST_BECAUSE],
        )
        return Row(address, find("stream") or self._stream, suppression)


def _values(lines: Iterable[str], form: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Give the line and the values of each row, or what is wrong with it."""
    if form == "csv":
        reader = csv.DictReader(lines)
        try:
            for values in reader:
                yield reader.line_num, values
        except csv.Error as error:
            yield reader.line_num, f"no CSV: {error}"
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if form == "lines":
            yield number, {"address": line}
            continue
        try:
            yield number, msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeEncodeError) as error:
            yield number, f"no JSON object: {error}"


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromtimestamp(float(text), UTC) if text.replace(".", "", 1).isdecimal() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{text}: no time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mapping(columns: Iterable[str]) -> dict[str, str]:
    mapping = {}
    for each in columns:
        ours, equals, theirs = each.partition("=")
        if not equals or ours not in _COLUMNS or not theirs:
            raise click.UsageError(f"{each!r}: want OURS=THEIRS, with one of {', '.join(_COLUMNS)} before the =")
        mapping[ours] = theirs
    return mapping


def _form(file: Path) -> str:
    return {".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "lines"}.get(file.suffix.lower(), "csv")


def _progress(text: IO[Any], file: Path) -> Iterator[str]:
    """Go through the lines, and show on a terminal how far it has got."""
    octets = file.stat().st_size if str(file) != "-" else 0
    if not octets or not sys.stderr.isatty():
        yield from text
        return
    with click.progressbar(length=octets, label="Importing", file=sys.stderr) as bar:
        for line in text:
            bar.update(len(line.encode("utf-8", "surrogateescape")))
            yield line
