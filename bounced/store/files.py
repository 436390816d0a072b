"""The journals of a folder: one a worker, each in a file of its own, because two writers on one file wait for each other.

The first is `journal.db`, whether there are others or not; the next ones have their number in the name.
"""

import os
import re
from pathlib import Path

from bounced.database.owner import denied
from bounced.errors import JournalUnavailable

#: The names of all journals, as shell patterns (fnmatch).
PATTERNS = ("journal.db", "journal-[1-9]*.db")
_NUMBERED = re.compile(r"journal-([1-9]\d{0,3})\.db")
_FIRST = "journal.db"


def journal_file(number: int) -> str:
    """Name the file of the *number*-th journal, from 1."""
    return _FIRST if number == 1 else f"journal-{number}.db"


def journals_in(folder: Path) -> list[int]:
    """List the numbers of the journals that lie in *folder*, in order; none when the folder is not there.

    Raises:
        JournalUnavailable: the folder can't be read.
    """
    try:
        names = os.listdir(folder)  # noqa: PTH208 names are all that is wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise JournalUnavailable(f"{folder}: {error.strerror}{denied(folder)}") from error
    numbered = {int(found[1]) for name in names if (found := _NUMBERED.fullmatch(name))}
    return sorted((numbered - {1}) | ({1} if _FIRST in names else set()))
