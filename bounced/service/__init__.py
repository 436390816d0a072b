"""The daemon: all rooms of the house opened in order, run together, closed in reverse.

`run` is what `bounced serve` does; `Daemon` is the same for who has an event loop already.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import structlog

from bounced import log as logs
from bounced.config import Config
from bounced.decide import Assessor, assess
from bounced.errors import ConfigInvalid, JournalUnavailable, SinkUnavailable
from bounced.judging import Judge
from bounced.parse import condense
from bounced.pipeline import Pipeline, Site
from bounced.publish import Sink, sink_for
from bounced.receive import Listener
from bounced.service.housekeeping import keep_house
from bounced.store import Journal

log = structlog.get_logger()

#: Seconds that sessions in the midst of a message get to finish when the daemon ends.
GRACE_SECONDS = 10.0
#: Seconds that the sink gets to answer before mail is taken without it.
GREETING_SECONDS = 2.0


def run(config: Config) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code, 0.

    Raises:
        BouncedError: it could not start, and why.
    """
    logs.configure(config.log)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(config))
    return 0


def check(config: Config) -> None:
    """Find out whether a daemon could start with *config*, without starting it.

    Raises:
        ConfigInvalid: a sink is unknown, a certificate can't be used.
        RulesInvalid: a rule pack can't be used.
    """
    Judge.load(_site_rules(config))
    sink_for(config.sink, Path(config.journal.folder))
    for key in ("tls_certificate", "tls_key"):
        path = getattr(config.smtp, key)
        if path and not os.access(path, os.R_OK):
            raise ConfigInvalid(f"smtp.{key}: {path} can't be read")


class Daemon:
    """One node: `async with Daemon(config) as daemon` serves until the block ends.

    `addresses` are those bound; `running` ends only by an error of ours, and then holds it.
    """

    running: asyncio.Task[None]

    def __init__(self, config: Config) -> None:
        self._config = config
        self._stack = contextlib.AsyncExitStack()
        self.addresses: list[tuple[str, int]] = []

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()
        log.info("service.stopped")

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config = self._config
        folder = _folder(config)
        judge = Judge.load(_site_rules(config))
        journal = await stack.enter_async_context(Journal(folder, config.journal))
        sink = sink_for(config.sink, folder)
        stack.push_async_callback(sink.close)
        await _greet(sink)
        pipeline = Pipeline(journal, sink, judge, _assessor(config), _site(config, judge))
        listener = Listener(config.smtp, pipeline.keep, clock=_now, random=os.urandom, condense=condense, spill_folder=folder)
        await self._resume(journal)
        self.running = asyncio.create_task(_work(pipeline, journal, timedelta(hours=config.journal.keep_done_hours)), name="work")
        stack.push_async_callback(_stop, self.running)
        await listener.open()
        stack.push_async_callback(listener.close, GRACE_SECONDS)
        self.addresses = list(listener.addresses)
        _say_what_trust_means(config)
        log.info("service.started", listen=[f"{host}:{port}" for host, port in self.addresses], sink=config.sink.urls[0].partition(":")[0])

    async def _resume(self, journal: Journal) -> None:
        arrivals = (await journal.account()).arrivals
        if arrivals.waiting or arrivals.decided:
            log.info("arrivals.resumed", waiting=arrivals.waiting, decided=arrivals.decided)


async def _serve(config: Config) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Daemon(config) as daemon:
        asked = asyncio.create_task(stopping.wait(), name="signal")
        await asyncio.wait({asked, daemon.running}, return_when=asyncio.FIRST_COMPLETED)
        if daemon.running.done():  # a fault of ours: end loudly, so that the supervisor starts us anew
            asked.cancel()
            await daemon.running
        log.info("service.stopping")


async def _greet(sink: Sink) -> None:
    """Open the sink early, so that its queues are there for consumers; if it can't now, the pipeline goes on trying."""
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            await sink.open()
    except (SinkUnavailable, TimeoutError) as trouble:
        log.warning("sink.unavailable", reason=str(trouble) or f"no answer in {GREETING_SECONDS} s")


async def _work(pipeline: Pipeline, journal: Journal, keep_done: timedelta) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(pipeline.run(), name="pipeline")
        group.create_task(keep_house(journal, keep_done, _now), name="housekeeping")


async def _stop(running: asyncio.Task[None]) -> None:
    """End the pipeline: what it was about to do is in the journal, and is done after the next start."""
    running.cancel()
    await asyncio.wait({running})


def _folder(config: Config) -> Path:
    folder = Path(config.journal.folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise JournalUnavailable(f"{folder}: {error.strerror} (set journal.folder)") from error
    return folder


def _site_rules(config: Config) -> Path | None:
    return Path(config.rules.folder) if config.rules.folder else None


def _assessor(config: Config) -> Assessor:
    trust = config.trust
    return assess(trust.peers, trust.reporters, believe_everyone=trust.believe == "everyone")


def _site(config: Config, judge: Judge) -> Site:
    return Site(
        node=config.node.name,
        site=config.node.site,
        rules_version=judge.rules_version,
        kinds=frozenset(config.sink.kinds),
        window=config.sink.window,
    )


def _say_what_trust_means(config: Config) -> None:
    trust = config.trust
    if trust.believe == "proven" and not (trust.peers and trust.reporters):
        log.warning("trust.unset", meaning="no report can suppress anything: set trust.peers and trust.reporters")


def _now() -> datetime:
    return datetime.now(UTC)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Choose uvloop where it is installed, else what asyncio brings."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop  # noqa: PLC0415 optional
    except ImportError:
        return None
    return uvloop.new_event_loop
