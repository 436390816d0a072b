"""`bounced replay`: judge what the journals keep once more, with today's packs and settings, and show what would come out otherwise.

It reads beside a running daemon and changes nothing. With --publish each correction is put into the journal, in a transaction of
its own, as a new revision that supersedes the old decision; the daemon sees it within seconds, or when it starts. Like any
decision it goes to the queue of its disposition: who reads bounced.suppress alone does not hear that a suppression was withdrawn.
What was counted is judged by what was known of its address at that time, and the history stays as it is. Decisions that were not
for publishing (`sink.kinds`) have nothing to be compared with and are left out.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from bounced import config
from bounced.cli import config_option
from bounced.cli.left import history_if_any, journal_folder
from bounced.cli.screen import show, show_rows
from bounced.errors import InputUnreadable, JournalInvalid
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.judging import Verdict
from bounced.model import Arrival, History, Kind
from bounced.pipeline.drafting import draft
from bounced.pipeline.reading import read
from bounced.publish import event
from bounced.service.terms import terms_of
from bounced.store import Draft, arrivals, corrections
from bounced.store.corrections import Judged, Standing
from bounced.store.reader import amending_journal, knowing, reading_journals

_COLUMNS = ("arrival", "recipient", "was", "would be", "because")


class Change(NamedTuple):
    """One recipient's decision that would be another now; without *superseded*, mail that was read as no report."""

    #: The number of the journal that it is in.
    journal: int
    arrival_id: str
    recipient: str
    before: str
    after: str
    because: str
    draft: Draft
    superseded: Standing | None


@click.command("replay")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--publish", is_flag=True, help="Publish each correction, as a new decision that supersedes the old one.")
@config_option
def command(ids: tuple[str, ...], config_path: Path | None, *, publish: bool) -> None:
    """Judge the arrivals that are kept again, all or those with these IDs, and list what would change.

    Mail that waits for a person and would now be read as a report is listed too; --publish gives it back to be judged.
    """
    settings = config.load(config_path)
    folder = journal_folder(settings)
    looked_at = 0
    missing = set(ids)
    changes: list[Change] = []
    with knowing(history_if_any(settings)) as known:
        again = _Again(settings, known)
        for number, connection in reading_journals(folder):
            for item in corrections.judged(connection):
                if ids and item.id not in ids:
                    continue
                missing.discard(item.id)
                try:
                    arrival = arrivals.find(connection, item.id)
                except JournalInvalid as error:
                    click.echo(f"{error}", err=True)
                    continue
                if arrival is not None:
                    looked_at += 1
                    changes += again.changes(number, arrival, item, partial(corrections.standing, connection, arrival.id))
    if missing:
        raise InputUnreadable(f"not among the arrivals that the journals of {folder} keep: {', '.join(sorted(missing))}")
    _show(changes)
    click.echo(f"{counted(looked_at, 'arrival')} judged again, {counted(len(changes), 'decision')} would change", err=True)
    if publish:
        click.echo(f"{sum(_publish(folder, change) for change in changes)} given to be published", err=True)


class _Again:
    """Judges as the daemon with these settings would, now, by what was *known* of an address before the report of that id."""

    def __init__(self, settings: config.Config, known: Callable[[str], History]) -> None:
        self._terms = terms_of(settings)
        self._known = known

    def changes(self, journal: int, arrival: Arrival, item: Judged, standing: Callable[[str], Standing | None]) -> Iterator[Change]:
        """Tell what *arrival* of this *journal* would lead to otherwise; *standing* finds the decision on a report that stands."""
        report, trusts = read(arrival, self._terms)
        if report.kind is Kind.NOT_A_REPORT:
            return
        judge = self._terms.judge
        for case in judge.cases(report, trusts):
            verdict = judge.decide(case, self._known(case.report_id), arrival.at, arrival.stream)
            made = draft(self._terms, arrival, report, verdict)
            stands = standing(made.report_id)
            before = item.state if item.state in {"unread", "aside"} else stands and _said(stands)
            after = _says(verdict)
            if before and before != after:
                recipient = verdict.failure.recipient.address or ""
                yield Change(journal, arrival.id, recipient, before, after, verdict.decision.because, made, stands)


def _says(verdict: Verdict) -> str:
    decision = verdict.decision
    return f"{decision.kind} {decision.disposition} {decision.finding.category}"


def _said(stands: Standing) -> str:
    decision = event.read(stands.body).data.decision
    return f"{decision.kind} {decision.disposition} {decision.category}"


def _publish(folder: Path, change: Change) -> bool:
    with amending_journal(folder, change.journal) as connection:
        if change.superseded is None:
            return arrivals.release(connection, change.arrival_id)
        return corrections.correct(connection, change.arrival_id, change.draft, change.superseded)


def _show(changes: Sequence[Change]) -> None:
    """Draw a table for a person; write lines of tab-separated columns to a pipe."""
    rows = [tuple(printable(cell) for cell in (item.arrival_id, item.recipient, item.before, item.after, item.because)) for item in changes]
    if rows or not sys.stdout.isatty():
        show_rows(_COLUMNS, rows)
    else:
        show("Nothing would change.")
