"""`bounced consume`: print the decisions that stand in a queue, and acknowledge each once it is handed on.

At least once: an event is acknowledged after it was written and flushed, so that one whose reader went away stays in
the queue. It filters nothing, and remembers what it printed only with --memory.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

import click
from rich.text import Text

from bounced import config
from bounced.cli import config_option, leave_reader, screen
from bounced.cli.left import queues_of
from bounced.client import Delivery, decisions
from bounced.errors import EventInvalid
from bounced.model import Disposition
from bounced.publish.event import CloudEvent

#: Events that may be under way unacknowledged; never more than are asked for, because a broker counts what is given back to it.
_PREFETCH = 100
_COLOURS = {Disposition.SUPPRESS: "bold red", Disposition.RETRY: "bold yellow", Disposition.NONE: "green"}


def describe(event: CloudEvent) -> Text:
    """Show *event* to a person: whom it concerns, what to do, and why. What strangers wrote can't steer the terminal."""
    data, decision = event.data, event.data.decision
    whom = data.recipient.address or data.message.reference or "(recipient unknown)"
    lines = [
        Text.assemble(
            (f"{decision.disposition.upper():<9}", _COLOURS[decision.disposition]), (_printable(whom), "bold"), f"  {decision.category}"
        ),
        _line("because", decision.because),
        _line("answer", data.dsn.diagnostic),
        _line("remedy", decision.remedy),
        _line("trust", f"{data.trust.grade} ({data.trust.why})"),
        _line("withheld", f"{decision.withheld}: a suppression is due, and waits" if decision.withheld else ""),
    ]
    return Text("\n").join(line for line in lines if line)


def _line(name: str, text: str) -> Text:
    return Text.assemble((f"{name:>8} ", "dim"), _printable(text)) if text else Text()


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


@click.command("consume")
@config_option
@click.option("--url", "urls", multiple=True, help="Where to read instead: amqp://…, embedded:FOLDER. May be repeated for a cluster.")
@click.option("--queue", "queues", multiple=True, help="Read this queue only (bounced.suppress, bounced.retry, or one of your own).")
@click.option(
    "--memory", type=click.Path(dir_okay=False, path_type=Path), help="A file to remember in what was printed: nothing is printed twice."
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many events.")
@click.option("--follow/--no-follow", default=True, help="Wait for more at the end of the queue, or end there.")
@click.option("--jsonl/--pretty", "as_lines", default=None, help="One JSON object a line, or for people; by default as standard output is.")
def command(
    config_path: Path | None,
    urls: tuple[str, ...],
    queues: tuple[str, ...],
    memory: Path | None,
    count: int | None,
    *,
    follow: bool,
    as_lines: bool | None,
) -> None:
    """Print decisions as they come, and acknowledge them.

    An event that can't be read goes to the dead letters. Ends with 0 after --count events, at the end of the queue
    (--no-follow), on Ctrl-C, or when its reader goes away.
    """
    settings = config.load(config_path)
    urls = urls or settings.sink.urls
    as_lines = not sys.stdout.isatty() if as_lines is None else as_lines
    show = _print_line if as_lines else _show
    prefetch = min(count or _PREFETCH, _PREFETCH)
    try:
        with queues_of(settings, urls) as folder:
            deliveries = decisions(*urls, queues=queues or None, folder=folder, memory=memory, prefetch=prefetch, follow=follow)
            asyncio.run(_consume(deliveries, show, count))
    except KeyboardInterrupt:
        pass  # the usual way to end it
    except BrokenPipeError:
        leave_reader()


async def _consume(deliveries: AsyncGenerator[Delivery, None], show: Callable[[Delivery], None], count: int | None) -> None:
    handed_on = 0
    async with aclosing(deliveries):
        async for delivery in deliveries:
            try:
                show(delivery)
            except EventInvalid as error:
                await delivery.reject()
                click.echo(f"{error}: moved to the dead letters", err=True)
                continue
            await delivery.ack()
            handed_on += 1
            if handed_on == count:
                return


def _print_line(delivery: Delivery) -> None:
    _ = delivery.event  # raises EventInvalid: what a reader can't read is not handed on
    sys.stdout.buffer.write(delivery.body + b"\n")
    sys.stdout.buffer.flush()


def _show(delivery: Delivery) -> None:
    screen.show(describe(delivery.event), "")
