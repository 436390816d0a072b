"""Where mail lies that is to be ingested: a Maildir, an mbox, a folder of files, a file, standard input.

Each message says what becomes of it when it is taken, and nothing becomes of it before. A Maildir's `new` goes to its `cur`, marked as
seen; of an mbox it is noted beside it how many were taken; other files stay, unless they are to be deleted.
"""

import hashlib
import mailbox
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from bounced.cli.inputs import MAX_MESSAGE
from bounced.errors import InputUnreadable


class Lying(NamedTuple):
    """A message where it lies: how it is called, how to read it, and what to do when it is taken.

    `read` raises `OSError`; the message is gone when that is a `FileNotFoundError`: somebody else took it.
    """

    name: str
    read: Callable[[], bytes]
    taken: Callable[[], None]


class Box(NamedTuple):
    """Messages that lie together, and how many."""

    number: int
    messages: Iterator[Lying]


class _Progress(Struct):
    """How far an mbox was taken, and by what it is known to be the same: the digest of its first message."""

    first: str
    taken: int


def open_box(name: str, *, delete: bool) -> Box:
    """Open the mail at *name*; *delete* files that are taken, but for an mbox.

    Raises:
        InputUnreadable: there is none, or it can't be read.
    """
    if name == "-":
        return Box(1, iter([Lying("standard input", partial(sys.stdin.buffer.read, MAX_MESSAGE), _nothing)]))
    path = Path(name)
    try:
        if (path / "new").is_dir() and (path / "cur").is_dir():
            return _maildir(path, delete=delete)
        if path.is_dir():
            return _files(sorted(each for each in path.rglob("*") if each.is_file()), delete=delete)
        with path.open("rb") as opened:
            is_mbox = opened.read(5) == b"From "
        return _mbox(path) if is_mbox else _files([path], delete=delete)
    except OSError as error:
        raise InputUnreadable(f"{name}: {error.strerror}") from error


def _maildir(folder: Path, *, delete: bool) -> Box:
    """What is new in a Maildir (https://cr.yp.to/proto/maildir.html)."""
    files = sorted(each for each in (folder / "new").iterdir() if not each.name.startswith("."))
    messages = (Lying(file.name, file.read_bytes, file.unlink if delete else partial(_mark_seen, file)) for file in files)
    return Box(len(files), messages)


def _mark_seen(file: Path) -> None:
    file.rename(file.parents[1] / "cur" / f"{file.name.partition(':')[0]}:2,S")


def _files(files: list[Path], *, delete: bool) -> Box:
    return Box(len(files), (Lying(str(file), file.read_bytes, file.unlink if delete else _nothing) for file in files))


def _mbox(file: Path) -> Box:
    """What was not taken yet of an mbox (RFC 4155)."""
    box = mailbox.mbox(file, create=False)
    keys = box.keys()
    first = hashlib.sha256(box.get_bytes(keys[0])).hexdigest() if keys else ""
    notes = file.with_name(f"{file.name}.ingested")
    done = _noted(notes, first)

    def messages() -> Iterator[Lying]:
        for place in range(done, len(keys)):
            note = partial(_note, notes, _Progress(first, place + 1))
            yield Lying(f"{file}, message {place + 1}", partial(box.get_bytes, keys[place]), note)

    return Box(len(keys) - done, messages())


def _noted(notes: Path, first: str) -> int:
    if not notes.exists():
        return 0
    try:
        progress = msgspec.json.decode(notes.read_bytes(), type=_Progress)
    except msgspec.MsgspecError as error:
        raise InputUnreadable(f"{notes}: this is not what was written there ({error}); delete it to begin anew") from error
    return progress.taken if progress.first == first else 0


def _note(notes: Path, progress: _Progress) -> None:
    new = notes.with_name(f"{notes.name}.new")
    new.write_bytes(msgspec.json.encode(progress))
    new.replace(notes)


def _nothing() -> None:
    """Leave it where it is."""
