"""One daemon: a listener and the desks behind it, opened in order, run together, closed in reverse."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

import structlog

from bounced.admin import AdminServer, Status
from bounced.admin.policy_service import PolicyServer
from bounced.admin.views import make_app
from bounced.config import Config, is_loopback
from bounced.database.owner import denied, make_folder
from bounced.errors import ConfigInvalid, JournalUnavailable, SinkUnavailable
from bounced.model import Suppression
from bounced.parse import condense
from bounced.pipeline import Reached, Terms, nobody
from bounced.pipeline.remembering import Remembering
from bounced.publish import Sink, sink_for
from bounced.receive import Listener, Sockets
from bounced.service import page
from bounced.service.api import api_server, backend
from bounced.service.certificates import keep_certificate
from bounced.service.desk import Desk
from bounced.service.feed import Feed
from bounced.service.history import Recollection
from bounced.service.inbox import Inbox
from bounced.service.renewal import Renewal, prepare
from bounced.service.report import Reporter
from bounced.service.storms import Warden
from bounced.service.systemd import Notifier
from bounced.service.terms import path_check, terms_of
from bounced.service.watchdog import show_life

log = structlog.get_logger()

#: Seconds that the sink gets to answer before mail is taken without it.
GREETING_SECONDS = 2.0


class Daemon:
    """One daemon: `async with Daemon(config) as daemon` serves until the block ends.

    It listens on *sockets* if there are any, else where *config* says, and keeps what comes in the first of *journals*
    (their numbers); the others, which nobody else has any more, it works off. `addresses` are those bound; `running` ends
    only by an error of ours, and then holds it. *reached* is told of every step of every arrival.
    """

    running: asyncio.Task[None]
    listener: Listener
    reporter: Reporter
    #: The pages for operators, if they are wanted.
    admin: AdminServer | None = None
    #: What Postfix asks, if it is wanted.
    policy_service: PolicyServer | None = None
    #: The API, if it is wanted.
    api: AdminServer | None = None
    _warden: Warden | None = None
    _feed: Feed | None = None
    _inbox: Inbox | None = None
    _terms: Terms

    def __init__(
        self,
        config: Config,
        *,
        sockets: Sockets = Sockets(),  # noqa: B008 a constant
        journals: Sequence[int] = (1,),
        notifier: Notifier | None = None,
        reached: Reached = nobody,
    ) -> None:
        self._config = config
        self._sockets = sockets
        self._journals = journals
        self._notifier = notifier or Notifier("")
        self._reached = reached
        self._desks: list[Desk] = []
        self._is_hurried = False
        self._stack = contextlib.AsyncExitStack()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The hosts and ports that mail is taken on."""
        return self.listener.addresses

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    def hasten(self) -> None:
        """Let nobody end what he is sending: for who is asked a second time to stop."""
        self._is_hurried = True
        self.listener.hasten()

    async def status(self) -> Status:
        """Say how it stands."""
        return await self.reporter.status()

    async def prepare(self, config: Config) -> Renewal:
        """Make what *config* asks for, without any change yet.

        Raises:
            BouncedError: it is not in order, or changes what can't change.
        """
        return await prepare(self._config, config, self.listener, _now)

    def renew(self, renewal: Renewal) -> None:
        """Go by *renewal* from the next session and the next arrival on."""
        self._config = self.reporter.config = renewal.config
        self._terms = renewal.terms
        if self._feed is not None:
            self._feed.site = renewal.config.node.site
        self.listener.renew(renewal.host)
        if self._warden is not None:
            self._warden.settings = renewal.config.storm
        for desk in self._desks:
            desk.pipeline.renew(renewal.terms)

    async def _open(self, stack: contextlib.AsyncExitStack) -> None:
        config = self._config
        _check_sockets(config, self._sockets.smtp)
        folder = _folder(config)
        terms = self._terms = terms_of(config)
        recollection = Recollection(config, _now)
        sink = sink_for(config.sink, folder)
        for number in self._journals:
            desk = Desk(number, config, sink, terms, recollection.memory, clock=_now, reached=self._reached)
            self._desks.append(await stack.enter_async_context(desk))
        await stack.enter_async_context(recollection)
        stack.push_async_callback(sink.close)
        await _greet(sink)
        intake, pipeline = self._desks[0].intake, self._desks[0].pipeline
        self.listener = Listener(
            config.smtp,
            pipeline.keep,
            clock=_now,
            random=os.urandom,
            refusal=lambda: intake.refusal,
            check_path=path_check(config, _now),
            exempt=config.trust.peers,
            condense=condense,
            spill_folder=folder,
        )
        if recollection.histories is not None:
            desk = self._desks[0]
            self._warden = Warden(recollection.histories, config.storm, desk.take, desk.health, clock=_now, random=os.urandom)
            if config.sink.list_exchange:
                self._feed = Feed(recollection.histories, sink, config.sink.list_exchange, config.node.site)
        self.reporter = Reporter(config, self._desks, self.listener, _now)
        if config.admin.postfix_policy:
            find = partial(_find, recollection.memory)
            self.policy_service = await stack.enter_async_context(PolicyServer(config.admin.postfix_policy, find))
        behind = None
        if recollection.histories is not None:
            take = self._desks[0].take
            behind = backend(recollection.histories, take, lambda: self._terms.judge.policies, clock=_now, random=os.urandom)
            if config.api.listen:
                self.api = await stack.enter_async_context(api_server(config.api, behind))
            if config.sink.inputs:
                self._inbox = Inbox(config.sink, behind)
        if config.admin.listen:
            routes = page.routes(config, self.status, lambda: self._terms.judge, behind)
            self.admin = await stack.enter_async_context(AdminServer(config.admin.listen, make_app(self.status, self._refusal, routes)))
        for desk in self._desks:
            await desk.greet()
        await self.listener.open(self._sockets)
        # Before the work begins: whatever was left to judge, mail is taken. What comes by now is kept and waits.
        self.running = asyncio.create_task(self._work(), name="work")
        stack.push_async_callback(_stop, self.running)
        stack.push_async_callback(self._close_listener)

    async def _refusal(self) -> str | None:
        refusal = self._desks[0].intake.refusal
        return None if refusal is None else str(refusal)

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            for desk in self._desks:
                group.create_task(desk.run(), name="desk")
            group.create_task(self.reporter.audit(), name="audit")
            group.create_task(keep_certificate(self.listener), name="certificate")
            if self._warden is not None:
                group.create_task(self._warden.run(), name="storms")
            if self._feed is not None:
                group.create_task(self._feed.run(), name="feed")
            if self._inbox is not None:
                group.create_task(self._inbox.run(), name="inbox")
            group.create_task(show_life(self._notifier, self._desks[0].journal), name="watchdog")

    async def _close_listener(self) -> None:
        await self.listener.close(0 if self._is_hurried else self._config.smtp.shutdown_seconds)


async def _greet(sink: Sink) -> None:
    """Open the sink early, so that its queues are there for consumers; if it can't now, the pipeline goes on trying."""
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            await sink.open()
    except (SinkUnavailable, TimeoutError) as trouble:
        log.warning("sink.unavailable", reason=str(trouble) or f"no answer in {GREETING_SECONDS} s")


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


async def _find(memory: Remembering, stream: str, address: str) -> Suppression | None:
    return await memory.suppression(stream, address, _now())


def _now() -> datetime:
    return datetime.now(UTC)
