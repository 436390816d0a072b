"""One node: all rooms of the house opened in order, run together, closed in reverse."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog

from bounced.admin import AdminServer
from bounced.admin.views import make_app
from bounced.config import Config, is_loopback
from bounced.database.owner import denied, make_folder
from bounced.decide import Assessor, assess
from bounced.errors import ConfigInvalid, JournalUnavailable, SinkUnavailable
from bounced.health import Health
from bounced.judging import Judge
from bounced.parse import condense
from bounced.pipeline import Intake, Pipeline, Reached, Site, nobody
from bounced.publish import Sink, sink_for
from bounced.receive import Listener
from bounced.service.caution import warn
from bounced.service.housekeeping import keep_house
from bounced.service.renewal import renew_rules
from bounced.service.report import Reporter
from bounced.service.systemd import Notifier
from bounced.service.watchdog import show_life
from bounced.store import Journal

log = structlog.get_logger()

#: Seconds that the sink gets to answer before mail is taken without it.
GREETING_SECONDS = 2.0


class Daemon:
    """One node: `async with Daemon(config) as daemon` serves until the block ends.

    It listens on *sockets* if there are any, else where *config* says. `addresses` are those bound; `running` ends only by
    an error of ours, and then holds it. *reached* is told of every step of every arrival.
    """

    running: asyncio.Task[None]

    def __init__(
        self, config: Config, *, sockets: Sequence[socket.socket] = (), notifier: Notifier | None = None, reached: Reached = nobody
    ) -> None:
        self._config = config
        self._sockets = sockets
        self._notifier = notifier or Notifier("")
        self._reached = reached
        self._listener: Listener | None = None
        self._is_hurried = False
        self._rules_changed = asyncio.Event()
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

    def hasten(self) -> None:
        """Let nobody end what he is sending: for who is asked a second time to stop."""
        self._is_hurried = True
        if self._listener is not None:
            self._listener.hasten()

    def renew_rules(self) -> None:
        """Have the packs loaded again; ones that are not in order change nothing, and are reported in the log."""
        self._rules_changed.set()

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config, health = self._config, Health()
        _check_sockets(config, self._sockets)
        folder = _folder(config)
        judge = Judge.load(site_rules(config))
        journal = await stack.enter_async_context(Journal(folder, config.journal))
        sink = sink_for(config.sink, folder)
        stack.push_async_callback(sink.close)
        await _greet(sink)
        intake = Intake(journal, config.journal, health, _now, reached=self._reached)
        pipeline = Pipeline(intake, journal, sink, judge, assessor(config), site_of(config, judge), health, reached=self._reached)
        self._listener = listener = Listener(
            config.smtp,
            pipeline.keep,
            clock=_now,
            random=os.urandom,
            refusal=lambda: intake.refusal,
            condense=condense,
            spill_folder=folder,
        )
        reporter = Reporter(config, journal, intake, pipeline, listener, health, _now)
        admin = await self._open_admin(stack, reporter, intake)
        await intake.look()
        await _resume(journal)
        await listener.open(self._sockets)
        # Before the work begins: whatever was left to judge, mail is taken. What comes by now is kept and waits.
        self.running = asyncio.create_task(self._work(judge, pipeline, journal, intake, reporter), name="work")
        stack.push_async_callback(_stop, self.running)
        stack.push_async_callback(self._close_listener, listener)
        self.addresses = list(listener.addresses)
        warn(config)
        places = [f"{host}:{port}" for host, port in self.addresses]
        log.info("service.started", listen=places, admin=admin, sink=config.sink.urls[0].partition(":")[0])
        self._notifier.status(f"accepts mail on {', '.join(places)}")

    async def _open_admin(self, stack: contextlib.AsyncExitStack, reporter: Reporter, intake: Intake) -> str:
        """Serve the admin pages, if they are wanted; return where."""
        if not self._config.admin.listen:
            return ""
        app = make_app(reporter.status, lambda: intake.refusal)
        return (await stack.enter_async_context(AdminServer(self._config.admin.listen, app))).address

    async def _work(self, judge: Judge, pipeline: Pipeline, journal: Journal, intake: Intake, reporter: Reporter) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(pipeline.run(), name="pipeline")
            group.create_task(intake.watch(), name="intake")
            group.create_task(reporter.audit(), name="audit")
            group.create_task(renew_rules(judge, site_rules(self._config), self._rules_changed, self._notifier), name="rules")
            group.create_task(keep_house(journal, _now, pipeline.wake), name="housekeeping")
            group.create_task(show_life(self._notifier, journal), name="watchdog")

    async def _close_listener(self, listener: Listener) -> None:
        await listener.close(0 if self._is_hurried else self._config.smtp.shutdown_seconds)


def site_rules(config: Config) -> Path | None:
    """Give the folder of the site's own rule packs, if there is one."""
    return Path(config.rules.folder) if config.rules.folder else None


async def _greet(sink: Sink) -> None:
    """Open the sink early, so that its queues are there for consumers; if it can't now, the pipeline goes on trying."""
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            await sink.open()
    except (SinkUnavailable, TimeoutError) as trouble:
        log.warning("sink.unavailable", reason=str(trouble) or f"no answer in {GREETING_SECONDS} s")


async def _resume(journal: Journal) -> None:
    arrivals = (await journal.account()).arrivals
    if arrivals.waiting or arrivals.decided:
        log.info("arrivals.resumed", waiting=arrivals.waiting, decided=arrivals.decided)


async def _stop(running: asyncio.Task[None]) -> None:
    """End the pipeline: what it was about to do is in the journal, and is done after the next start."""
    running.cancel()
    await asyncio.wait({running})


def _check_sockets(config: Config, sockets: Sequence[socket.socket]) -> None:
    """Hold sockets that were handed over to the rule for `smtp.listen`: open to others only with `smtp.accept`."""
    for host in (bound.getsockname()[0] for bound in sockets):
        if not config.smtp.accept and not is_loopback(host):
            raise ConfigInvalid(f"the socket unit listens on {host}, which is open to strangers: set smtp.accept")


def _folder(config: Config) -> Path:
    folder = Path(config.journal.folder)
    try:
        make_folder(folder)
    except OSError as error:
        raise JournalUnavailable(f"journal.folder: {folder}: {error.strerror}{denied(folder)}") from error
    return folder


def assessor(config: Config) -> Assessor:
    """Make the judge of trust that the settings ask for."""
    trust = config.trust
    return assess(trust.peers, trust.reporters, trust.senders, believe_everyone=trust.believe == "everyone")


def site_of(config: Config, judge: Judge) -> Site:
    """Say what the node knows of itself."""
    return Site(
        node=config.node.name,
        site=config.node.site,
        rules_version=judge.rules_version,
        kinds=frozenset(config.sink.kinds),
        window=config.sink.window,
    )


def _now() -> datetime:
    return datetime.now(UTC)
