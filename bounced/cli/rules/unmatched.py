"""`bounced rules unmatched`: what servers said that no rule knew, the most frequent first, each with a rule to begin with.

It judges anew, with the rules of now, what it is given or what the journal keeps, beside a running daemon, and changes
nothing. What it prints is a pack: comments, and rules that `bounced rules check` refuses until somebody chooses the category.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from bounced import config
from bounced.classify import Classifier
from bounced.classify.unmatched import Tally, skeletons
from bounced.cli import config_option
from bounced.cli.inputs import inputs
from bounced.cli.left import journal_folder
from bounced.cli.site_rules import rules_option, site_rules
from bounced.explain.quantity import counted
from bounced.model import Envelope, Report
from bounced.parse import parse
from bounced.store.arrivals import every
from bounced.store.reader import reading_journals


@click.command("unmatched")
@click.argument("paths", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Print so many texts at most.")
@rules_option
@config_option
def command(paths: tuple[str, ...], limit: int, folder: Path | None, config_path: Path | None) -> None:
    """List what no rule knew in the messages in PATHS (files, folders, - for standard input) or, without any, in the journal.

    With both PATHS and --config, of both.
    """
    classifier = Classifier.load(site_rules(folder, config_path))
    tally = Tally()
    for report in _reports(paths, config_path):
        for failure in report.failures:
            if not classifier.matches(failure, report):
                tally.add(failure, classifier.classify(failure, report))
    entries = tally.most_frequent(limit)
    for text in skeletons(entries, {rule.id for rule in classifier.rules}):
        click.echo(text)
    click.echo(_sum_up(tally, len(entries)), err=True)


def _reports(paths: tuple[str, ...], config_path: Path | None) -> Iterator[Report]:
    for message in inputs(paths):
        yield parse(message.raw, Envelope())
    if config_path is not None or not paths:
        for _, connection in reading_journals(journal_folder(config.load(config_path))):
            for arrival in every(connection):
                yield parse(arrival.raw, arrival.envelope)


def _sum_up(tally: Tally, shown: int) -> str:
    if not tally.times:
        return "Every text was known to a rule"
    more = f", and more than can be counted: {tally.more} times" if tally.more else ""
    return f"{counted(tally.times, 'time')} a text that no rule knew, {counted(tally.different, 'different one')}{more}; {shown} shown"
