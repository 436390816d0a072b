"""What is drawn for a terminal, as plain text."""

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType


def as_text(pieces: Iterable[RenderableType], width: int) -> str:
    """Write *pieces* as plain text, in lines of *width* columns at most, without blanks at their ends."""
    written = io.StringIO()
    console = Console(file=written, width=width, highlight=False, color_system=None)
    for piece in pieces:
        console.print(piece)
    return "".join(f"{line.rstrip()}\n" for line in written.getvalue().split("\n")[:-1])
