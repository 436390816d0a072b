"""Reads a journal from outside the daemon, which may be running: for an operator's commands. It changes nothing."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from bounced.database.file import reading, scripts
from bounced.store.journal import FILE_NAME
from bounced.store.statements import MIGRATIONS


def reading_journal(folder: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Have the journal of *folder* open for reading; `bounced.store.arrivals` has the functions that read.

    Raises:
        JournalInvalid: another release wrote it, or it is damaged.
        JournalUnavailable: it is missing or can't be read.
    """
    return reading(folder / FILE_NAME, scripts(MIGRATIONS))
