"""The daemon: `run` is what `bounced serve` does; `Daemon` is the same for who has an event loop already."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from bounced import log
from bounced.config import Config
from bounced.database.owner import denied
from bounced.errors import ConfigInvalid
from bounced.pipeline import Reached, nobody
from bounced.publish import sink_for
from bounced.service.api import access
from bounced.service.caution import cautions
from bounced.service.daemon import Daemon
from bounced.service.lifecycle import loop_factory, serve
from bounced.service.terms import terms_of
from bounced.service.workers import serve_with_workers
from bounced.store.history import engine_of

__all__ = ["Daemon", "cautions", "check", "run"]


def run(config: Config, *, load: Callable[[], Config] | None = None, reached: Reached = nobody) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code, 0.

    *load* reads the settings again, for SIGHUP; without it they stay, and only the files that they name are read again.
    *reached* is told of every step of every arrival, in a daemon without workers.

    Raises:
        BouncedError: it could not start, and why.
    """
    log.configure(config.log)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        if config.node.worker_count == 1:
            runner.run(serve(config, load=load, reached=reached))
        else:
            runner.run(serve_with_workers(config, load=load))
    return 0


def check(config: Config) -> None:
    """Find out whether a daemon of this user could start with *config*, without starting it; `cautions` tells what is allowed and unwise.

    Raises:
        ConfigInvalid: an address of the sink or the history is malformed, or a library for it missing; a certificate can't be
            read; the journal's folder can't be made or written.
        RulesInvalid: a rule pack can't be used.
    """
    terms_of(config)
    sink_for(config.sink, Path(config.journal.folder))
    engine_of(config)
    access(config.api)
    for key in ("tls_certificate", "tls_key"):
        path = getattr(config.smtp, key)
        if path and not os.access(path, os.R_OK):
            raise ConfigInvalid(f"smtp.{key}: {path} can't be read")
    _check_folder(Path(config.journal.folder))


def _check_folder(folder: Path) -> None:
    above = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(each))
    if not above.is_dir():
        raise ConfigInvalid(f"journal.folder: {folder}: {above} is no folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise ConfigInvalid(f"journal.folder: {folder} can't be written{denied(folder)}")
