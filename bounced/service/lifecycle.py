"""The life of a process: from the start until a signal has ended it in good order.

SIGTERM or SIGINT: no new sessions; messages being sent are taken, within `smtp.shutdown_seconds`; the rest is in the
journal. A second signal cuts the waiting short. Then it ends with 0. SIGHUP has the settings loaded again.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from bounced.config import Config
from bounced.pipeline import Reached, nobody
from bounced.receive import Sockets
from bounced.service import collector
from bounced.service.caution import warn
from bounced.service.daemon import Daemon
from bounced.service.renewal import Renewed, renew_when_asked
from bounced.service.systemd import Notifier, handed_over
from bounced.store.files import journals_in

log = structlog.get_logger()


class Service(Protocol):
    """What lives: one daemon, or several workers."""

    #: Ends only by an error of ours, and then holds it.
    running: asyncio.Task[None]

    def hasten(self) -> None:
        """End sooner: it was asked for a second time."""


class Orders:
    """What signals have asked of this process since this was made, which is to be before anybody hears that it has started."""

    def __init__(self) -> None:
        #: Set by SIGTERM and SIGINT, and by SIGHUP.
        self.stop = asyncio.Event()
        self.renew = asyncio.Event()
        self._service: Service | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self.renew.set)

    def hasten(self, service: Service) -> None:
        """Have *service* hastened by whatever asks for the end a second time."""
        self._service = service

    def _end(self) -> None:
        if self.stop.is_set() and self._service is not None:
            self._service.hasten()
        self.stop.set()


async def serve(config: Config, *, load: Callable[[], Config] | None = None, reached: Reached = nobody) -> None:
    """Serve in this process until a signal ends it; *load* reads the settings again.

    Raises:
        BouncedError: it could not start, and why.
    """
    orders, notifier = Orders(), Notifier.from_environ()
    journals = (1, *(number for number in journals_in(Path(config.journal.folder)) if number > 1))
    daemon = Daemon(config, sockets=Sockets(handed_over()), journals=journals, notifier=notifier, reached=reached)

    async def renew() -> Renewed:
        renewal = await daemon.prepare(load() if load else config)
        daemon.renew(renewal)
        return renewal.renewed

    async with daemon:
        listen = [f"{host}:{port}" for host, port in daemon.addresses]
        announce(config, listen, daemon.listener.lmtp_places, daemon.admin.address if daemon.admin else "", notifier)
        if daemon.api is not None:
            log.info("api.started", listen=daemon.api.address)
        collector.spare()
        await live(daemon, orders, renew, notifier)
    log.info("service.stopped")


def announce(config: Config, listen: Sequence[str], lmtp: Sequence[str], admin: str, notifier: Notifier) -> None:
    """Say that mail is taken, where, and what to be careful about."""
    warn(config)
    log.info("service.started", listen=listen, lmtp=lmtp, admin=admin, sink=config.sink.urls[0].partition(":")[0])
    notifier.status(f"accepts mail on {', '.join((*listen, *lmtp))}")
    notifier.ready()


async def live(service: Service, orders: Orders, renew: Callable[[], Awaitable[Renewed]], notifier: Notifier) -> None:
    """Let *service* run until a signal, or a fault of ours, ends it; *renew* is called when new settings are asked for.

    Raises:
        Exception: what ended it, unless it was a signal.
    """
    orders.hasten(service)
    asked = asyncio.create_task(orders.stop.wait(), name="signal")
    renewing = asyncio.create_task(renew_when_asked(orders.renew, renew, notifier), name="renewal")
    try:
        await asyncio.wait({asked, service.running, renewing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        notifier.stopping()
        asked.cancel()
        renewing.cancel()
    for task in (service.running, renewing):
        if task.done():  # a fault of ours: end loudly, so that the supervisor starts us anew
            await task
    log.info("service.stopping")


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Choose uvloop where it is installed, else what asyncio brings."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop  # noqa: PLC0415 optional
    except ImportError:
        return None
    return uvloop.new_event_loop
