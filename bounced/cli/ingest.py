"""`bounced ingest`: hand mail that lies somewhere to the running daemon, each message as if a mail server had sent it.

It speaks SMTP, so that all goes one way: what gets 250 is committed. A message is moved, deleted or noted as taken after that and not
before; interrupted and run again, it goes on where it was, and what comes twice counts once.
"""

import os
import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from bounced import address, config
from bounced.cli import config_option
from bounced.cli.mailboxes import Lying, open_box
from bounced.errors import InputUnreadable, NotTaken
from bounced.explain.quantity import counted

#: Fields in which servers note whom a message came for, the surest first.
_FOR = ("x-original-to", "envelope-to", "x-envelope-to", "delivered-to")
_NEWLINE = re.compile(rb"\r?\n")
_SECONDS = 60
_REFUSED = 65
_TEMPORARY = 400
_PERMANENT = 500


@click.command("ingest")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--to", "recipient", metavar="ADDRESS", help="The return path that the mail came for (default: what its header says).")
@click.option("--from", "sender", metavar="ADDRESS", help="The reverse-path that it came with (default: its Return-Path, else none).")
@click.option("--server", metavar="HOST:PORT", help="The daemon (default: the first of smtp.listen).")
@click.option(
    "--delete", is_flag=True, help="Delete each file when it is taken (a Maildir's is moved to `cur` otherwise; no mbox is changed)."
)
@config_option
def command(
    sources: tuple[str, ...], recipient: str | None, sender: str | None, server: str | None, config_path: Path | None, *, delete: bool
) -> int:
    """Hand mail to the running daemon: a Maildir, an mbox, a folder of files, a file, or `-` for standard input.

    For old bounces, and as a pipe transport of a mail server, which may name the return path in RECIPIENT, as Exim does. It ends with 75
    when the daemon takes nothing just now, so that it is tried again, and with 65 when the daemon refuses a message for good.
    """
    where = server or _first_of(config.load(config_path).smtp.listen)
    if sources == ("-",):
        recipient = recipient or os.environ.get("RECIPIENT")
    taken, refused = 0, []
    boxes = [open_box(source, delete=delete) for source in sources]
    with _session(where) as client, Progress(console=Console(stderr=True), disable=not Console(stderr=True).is_terminal) as progress:
        bar = progress.add_task("ingesting", total=sum(box.number for box in boxes))
        for message in (each for box in boxes for each in box.messages):
            if trouble := _hand_over(client, message, recipient, sender, taken):
                refused.append(trouble)
                click.echo(f"{message.name}: {trouble}", err=True)
            else:
                taken += 1
            progress.advance(bar)
    click.echo(f"{counted(taken, 'message')} taken, {len(refused)} refused", err=True)
    return _REFUSED if refused else 0


def _hand_over(client: smtplib.SMTP, message: Lying, recipient: str | None, sender: str | None, taken: int) -> str | None:
    """Hand *message* over; None when it is taken, else why it is refused for good."""
    try:
        raw = message.read()
    except FileNotFoundError:
        return "it is gone"
    except OSError as error:
        raise InputUnreadable(f"{message.name}: {error.strerror}") from error
    header = BytesHeaderParser().parsebytes(raw)
    came_for = recipient or next((found for name in _FOR if (found := address.read(str(header.get(name) or "")))), None)
    if came_for is None:
        return "its header does not say whom it came for: use --to"
    came_with = sender if sender is not None else address.read(str(header.get("return-path") or "")) or ""
    try:
        code, text = _send(client, "" if address.is_null_sender(came_with) else came_with, came_for, raw)
        if code >= _PERMANENT:
            client.rset()
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"{_why(error)}; {counted(taken, 'message')} taken before") from error
    said = f"{code} {' '.join(text.decode(errors='replace').split())}"
    if _TEMPORARY <= code < _PERMANENT:
        raise NotTaken(f"{said}; {counted(taken, 'message')} taken before")
    if code >= _PERMANENT:
        return said
    try:
        message.taken()
    except OSError as error:
        raise InputUnreadable(f"{message.name}: taken, and can't be moved, deleted or noted: {error.strerror}") from error
    return None


def _send(client: smtplib.SMTP, sender: str, recipient: str, raw: bytes) -> tuple[int, bytes]:
    """Send one message; give the first reply that refuses it, else the last."""
    code, text = client.mail(sender)
    if code < _TEMPORARY:
        code, text = client.rcpt(recipient)
    if code >= _TEMPORARY:
        return code, text
    try:
        return client.data(_NEWLINE.sub(b"\r\n", raw))
    except smtplib.SMTPDataError as error:  # in place of 354
        return error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()


@contextmanager
def _session(where: str) -> Iterator[smtplib.SMTP]:
    host, _, port = where.rpartition(":")
    try:
        client = smtplib.SMTP(host.strip("[]"), int(port), timeout=_SECONDS)
        client.ehlo()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise NotTaken(f"{where}: {_why(error)}") from error
    with client:
        yield client


def _first_of(listen: tuple[str, ...]) -> str:
    """Give the first address that the daemon listens on, as it is reached from here."""
    host, _, port = listen[0].rpartition(":")
    return f"{'127.0.0.1' if host in {'', '0.0.0.0', '*'} else '[::1]' if host == '[::]' else host}:{port}"  # noqa: S104 compared, not bound


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
