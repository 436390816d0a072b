"""`bounced demo`: a daemon of its own on loopback, sample mail through its SMTP port, each decision as it leaves the queue.

Everything is the real thing but the folder, which is temporary, and the mail, which was written by hand. It ends with
1 when a sample is not decided as the table below says.
"""

import asyncio
import contextlib
import signal
import smtplib
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click
from rich.console import Console
from rich.text import Text

from bounced import log
from bounced.cli.consume import describe
from bounced.client import Delivery, decisions
from bounced.config import Admin, Config, Journal, Log, Node, Smtp, Trust
from bounced.publish.event import CloudEvent
from bounced.service import Daemon

_HOST = "127.0.0.1"
#: The one that people are told of; without --serve nobody needs to know it.
_PORT = 2525
_RETURN_PATH = "news@bounces.example.net"
#: How long to wait for a decision that is due; it takes milliseconds on a machine that has nothing else to do.
_DEADLINE_SECONDS = 20.0


class Sample(NamedTuple):
    """A file of `bounced/samples`: what it is, and the disposition of each recipient whose decision is published."""

    name: str
    story: str
    expected: Mapping[str, str]


SAMPLES = (
    Sample("01-unknown-user", "Postfix: nobody of that name at the receiver", {"anna@example.org": "suppress"}),
    Sample("02-mailbox-full", "Exim: the mailbox is full", {"bob@example.com": "retry"}),
    Sample("03-blocklisted", "Postfix: the receiver finds our address on a blocklist", {"clara@example.edu": "retry"}),
    Sample("04-delayed", "Postfix: no connection yet, still trying", {}),
    Sample("05-delivered", "Postfix: delivered, as the sender wanted to know", {}),
    Sample("06-mixed-fates", "Sendmail: four recipients, four fates", {"frida@example.org": "suppress", "georg@example.com": "retry"}),
    Sample("07-no-such-domain", "Sendmail: the domain does not exist", {"jonas@exmaple.example": "suppress"}),
    Sample("08-disabled-mailbox", "Postfix: the account is disabled", {"karl@example.com": "suppress"}),
    Sample("09-greylisted", "PowerMTA: greylisted until the sender gave up", {"lena@example.org": "retry"}),
    Sample("10-dmarc", "Exim: our own DMARC policy is broken", {"mia@gmail.example": "retry"}),
    Sample("11-too-large", "Postfix: the message is too large for the receiver", {"nils@example.edu": "retry"}),
    Sample("12-no-report", "An ordinary reply that only mentions a bounce", {}),
    Sample("13-stranger", "Exchange: unknown recipient, says a server that is not ours", {"olga@example.com": "retry"}),
)


@click.command
@click.option("--serve", is_flag=True, help="Go on afterwards and show the decisions on what you send, until Ctrl-C.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"The port of 127.0.0.1 to listen on; 0: any (default: {_PORT} with --serve, else any)."
)
def command(*, serve: bool, port: int | None) -> int:
    """Play sample bounces through a daemon and show each decision with its reason."""
    if port is None:
        port = _PORT if serve else 0
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="bounced-demo-") as folder:
        try:
            return asyncio.run(_demo(console, _settings(folder, port), serve=serve))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("\nEnded.")
            return 0 if serve else 128 + signal.SIGINT


def _settings(folder: str, port: int) -> Config:
    """Trust loopback to hand in the reports of any server under example.net on what 192.0.2.11 sent, as an operator trusts his own."""
    return Config(
        node=Node(name="demo.example.net", site="example.net"),
        smtp=Smtp(listen=(f"{_HOST}:{port}",), hostname="demo.example.net"),
        journal=Journal(folder=folder),
        trust=Trust(peers=("127.0.0.1",), reporters=(".example.net",), senders=("192.0.2.11",)),
        admin=Admin(listen=""),
        log=Log(level="warning"),
    )


async def _demo(console: Console, config: Config, *, serve: bool) -> int:
    log.configure(config.log)
    task = asyncio.current_task()
    assert task  # noqa: S101 a coroutine that runs is in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with (
        Daemon(config) as daemon,
        aclosing(decisions("embedded:", folder=Path(config.journal.folder))) as deliveries,
    ):
        port = daemon.addresses[0][1]
        console.print(f"bounced listens on {_HOST}:{port} and decides what becomes of each recipient.\n", style="bold")
        for sample in SAMPLES:
            if not await _play(console, port, sample, deliveries):
                console.print(f"{sample.name} should have led to {sample.expected or 'nothing'}.", style="bold red")
                return 1
        console.print(f"All {len(SAMPLES)} samples were decided as expected.", style="bold green")
        if serve:
            console.print(_invitation(port), soft_wrap=True)
            await _show_until_ended(console, daemon, deliveries)
    return 0


async def _play(console: Console, port: int, sample: Sample, deliveries: AsyncGenerator[Delivery, None]) -> bool:
    """Send *sample* and show its decisions; return whether they are those that it should have."""
    console.rule(Text.assemble((sample.name, "bold"), f"  {sample.story}"), align="left", style="dim")
    await asyncio.to_thread(_send, port, files("bounced").joinpath("samples", f"{sample.name}.eml").read_bytes())
    found: dict[str, str] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while len(found) < len(sample.expected):
                event = await _show_next(console, deliveries)
                found[event.subject or ""] = event.data.decision.disposition
    if not sample.expected:
        console.print("Accepted and kept; there is nothing to decide, so nothing is published.\n", style="dim")
    return found == sample.expected


async def _show_next(console: Console, deliveries: AsyncGenerator[Delivery, None]) -> CloudEvent:
    delivery = await anext(deliveries)
    async with delivery:
        console.print(describe(delivery.event), end="\n\n")
    return delivery.event


async def _show_until_ended(console: Console, daemon: Daemon, deliveries: AsyncGenerator[Delivery, None]) -> None:
    async def show() -> None:
        while True:
            await _show_next(console, deliveries)

    async def watch() -> None:
        await daemon.running

    async with asyncio.TaskGroup() as group:
        group.create_task(show(), name="show")
        group.create_task(watch(), name="watch")


def _send(port: int, message: bytes) -> None:
    """Hand in *message* as a mail server does: with the null sender, and CRLF at the line ends."""
    with smtplib.SMTP(_HOST, port, local_hostname="mail.example.net", timeout=_DEADLINE_SECONDS) as client:
        client.sendmail("", [_RETURN_PATH], message.replace(b"\n", b"\r\n"))


def _invitation(port: int) -> Text:
    return Text.assemble(
        "\nNow send it a bounce of yours; it is shown here. For instance:\n",
        (f"  curl smtp://{_HOST}:{port} --mail-from '' --mail-rcpt {_RETURN_PATH} --upload-file bounce.eml\n", "bold"),
        "Reports of servers outside example.net are judged, but not believed. Mail that is no delivery report is kept and not shown.\n",
        "Ctrl-C ends it.\n",
    )
