"""The daemon: `run` is what `bounced serve` does; `Daemon` is the same for who has an event loop already."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from bounced import log
from bounced.config import Config
from bounced.errors import ConfigInvalid
from bounced.judging import Judge
from bounced.pipeline import Reached, nobody
from bounced.publish import sink_for
from bounced.service.daemon import Daemon, site_rules
from bounced.service.lifecycle import serve

__all__ = ["Daemon", "check", "run"]


def run(config: Config, *, reached: Reached = nobody) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code, 0. *reached* is told of every step of every arrival.

    Raises:
        BouncedError: it could not start, and why.
    """
    log.configure(config.log)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(config, reached=reached))
    return 0


def check(config: Config) -> None:
    """Find out whether a daemon could start with *config*, without starting it.

    Raises:
        ConfigInvalid: a sink is unknown, a certificate can't be used.
        RulesInvalid: a rule pack can't be used.
    """
    Judge.load(site_rules(config))
    sink_for(config.sink, Path(config.journal.folder))
    for key in ("tls_certificate", "tls_key"):
        path = getattr(config.smtp, key)
        if path and not os.access(path, os.R_OK):
            raise ConfigInvalid(f"smtp.{key}: {path} can't be read")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Choose uvloop where it is installed, else what asyncio brings."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop  # noqa: PLC0415 optional
    except ImportError:
        return None
    return uvloop.new_event_loop
