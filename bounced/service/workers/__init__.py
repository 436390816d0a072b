"""Several workers: a parent that holds the sockets, starts a process for each, and looks after them.

It takes no mail itself. A worker that ends is started again and takes up its journal; one that can't start ends the
service with its reason, in place of a loop that nobody looks at.
"""

from collections.abc import Callable

import structlog

from bounced.config import Config
from bounced.service.lifecycle import Orders, announce, live
from bounced.service.systemd import Notifier, handed_over
from bounced.service.workers.supervisor import Supervisor

__all__ = ["serve_with_workers"]

log = structlog.get_logger()


async def serve_with_workers(config: Config, *, load: Callable[[], Config] | None = None) -> None:
    """Serve by workers until a signal ends it; *load* reads the settings again.

    Raises:
        BouncedError: it could not start or go on, and why.
    """
    orders, notifier = Orders(), Notifier.from_environ()
    async with Supervisor(config, sockets=handed_over(), notifier=notifier) as supervisor:
        known = supervisor.known
        announce(config, known.listen, known.lmtp_listen, supervisor.admin.address if supervisor.admin else "", notifier)
        await live(supervisor, orders, lambda: supervisor.renew(load() if load else config), notifier)
    log.info("service.stopped")
