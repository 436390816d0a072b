"""The HTTP server of the admin pages and of the API: uvicorn, without its own ideas about signals, logs and sockets."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Self

import uvicorn
from starlette.applications import Starlette

from bounced.config import host_and_port, unix_path
from bounced.errors import ListenFailed
from bounced.unix_socket import listen_at

#: Seconds that an answer under way gets at the end.
_GRACE_SECONDS = 1


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon: uvicorn would end itself and raise them again."""
        yield


class AdminServer:
    """Serves *app* on *listen* (HOST:PORT or unix:PATH) inside `async with`; `address` is what was bound.

    *key* is the setting that names it, for the error.
    """

    def __init__(self, listen: str, app: Starlette, key: str = "admin.listen") -> None:
        self._listen = listen
        self._key = key
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
        try:
            bound = self._bind()
        except OSError as error:
            reason = " is in use" if error.errno == errno.EADDRINUSE else f": {error.strerror or error}"
            raise ListenFailed(f"{self._key}: {self._listen}{reason}") from error
        self._serving = asyncio.create_task(self._server.serve([bound]), name="admin")
        return self

    def _bind(self) -> socket.socket:
        if path := unix_path(self._listen):
            bound = listen_at(path)
            self.address = self._listen
            return bound
        host, port = host_and_port(self._listen)
        bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.address = f"{host}:{bound.getsockname()[1]}"
        return bound

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
