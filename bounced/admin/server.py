"""The HTTP server of the admin pages: uvicorn, without its own ideas about signals, logs and sockets."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Self

import uvicorn
from starlette.applications import Starlette

from bounced.config import host_and_port
from bounced.errors import ListenFailed

#: Seconds that an answer under way gets at the end.
_GRACE_SECONDS = 1


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon: uvicorn would end itself and raise them again."""
        yield


class AdminServer:
    """Serves *app* on *listen* (HOST:PORT) inside `async with`; `address` is what was bound."""

    def __init__(self, listen: str, app: Starlette) -> None:
        self._listen = listen
        settings = uvicorn.Config(
            app,
            lifespan="off",
            loop="none",
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = _Server(settings)
        self._serving: asyncio.Task[None] | None = None
        self.address = ""

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            ListenFailed: the address can't be bound.
        """
        host, port = host_and_port(self._listen)
        try:
            bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            reason = " is in use" if error.errno == errno.EADDRINUSE else f": {error.strerror or error}"
            raise ListenFailed(f"admin.listen: {self._listen}{reason}") from error
        self.address = f"{host}:{bound.getsockname()[1]}"
        self._serving = asyncio.create_task(self._server.serve([bound]), name="admin")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
