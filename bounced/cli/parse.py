"""`bounced parse`: judge messages from files, folders or standard input, without a daemon."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.text import Text

from bounced.cli import config_option
from bounced.cli.inputs import inputs
from bounced.cli.screen import ASSUMING, show
from bounced.config import load
from bounced.decide.trust import ASSUMED
from bounced.explain.printable import printable
from bounced.judging import Judge, Verdict
from bounced.model import Disposition, Envelope, History, Report
from bounced.parse import parse

_COLOURS = {Disposition.SUPPRESS: "bold red", Disposition.RETRY: "yellow", Disposition.NONE: "dim"}


@click.command
@click.argument("paths", nargs=-1, required=True)
@click.option("--jsonl", is_flag=True, help="Write one JSON object a message.")
@config_option
def command(paths: tuple[str, ...], config_path: Path | None, *, jsonl: bool) -> None:
    """Judge the messages in PATHS: files, folders (with all below them), or - for standard input.

    Nobody has to be believed here: nothing is withheld as unproven.
    """
    rules = load(config_path).rules.folder
    judge = Judge.load(Path(rules) if rules else None)
    for message in inputs(paths):
        report = parse(message.raw, Envelope())
        verdicts = judge.judge(report, ASSUMED, History(), datetime.now(UTC))
        if jsonl:
            sys.stdout.buffer.write(msgspec.json.encode(_row(message.path, report, verdicts)) + b"\n")
        else:
            show(*_lines(message.path, report, verdicts))
    if not jsonl:
        click.echo(ASSUMING, err=True)


def _row(path: str, report: Report, verdicts: list[Verdict]) -> dict[str, object]:
    """Return the object of a message; null stands for what is not known, or where there is nothing to decide."""
    return {
        "path": path,
        "kind": report.kind,
        "reader": report.reader or None,
        "recipients": [
            {
                "address": failure.recipient.address,
                "action": failure.action,
                "status": failure.status or failure.diagnostic_status,
                "reply": failure.reply,
                "category": decision.finding.category,
                "disposition": None if decision.disposition is Disposition.NONE else decision.disposition,
                "fault": decision.finding.fault,
                "rule": decision.finding.rule,
                "because": decision.because,
                "withheld": decision.withheld,
            }
            for failure, decision in ((verdict.failure, verdict.decision) for verdict in verdicts)
        ],
    }


def _lines(path: str, report: Report, verdicts: list[Verdict]) -> Iterator[Text]:
    yield Text.assemble((printable(path), "bold"), f": {report.kind}")
    for failure, decision in ((verdict.failure, verdict.decision) for verdict in verdicts):
        line = Text("  ")
        line.append(f"{decision.disposition:8}", _COLOURS[decision.disposition])
        line.append(f" {printable(failure.recipient.address or '(no address)')}", "bold")
        line.append(f"  {decision.finding.category}")
        yield line
        yield Text(f"           {printable(decision.because)}")
