"""`bounced rules why`: what the rules make of a reply, what lost, and what follows.

A reply is judged as a final failure that nobody doubts; nothing is remembered and nothing withheld.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from bounced.classify.pack import COMMANDS
from bounced.classify.question import Question, report_of
from bounced.cli import config_option
from bounced.cli.screen import show
from bounced.cli.site_rules import rules_option, site_rules
from bounced.decide.trust import ASSUMED
from bounced.errors import InputUnreadable
from bounced.explain.finding import describe
from bounced.explain.printable import printable
from bounced.judging import Judge, Verdict
from bounced.model import Decision, History, Report
from bounced.status import find_codes, read_status


@click.command("why")
@click.argument("text", required=False)
@click.option("--reply", help="The SMTP reply code, where the text has none.")
@click.option("--status", help="The enhanced status code, where the text has none.")
@click.option("--receiver", help="Who said so: a receiver (gmail, Exchange Online) or a host.")
@click.option("--command", "answered", help="The SMTP command that was answered so: RCPT, MAIL, CONNECT …")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line from standard input, and write one for each.")
@rules_option
@config_option
def command(  # noqa: PLR0913 an option each
    text: str | None,
    reply: str | None,
    status: str | None,
    receiver: str | None,
    answered: str | None,
    folder: Path | None,
    config_path: Path | None,
    *,
    jsonl: bool,
) -> None:
    """Say what the rules make of TEXT, a server's reply.

    With --jsonl the objects are {"text", "reply", "status", "receiver", "command"}, all but text optional, and the answers
    {"category", "disposition", "fault", "rule", "confidence", "because"}.
    """
    if (text is None) != jsonl:
        raise click.UsageError("give a TEXT, or --jsonl and objects on standard input")
    judge = Judge.load(site_rules(folder, config_path))
    if jsonl:
        for question in _questions():
            _, verdict = _judged(judge, question)
            sys.stdout.buffer.write(msgspec.json.encode(_row(verdict.decision)) + b"\n")
            sys.stdout.buffer.flush()  # who asks line by line waits for it
        return
    _refuse_nonsense(reply, status, answered)
    report, verdict = _judged(judge, Question(text, reply, status, receiver, answered and answered.upper()))
    if receiver and not verdict.decision.finding.provider:
        click.echo(f"No receiver is called {printable(receiver)}: judged as of anybody", err=True)
    show(describe(verdict, judge.classifier.matches(verdict.failure, report)))


def _refuse_nonsense(reply: str | None, status: str | None, answered: str | None) -> None:
    """Refuse from a person what would count as not given; a program that asks with --jsonl is answered whatever it gives."""
    if reply is not None and find_codes(reply).reply is None:
        raise click.UsageError(f"{reply!r} is not a reply code")
    if status is not None and read_status(status) is None:
        raise click.UsageError(f"{status!r} is not an enhanced status code")
    if answered is not None and answered.upper() not in COMMANDS:
        raise click.UsageError(f"{answered!r} is not one of {', '.join(COMMANDS)}")


def _judged(judge: Judge, question: Question) -> tuple[Report, Verdict]:
    report = report_of(question, judge.classifier.providers.rows)
    return report, judge.judge(report, ASSUMED, History(), datetime.now(UTC))[0]


def _questions() -> Iterator[Question]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if line.strip():
            try:
                yield msgspec.json.decode(line, type=Question)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise InputUnreadable(f"standard input, line {number}: {error}") from error


def _row(decision: Decision) -> dict[str, object]:
    finding = decision.finding
    return {
        "category": finding.category,
        "disposition": decision.disposition,
        "fault": finding.fault,
        "rule": finding.rule,
        "confidence": finding.confidence,
        "because": decision.because,
    }
