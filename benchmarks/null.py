"""An SMTP server that receives mail and keeps nothing, for `benchmarks.smtp`: the listener of bounced, or aiosmtpd as it comes.

    python -m benchmarks.null bounced|stock

Prints the port that it listens on, and serves until it is killed.
"""

import asyncio
import random
import sys
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from bounced import log
from bounced.config import Log, Smtp
from bounced.model import Arrival
from bounced.parse import condense
from bounced.receive.listener import Listener
from bounced.service.lifecycle import loop_factory


class _Null:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 aiosmtpd calls it so
        return "250 OK"


async def _keep(_arrival: Arrival) -> None:
    """Keep nothing."""


async def main() -> None:
    """Serve until it is killed."""
    if sys.argv[1] == "stock":
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(_Null(), loop=loop), "127.0.0.1", 0, backlog=1000)
        port = server.sockets[0].getsockname()[1]
    else:
        log.configure(Log(level="error"))
        listener = Listener(
            Smtp(listen=("127.0.0.1:0",)), _keep, condense=condense, clock=lambda: datetime.now(UTC), random=random.randbytes
        )
        await listener.open()
        port = listener.addresses[0][1]
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory() if sys.argv[1] == "bounced" else None) as runner:
        runner.run(main())
