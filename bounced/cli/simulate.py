"""`bounced simulate`: what another policy would have made of past events, beside today's.

It reads events as they were published (the sink `file:`, or what `bounced consume` takes), or those that the journals still keep, and
changes nothing. What was never published (`sink.kinds`: deliveries, as a rule) can't be seen here, and the storm brake is not played.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from bounced import config
from bounced.address import fold
from bounced.classify import Classifier
from bounced.cli import config_option
from bounced.cli.left import journal_folder
from bounced.cli.screen import show_rows
from bounced.decide import policy
from bounced.decide.simulation import Observed, Play
from bounced.errors import EventInvalid
from bounced.explain.printable import printable
from bounced.explain.quantity import counted
from bounced.model import Action, Basis, Disposition, Finding, Grade, Kind, Suppression, Trust
from bounced.publish.event import CloudEvent, read
from bounced.service.terms import site_policy
from bounced.status import class_of
from bounced.store import corrections
from bounced.store.reader import reading_journals

_BARE_CODE = re.compile(r"codes\.\d{3}")
_TEMPORARY = 4


@click.command("simulate")
@click.argument("policy_file", metavar="POLICY", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("files", metavar="[EVENTS]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--list", "is_listed", is_flag=True, help="List the addresses that only one of the two policies suppresses.")
@config_option
def command(policy_file: Path, files: tuple[str, ...], config_path: Path | None, *, is_listed: bool) -> None:
    """Play past EVENTS by the policy in the file POLICY and by today's: what either suppresses and lifts.

    EVENTS are JSON lines (`-`: standard input); without any, those that the journals keep.
    """
    settings = config.load(config_path)
    categories = Classifier.load().categories
    today, other = (Play(policy.load(categories, path)) for path in (site_policy(settings), policy_file))
    events = _of_files(files) if files else _of_journals(journal_folder(settings))
    told = sorted(_observed(events), key=lambda each: (each.at, each.report_id))
    seen: set[str] = set()
    for each in told:
        if each.report_id not in seen:  # a report counts once, however often it was published
            seen.add(each.report_id)
            for play in (today, other):
                play.tell(each)
    now = told[-1].at if told else datetime.now(UTC)
    click.echo(f"{counted(len(seen), 'report')} from {told[0].at:%Y-%m-%d} to {now:%Y-%m-%d}" if told else "no events", err=True)
    show_rows(("", "today", "simulated"), list(_table(today, other, now)))
    if is_listed:
        show_rows(("address", "stream", "suppressed by", "since", "category", "because"), list(_differing(today, other)))


def _table(today: Play, other: Play, now: datetime) -> Iterator[tuple[str, str, str]]:
    for what in ("suppressed", "lifted"):
        counts = (getattr(today, what), getattr(other, what))
        for category in sorted({*counts[0], *counts[1]}):
            yield f"{what}: {category}", str(counts[0][category]), str(counts[1][category])
        yield f"{what}, in all", str(counts[0].total()), str(counts[1].total())
    yield "suppressed at the end", str(len(today.standing(now))), str(len(other.standing(now)))


def _differing(today: Play, other: Play) -> Iterator[tuple[str, ...]]:
    for name, ours, theirs in (("today", today, other), ("simulated", other, today)):
        for (stream, address), suppression in sorted(ours.first.items()):
            if (stream, address) not in theirs.first:
                yield (printable(address), stream, name, *_why(suppression))


def _why(suppression: Suppression) -> tuple[str, str, str]:
    return f"{suppression.since:%Y-%m-%d}", suppression.category, printable(suppression.because)


def _of_files(names: Iterable[str]) -> Iterator[CloudEvent]:
    """Read the events in files; a line that is no event of a decision is named and left out."""
    for name in names:
        with click.open_file(name, "rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield read(line)
                except EventInvalid as error:
                    if line.strip() and b"io.bounced.storm." not in line:
                        click.echo(f"{printable(name)}, line {number}: {printable(error.detail)}; left out", err=True)


def _of_journals(folder: Path) -> Iterator[CloudEvent]:
    for _, connection in reading_journals(folder):
        for body in corrections.published(connection):
            try:
                yield read(body)
            except EventInvalid:
                continue  # it tells of a storm


def _observed(events: Iterable[CloudEvent]) -> Iterator[Observed]:
    for event in events:
        data = event.data
        if data.recipient.address is not None and not data.revision:
            yield Observed(
                at=event.time,
                stream=data.stream,
                address=fold(data.recipient.address),
                report_id=data.report_id,
                finding=_finding(event),
                trust=Trust(Grade(data.trust.grade), data.trust.why),
            )


def _finding(event: CloudEvent) -> Finding:
    """Make the finding again that led to *event*; releases that did not tell whether it was permanent left that to the codes."""
    said = event.data.decision
    return Finding(
        kind=said.kind,
        category=said.category,
        fault=said.fault,
        advice=said.advice,
        remedy=said.remedy,
        because=said.because.partition(";")[0],
        rule=said.rule,
        basis=Basis.BARE_CODE if _BARE_CODE.fullmatch(said.rule) else Basis.RULE,
        confidence=said.confidence,
        permanent=_permanent(event) if said.permanent is None else said.permanent,
        abandoned=said.abandoned,
    )


def _permanent(event: CloudEvent) -> bool:
    said, dsn = event.data.decision, event.data.dsn
    if said.kind is Kind.COMPLAINT:
        return said.disposition is not Disposition.NONE
    return dsn.action == Action.FAILED and _TEMPORARY not in {class_of(dsn.status), class_of(dsn.reply)}
