"""The life of the process: from the start until a signal has ended it in good order.

SIGTERM or SIGINT: no new sessions; messages being sent are taken, within `smtp.shutdown_seconds`; the rest is in the
journal. A second signal cuts the waiting short. Then it ends with 0. SIGHUP has the rule packs loaded again.
"""

import asyncio
import signal

import structlog

from bounced.config import Config
from bounced.pipeline import Reached, nobody
from bounced.service.daemon import Daemon
from bounced.service.systemd import Notifier, handed_over

log = structlog.get_logger()


async def serve(config: Config, *, reached: Reached = nobody) -> None:
    """Serve until a signal ends it.

    Raises:
        BouncedError: it could not start, and why.
    """
    notifier = Notifier.from_environ()
    daemon = Daemon(config, sockets=handed_over(), notifier=notifier, reached=reached)
    stopping = asyncio.Event()

    def end() -> None:
        if stopping.is_set():
            daemon.hasten()
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, daemon.renew_rules)
    async with daemon:
        notifier.ready()
        asked = asyncio.create_task(stopping.wait(), name="signal")
        await asyncio.wait({asked, daemon.running}, return_when=asyncio.FIRST_COMPLETED)
        notifier.stopping()
        if daemon.running.done():  # a fault of ours: end loudly, so that the supervisor starts us anew
            asked.cancel()
            await daemon.running
        log.info("service.stopping")
