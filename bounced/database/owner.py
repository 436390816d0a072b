"""Whose files these are: what root's commands make belongs to the user of the folder, and who may not open a file is told why.

The daemon has a user of its own; an operator restores, drains and looks as root. Only what was made here is given away, never
what was there: in a folder of somebody else that could be a link to anything.
"""

import os
import pwd
from pathlib import Path

#: What SQLite and our lock put beside a database.
_BESIDE = ("", "-wal", "-shm", ".lock")


def make_folder(folder: Path) -> None:
    """Make *folder*, for its user alone, and what is missing above it; as root, for the owner of the folder that was there.

    Raises:
        OSError: it can't be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in reversed(missing):
        give(each)


def make_file(path: Path, mode: int) -> None:
    """Make *path*, empty, unless it is there; as root, for the owner of its folder.

    Raises:
        OSError: it can't be made.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
    except FileExistsError:
        return
    give(path)


def give(path: Path) -> None:
    """As root, give *path*, which we made, to the owner of the folder it is in.

    Raises:
        OSError: it can't be given away.
    """
    if os.geteuid() == 0:
        owner = path.absolute().parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def denied(path: Path) -> str:
    """Say which of *path*, what SQLite puts beside it, and the folder above we may not write, and whose it is; nothing if we may."""
    whole = path.absolute()
    above = next(each for each in (whole, *whole.parents) if os.path.isdir(each))  # noqa: PTH112 Path's raises where it may not look
    for place in (above, *(path.with_name(f"{path.name}{end}") for end in _BESIDE)):
        if os.path.exists(place) and not os.access(place, os.R_OK | os.W_OK):  # noqa: PTH110
            return f" ({place} belongs to {_name(place.stat().st_uid)}, and this process runs as {_name(os.geteuid())})"
    return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user of a container or of a service that is stopped
        return f"user {uid}"
