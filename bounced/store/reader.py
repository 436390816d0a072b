"""Reads and amends the journals of a folder from outside the daemon, which may be running, and reads the history: for commands.

What is amended, the daemon notices within seconds (`Journal.changed_from_outside`).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bounced.database.engine import Engine
from bounced.database.file import amending, reading, scripts
from bounced.model import History
from bounced.store import history
from bounced.store.files import journal_file, journals_in
from bounced.store.statements import MIGRATIONS


def reading_journal(folder: Path, number: int = 1) -> AbstractContextManager[sqlite3.Connection]:
    """Have the *number*-th journal of *folder* open for reading; `bounced.store.arrivals` has the functions that read.

    Raises:
        JournalInvalid: another release wrote it, or it is damaged.
        JournalUnavailable: it is missing or can't be read.
    """
    return reading(folder / journal_file(number), scripts(MIGRATIONS))


def reading_journals(folder: Path) -> Iterator[tuple[int, sqlite3.Connection]]:
    """Have the journals of *folder* open for reading, one after the other, each with its number; raises what `reading_journal` does."""
    for number in journals_in(folder):
        with reading_journal(folder, number) as connection:
            yield number, connection


def amending_journal(folder: Path, number: int = 1) -> AbstractContextManager[sqlite3.Connection]:
    """Have the *number*-th journal of *folder* open for one small transaction, committed at the block's end unless it raises.

    Raises:
        JournalInvalid: another release wrote it, or it is damaged.
        JournalUnavailable: it is missing or can't be written now.
    """
    return amending(folder / journal_file(number), scripts(MIGRATIONS))


@contextmanager
def knowing(engine: Engine[Any] | None) -> Iterator[Callable[[str], History]]:
    """Have a function that gives what was known before the report of an id; nothing, where it was not counted or no history is kept.

    Raises:
        JournalInvalid: another release wrote the history, or it is damaged.
        JournalUnavailable: it can't be read.
    """
    if engine is None:
        yield lambda _: History()
        return
    with engine.reading() as connection:
        find = partial(history.before, connection)
        yield lambda report_id: find(report_id) or History()
