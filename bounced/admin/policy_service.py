"""The mail server's way to ask: Postfix's policy delegation, so that a suppressed recipient is refused before he is mailed.

A request is lines of `name=value` and an empty one; the answer is an action (https://www.postfix.org/SMTPD_POLICY_README.html). Whatever
is amiss here, the answer is DUNNO: no mail is held up for our own trouble.
"""

import asyncio
import contextlib
import errno
from collections.abc import Awaitable, Callable
from typing import Self

import structlog

from bounced.config import host_and_port
from bounced.errors import BouncedError, ListenFailed
from bounced.judging import DEFAULT_STREAM
from bounced.model import Suppression

log = structlog.get_logger()

#: Gives the suppression of an address in a stream that stands now, if there is one.
Find = Callable[[str, str], Awaitable[Suppression | None]]

#: Octets and lines of a request; Postfix's have some thirty, of an address or a certificate's name each.
_LONGEST_LINE = 8 * 1024
_MOST_LINES = 200
#: Seconds without a request after which the line is cut; Postfix opens another.
_IDLE_SECONDS = 3600


class PolicyServer:
    """Answers on *listen* (HOST:PORT) inside `async with`, by what *find* says; `address` is what was bound."""

    def __init__(self, listen: str, find: Find) -> None:
        self._listen = listen
        self._find = find
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.address = ""

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            ListenFailed: the address can't be bound.
        """
        host, port = host_and_port(self._listen)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, limit=_LONGEST_LINE)
        except OSError as error:
            reason = " is in use" if error.errno == errno.EADDRINUSE else f": {error.strerror or error}"
            raise ListenFailed(f"admin.postfix_policy: {self._listen}{reason}") from error
        self.address = f"{host}:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None  # noqa: S101 for mypy: made on entering
        self._server.close()
        for client in self._clients:
            client.cancel()
        if self._clients:
            await asyncio.wait(self._clients)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 for mypy: this is one
        self._clients.add(task)
        try:
            while (request := await _read(reader)) is not None:
                writer.write(f"action={await self._action(request)}\n\n".encode("ascii", "replace"))
                await writer.drain()
        except (OSError, ValueError, TimeoutError, asyncio.CancelledError):
            pass  # it is gone, says what is no request, or nothing at all, or we end: Postfix goes on without us
        finally:
            self._clients.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _action(self, request: dict[str, str]) -> str:
        recipient = request.get("recipient", "")
        if not recipient:
            return "DUNNO"
        try:
            suppression = await self._find(request.get("policy_context") or DEFAULT_STREAM, recipient)
        except BouncedError as error:
            log.warning("journal.unavailable", reason=str(error))
            return "DUNNO"
        if suppression is None:
            return "DUNNO"
        until = f" until {suppression.until:%Y-%m-%d}" if suppression.until else ""
        return f"550 5.7.1 This address is suppressed since {suppression.since:%Y-%m-%d}{until}: {suppression.category}"


async def _read(reader: asyncio.StreamReader) -> dict[str, str] | None:
    """Read a request; None when there is none any more.

    Raises:
        ValueError: what comes is none.
    """
    request: dict[str, str] = {}
    for _ in range(_MOST_LINES):
        async with asyncio.timeout(_IDLE_SECONDS):
            line = (await reader.readline()).decode("utf-8", "surrogateescape")
        if not line.endswith("\n"):
            return None
        name, equals, value = line.strip().partition("=")
        if not name and not equals:
            return request
        if not equals:
            raise ValueError(f"{line!r} is no attribute")
        request[name] = value
    raise ValueError("too many attributes")
