"""What a message says, how it was understood and what follows, for a person: parts, readers, each recipient's evidence, category, decision.

A stranger wrote the message: nothing of it is shown but what prints, on lines of ours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bounced.decide.trust import ASSUMED
from bounced.explain.finding import cell, colour, describe
from bounced.explain.places import Places, numbered
from bounced.explain.quantity import counted
from bounced.judging import Judge, Verdict
from bounced.model import Envelope, History, Report
from bounced.parse import READERS, parse, readings
from bounced.parse.draft import Draft
from bounced.parse.mail import Mail

#: Parts and recipients that are shown of a message; how many more there are is said.
MOST_PARTS, MOST_RECIPIENTS = 15, 3
#: The fields of a failure, as they are called in a report (RFC 3464 §2.3) and in `model.Failure`.
_FIELDS = (
    ("action", "action"),
    ("status", "status"),
    ("diagnostic-code", "diagnostic"),
    ("remote-mta", "remote_mta"),
    ("feedback-type", "feedback_type"),
)


def explain(path: str, raw: bytes, judge: Judge) -> Iterator[RenderableType]:
    """Say how the message *raw*, which is called *path*, was understood, piece by piece."""
    mail, report = Mail(raw, Envelope()), parse(raw, Envelope())
    yield Text.assemble((cell(path), "bold"), f": {report.kind}{f', read by {report.reader}' if report.reader else ''}")
    yield _heading("Parts")
    yield from _parts(mail)
    yield _heading("Readers")
    yield _readers(mail)
    if report.failures and (about := list(_about(report))):
        yield _heading("Report")
        yield _grid(about)
    places = Places(mail)
    verdicts = judge.judge(report, ASSUMED, History(), datetime.now(UTC))
    at = 0
    for verdict in verdicts[:MOST_RECIPIENTS]:
        yield _recipient_heading(verdict)
        found = places.find(verdict.failure.recipient.address or "", field=verdict.failure.recipient.source, after=at)
        at = found if found is not None else at
        yield _grid(_evidence(verdict, places, found, at))
        yield describe(verdict, judge.classifier.matches(verdict.failure, report))
    if len(verdicts) > MOST_RECIPIENTS:
        yield _heading(f"and {counted(len(verdicts) - MOST_RECIPIENTS, 'more recipient')}")
        yield _grid(_others(verdicts[MOST_RECIPIENTS:]))


def _parts(mail: Mail) -> Iterator[Text]:
    """Draw the tree of parts, each with its number, if it has no parts within, and its size."""
    drawn = list(numbered(mail))
    for part, indent, number in drawn[:MOST_PARTS]:
        text = Text(f"  {indent}", "dim")
        text.append(cell(part.type or "(no type)"), "default")
        text.append(f"  {f'part {number}, ' if number else ''}{part.end - part.body} octets")
        yield text
    if len(drawn) > MOST_PARTS:
        yield Text(f"  and {counted(len(drawn) - MOST_PARTS, 'more part')}", "dim")


def _readers(mail: Mail) -> Table:
    """List what each reader said, in their order."""
    rows: list[tuple[str, Text]] = []
    for reading in readings(mail):
        if isinstance(reading, Draft):
            count = len(reading.failures)
            sure = "" if reading.confidence == 1 else f", {reading.confidence:.0%} sure"
            rows.append((reading.reader, Text.assemble(("spoke", "bold green"), f": {counted(count, 'recipient')}{sure}")))
        else:
            rows.append((reading.reader, Text(f"declined: {cell(reading.why)}", "dim")))
    if len(rows) < len(READERS):
        rows.append(("", Text(f"{len(READERS) - len(rows)} more were not asked: nothing was left to find out", "dim")))
    return _grid(rows)


def _about(report: Report) -> Iterator[tuple[str, Text]]:
    """List what holds for all recipients."""
    original = report.original
    named = {
        "reporting mta": report.reporting_mta,
        "returned": ", ".join(each for each in (original.message_id, original.subject and f"“{original.subject}”") if each),
        "envelope id": original.envelope_id,
    }
    return ((name, Text(cell(value))) for name, value in named.items() if value)


def _recipient_heading(verdict: Verdict) -> Text:
    recipient, decision = verdict.failure.recipient, verdict.decision
    text = Text("\n")
    text.append(cell(recipient.address or "(no address)"), "bold")
    if recipient.final:
        text.append(f", which ended at {cell(recipient.final)}")
    return text.append(": ").append(decision.disposition, colour(decision.disposition))


def _evidence(verdict: Verdict, places: Places, found: int | None, after: int) -> Iterator[tuple[str, Text]]:
    """List what the message says of one recipient, each with the line that it stands in and who read it."""
    failure = verdict.failure
    read_by = dict(failure.read_by)
    yield "address", _placed(f"from {failure.recipient.source}", places, found)
    for field, name in _FIELDS:
        value = getattr(failure, name)
        if value:
            reader = f" (by {read_by[name]})" if name in read_by else ""
            yield name.replace("_", " "), _placed(f"{cell(value)}{reader}", places, places.find(value, field=field, after=after))
    codes = [f"reply {failure.reply}" if failure.reply else "", failure.diagnostic_status or "", failure.command or ""]
    if any(codes):
        yield "in it", Text(", ".join(code for code in codes if code))


def _placed(text: str, places: Places, at: int | None) -> Text:
    return Text.assemble(text, (f"  {places[at]}" if at is not None else "", "cyan"))


def _others(verdicts: list[Verdict]) -> Iterator[tuple[str, Text]]:
    """List the dispositions of the recipients that are not shown, counted."""
    counts: dict[tuple[str, str], int] = {}
    for verdict in verdicts:
        key = (verdict.decision.disposition, verdict.decision.finding.category)
        counts[key] = counts.get(key, 0) + 1
    return ((disposition, Text(f"{category}: {count}")) for (disposition, category), count in sorted(counts.items()))


def _heading(text: str) -> Text:
    return Text(f"\n{text}", "bold")


def _grid(rows: Iterator[tuple[str, Text]] | list[tuple[str, Text]]) -> Table:
    """Make a table of two columns; what does not fit in a terminal's line goes on in the next."""
    rows = list(rows)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=max((len(name) + 2 for name, _ in rows), default=0))
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(f"  {name}", value)
    return grid
