"""The messages that a command is given: files, folders with all below them, standard input."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bounced.errors import InputUnreadable

#: Octets of one message that are read (`smtp.max_message_bytes`).
MAX_MESSAGE = 64 * 1024 * 1024


class Input(NamedTuple):
    """One message: its path as it was found below the argument, and its octets."""

    path: str
    raw: bytes


def inputs(names: Iterable[str]) -> Iterator[Input]:
    """Yield the messages at *names*: of a file, of every file below a folder, of standard input for `-`.

    Raises:
        InputUnreadable: one can't be read.
    """
    for name in names:
        if name == "-":
            yield Input("-", sys.stdin.buffer.read(MAX_MESSAGE))
            continue
        path = Path(name)
        files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
        for file in files:
            yield Input(str(file.relative_to(path)) if path.is_dir() else name, _read(file))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_MESSAGE)
    except OSError as error:
        raise InputUnreadable(f"{file}: {error.strerror}") from error
