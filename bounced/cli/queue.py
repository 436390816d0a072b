"""`bounced queue`: how the queues stand, and what to do about dead letters: look at them, put them back, export them.

A dead letter is an event that its consumers rejected or gave back too often. None is dropped: what is taken out is in the export,
on the disk, before it leaves the queue.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

import click

from bounced import config
from bounced.cli import Commands, config_option
from bounced.cli.left import queues_of
from bounced.client.dead import Deed, Letter, dead_letters, standings
from bounced.errors import InputUnreadable
from bounced.explain.printable import printable

_ids = click.argument("ids", metavar="[ID]...", nargs=-1)


@click.group(cls=Commands)
def command() -> None:
    """Look at the queues, and deal with dead letters."""


@command.command
@config_option
def show(config_path: Path | None) -> None:
    """List each queue, its events, and its consumers where that is known, with tabs between."""
    settings = config.load(config_path)
    with queues_of(settings, settings.sink.urls) as folder:
        items = asyncio.run(standings(settings.sink.urls, folder))
    for item in items:
        click.echo(f"{item.queue}\t{item.ready}\t{'' if item.consumers is None else item.consumers}")


@command.command
@config_option
def dead(config_path: Path | None) -> None:
    """List the dead letters, oldest first: id, queue, why it died, routing key, with tabs between."""

    async def look(letter: Letter) -> None:
        click.echo("\t".join(printable(cell) for cell in (letter.id, letter.queue, letter.reason, letter.key)))

    _each(config_path, (), look)


@command.command
@_ids
@click.option("--all", "all_of_them", is_flag=True, help="Put all of them back.")
@config_option
def requeue(ids: tuple[str, ...], config_path: Path | None, *, all_of_them: bool) -> None:
    """Put the dead letters with these IDs back into the queues that they died in, under the same ids."""
    if bool(ids) == all_of_them:
        raise click.UsageError("name the dead letters, or say --all")

    async def put_back(letter: Letter) -> None:
        await letter.do(Deed.REQUEUED)

    click.echo(f"{_each(config_path, ids, put_back)} put back", err=True)


@command.command
@click.argument("file", type=click.File("xb"))
@_ids
@click.option("--remove", is_flag=True, help="Take each out of the dead letters, once it is on the disk.")
@config_option
def export(file: BinaryIO, ids: tuple[str, ...], config_path: Path | None, *, remove: bool) -> None:
    """Write the dead letters, all or those with these IDs, into the new FILE, one JSON object a line."""

    async def write(letter: Letter) -> None:
        file.write(letter.body.replace(b"\n", b" ") + b"\n")
        if remove:
            file.flush()
            os.fsync(file.fileno())
            await letter.do(Deed.REMOVED)

    click.echo(f"{_each(config_path, ids, write)} exported", err=True)


def _each(config_path: Path | None, ids: Collection[str], do: Callable[[Letter], Awaitable[None]]) -> int:
    """Do it to each dead letter, or to those with these *ids*; return how many."""
    settings = config.load(config_path)
    with queues_of(settings, settings.sink.urls) as folder:
        return asyncio.run(_go_through(dead_letters(settings.sink.urls, folder), ids, do))


async def _go_through(among: AsyncGenerator[Letter, None], ids: Collection[str], do: Callable[[Letter], Awaitable[None]]) -> int:
    found = 0
    left = set(ids)
    async with aclosing(among) as letters:
        async for letter in letters:
            if not ids or letter.id in left:
                left.discard(letter.id)
                await do(letter)
                found += 1
    if left:
        raise InputUnreadable(f"not among the dead letters: {', '.join(sorted(left))}")
    return found
