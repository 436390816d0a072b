"""Where commands write for people: a terminal, whose width they keep, or a pipe, whose lines are as long as they are.

Rich wraps lines and fills columns with blanks for a pipe too, at 80 columns: what searches or cuts the lines would miss words.
"""

import sys
from collections.abc import Sequence

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from bounced.explain.plain import as_text

#: Columns of a line to a pipe: more than any line has.
_WIDTH = 1_000_000
#: What sets a judgement without a daemon apart from the daemon's.
ASSUMING = "Judged as if believed; the daemon withholds a suppression when a stranger reports."


def show_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write *rows*: as a table under *columns* on a terminal, as lines of tab-separated columns to a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(cell, overflow="fold") for cell in row))
    show(table)


def show(*pieces: RenderableType) -> None:
    """Write *pieces*, each on lines of its own: folded at a terminal's width, never in a pipe, and there without blanks at the end."""
    console = Console(highlight=False)
    if console.is_terminal:
        for piece in pieces:
            console.print(piece)
        return
    click.echo(as_text(pieces, _WIDTH), nl=False)
    sys.stdout.flush()
