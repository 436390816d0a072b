"""What a run of the daemon has left for a command to read, its journal, history and queue: where they are, and that they are there.

Nothing is made here: a command that finds nothing says so, because most often it looks in the wrong place.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bounced import log
from bounced.config import Config
from bounced.database.engine import Engine
from bounced.database.file import File
from bounced.errors import InputUnreadable, QueueUnreadable, SinkUnavailable
from bounced.publish import embedded
from bounced.store.files import journal_file, journals_in
from bounced.store.history import engine_of


def journal_folder(settings: Config) -> Path:
    """Return `journal.folder`, in which there is a journal.

    Raises:
        InputUnreadable: there is none.
    """
    folder = Path(settings.journal.folder)
    if not journals_in(folder):
        _need(folder / journal_file(1))
    return folder


def history_of(settings: Config) -> Engine[Any]:
    """Give what keeps the history, for reading and amending it beside the daemon.

    Raises:
        InputUnreadable: there is none.
    """
    engine = engine_of(settings)
    if engine is None:
        raise InputUnreadable('no history is kept: history.store is "none"')
    if isinstance(engine, File):
        _need(engine.path)
    return engine


def history_if_any(settings: Config) -> Engine[Any] | None:
    """Give what keeps the history; None where none is kept, or the daemon has not run yet."""
    engine = engine_of(settings)
    return None if isinstance(engine, File) and not engine.path.exists() else engine


@contextmanager
def queues_of(settings: Config, urls: Sequence[str]) -> Iterator[Path]:
    """Give `journal.folder` to a block that reads the queues at *urls*, while libraries keep their own log lines to themselves.

    Raises:
        InputUnreadable: there is no embedded queue.
        QueueUnreadable: the block met a sink that is away.
    """
    log.configure(settings.log)
    folder = Path(settings.journal.folder)
    if urls[0].startswith("embedded:"):
        _need(embedded.path_of(urls[0], folder))
    try:
        yield folder
    except SinkUnavailable as error:
        raise QueueUnreadable(error.detail) from error


def _need(path: Path) -> None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        message = f"{path} is not there: has the daemon run with this journal.folder? Name a configuration with --config"
        raise InputUnreadable(message) from None
    except OSError:
        return  # whoever opens it says what is wrong
