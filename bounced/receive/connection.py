"""One SMTP connection: aiosmtpd's protocol class with its faults mended, up to where commands are understood.

aiosmtpd keeps the connection, the session's state and STARTTLS. Mended as of 1.4.6: it reads line by line, works through `dir()` of
itself at every connection, cancels a session with a commit under way when its client hangs up, and ends it in silence when time is out.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import structlog
from aiosmtpd.smtp import SMTP

from bounced.config import Smtp
from bounced.network import Network
from bounced.receive import replies
from bounced.receive.body import Spill
from bounced.receive.deadline import Deadline
from bounced.receive.guard import Guard
from bounced.receive.handler import Handler, Refusal
from bounced.receive.incoming import Incoming
from bounced.receive.strangers import Strangers
from bounced.receive.tls import Certificate

log = structlog.get_logger()

#: Seconds of silence, or of sending slower than so many octets a second, after which a session makes room when all are taken.
SLOW_SECONDS = 5.0
SLOW_OCTETS = 500
#: How long a client may take to hear our last words, and how long when we end.
LINGER_SECONDS = 10.0
SHUTDOWN_LINGER_SECONDS = 1.0
_CRLF = b"\r\n"
_LOCAL = "127.0.0.1"


class Host(NamedTuple):
    """What all sessions of one listener share. `options` are keyword arguments of aiosmtpd's class."""

    settings: Smtp
    guard: Guard
    handler: Handler
    spill: Spill
    refusal: Refusal
    #: What a client hears that can't have a session just now; None: it can.
    turn_away: Callable[[], str | None]
    strangers: Strangers
    #: Replies of 5xx that a session may earn: no fewer than a message has recipients, which may all be wrong.
    max_errors: int
    #: Whom the limits for networks don't concern.
    exempt: list[Network]
    #: How often which limit was met.
    met: Counter[str]
    options: dict[str, Any]
    #: What aiosmtpd finds out about itself when the first session is made, for all others; empty before that.
    found_out: dict[str, Any]
    sessions: set["Connection"]
    #: Whose connections begin with a PROXY header.
    proxies: list[Network]
    certificate: Certificate | None


class _NoHooks:
    """A handler for aiosmtpd that has no hooks, and says so at once."""

    def __dir__(self) -> Iterable[str]:
        return ()


_NO_HOOKS = _NoHooks()


class Connection(SMTP):
    """One client's connection, from greeting to QUIT, until it hangs up or `shut_down` is called."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._deadline = Deadline(host.options["loop"], self._expire)
        self._begin(host.options["loop"])
        self._incoming = Incoming()  # of nobody, until the connection is made; one that is turned away has no other
        self._peer = ""
        self._replies: list[bytes] = []
        self._errors = 0
        self._network = ""
        self._octets_then = 0
        self._farewell: str | None = None
        self._is_receiving = False
        self._is_between_commands = False
        self._is_over = False

    def __dir__(self) -> Iterable[str]:
        """Name nothing: aiosmtpd looks here for its commands and for AUTH, and finds none of either."""
        return ()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be what aiosmtpd makes of itself, but find out only once what is the same for all sessions: it takes as long as a message."""
        found_out = self._host.found_out
        if not found_out:
            own = set(vars(self))
            super().__init__(_NO_HOOKS, **self._host.options)
            of_connection = vars(asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), self._cb_client_connected, loop=loop))
            found_out |= {name: value for name, value in vars(self).items() if name not in own and name not in of_connection}
            return
        vars(self).update(found_out)
        if self._host.certificate is not None:
            self.tls_context = self._host.certificate.context  # a newer one, where its files have changed
        reader = asyncio.StreamReader(loop=loop, limit=self.line_length_limit)
        asyncio.StreamReaderProtocol.__init__(self, reader, self._cb_client_connected, loop=loop)

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin again under TLS: what was sent in the clear before the handshake is dropped (RFC 3207 §5)."""
        if self not in self._host.sessions:
            self._peer = _host_of(transport.get_extra_info("peername"))
            if (refusal := self._host.turn_away() or self._enter()) is not None:
                log.warning("session.refused", peer=self._peer, reason=refusal)
                transport.write(refusal.encode() + _CRLF)  # type: ignore[attr-defined] # asyncio hands over a Transport
                transport.close()
                return
            self._host.sessions.add(self)
        super().connection_made(transport)
        self._incoming = Incoming(transport)  # type: ignore[arg-type] # asyncio hands over a Transport

    def _enter(self) -> str | None:
        """Count the session for its network; the reply, where that has too many."""
        self._host.strangers.leave(self._network)
        network = self._host.strangers.enter(self._peer, self._host.exempt, self._host.settings.max_sessions_per_network)
        self._network = network or ""
        if network is None:
            self._host.met["network"] += 1
            return replies.TOO_MANY_OF_NETWORK
        return None

    def _leave(self) -> None:
        """Count the session out."""
        self._host.sessions.discard(self)
        self._host.strangers.leave(self._network)
        self._network = ""

    def slow_seconds(self, now: float) -> float:
        """How long the client has kept us waiting; 0 while it waits for us, or sends at a decent pace."""
        waited = now - self._deadline.set_at
        if self._deadline.is_suspended or self._incoming.octets - self._octets_then > waited * SLOW_OCTETS:
            return 0.0
        return waited

    def make_room(self) -> None:
        """End, for others."""
        self._farewell = replies.TOO_MANY_SESSIONS
        self._hang_up()

    def data_received(self, data: bytes) -> None:
        """Take in what has come, and wake the session."""
        self._incoming.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Wake the session, which ends by itself. aiosmtpd cancels it here, and with it a commit under way."""
        self._deadline.stop()
        if self._original_transport is not None:
            self._original_transport.close()
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        self._incoming.feed_eof(error)
        self.transport = None

    def eof_received(self) -> bool:
        """Let the session answer what came before: a client may close its sending side after QUIT (`… | nc`)."""
        self._incoming.feed_eof()
        return self.session is not None and self.session.ssl is None

    def shut_down(self) -> None:
        """End with 421: at once, or after the answer to a message that is being received."""
        if self._is_over:
            return
        self._farewell = replies.SHUTTING_DOWN
        if not self._is_receiving:
            self._say_last_and_listen()  # a command may be on its way to us

    @property
    def peer(self) -> str:
        """The client's IP address."""
        return self._peer

    @property
    def task(self) -> asyncio.Task[None]:
        """The task that holds the dialogue. It ends when the connection does; cancelled, it hangs up."""
        assert self._handler_coroutine is not None  # noqa: S101 for mypy: begun with the connection
        return self._handler_coroutine

    def _expire(self) -> None:
        if self._is_over:
            self._writer.transport.abort()
        else:
            self._host.met["time"] += 1
            self._farewell = replies.TIMED_OUT
            self._hang_up()

    def _hang_up(self) -> None:
        if not self._writer.is_closing():
            self._say_last()
            if self._tls_protocol is not None or self._writer.transport.get_write_buffer_size():
                self._limit_goodbye()
            self._writer.close()

    async def _linger(self) -> None:
        """Say goodbye and wait for the client to close: closed by us, what it still sends would undo our last words."""
        if self._writer.is_closing():
            return
        self._say_last_and_listen()
        while await self._incoming.fill():
            self._incoming.buffer.clear()

    def _say_last_and_listen(self) -> None:
        """Say our last words and that they are the last; the client may go on for a while."""
        self._say_last()
        self._limit_goodbye()
        # ENOTCONN is no ConnectionError: the client has reset the connection, and asyncio has not seen it yet.
        with contextlib.suppress(OSError):
            if self._writer.can_write_eof():
                self._writer.write_eof()

    def _say_last(self) -> None:
        if not self._is_over:
            self._is_over = True
            if self._farewell:
                self._say(self._farewell)
            self._writer.write(b"".join(self._replies))

    def _limit_goodbye(self) -> None:
        linger_seconds = SHUTDOWN_LINGER_SECONDS if self._farewell == replies.SHUTTING_DOWN else LINGER_SECONDS
        self._deadline.set(min(linger_seconds, self._host.settings.command_seconds))

    # What is said

    def _say(self, reply: str) -> None:
        """Put *reply* with those that go out when there is nothing left to read (RFC 2920 §3.2)."""
        self._replies.append(reply.encode() + _CRLF)
        if reply.startswith("5"):
            self._errors += 1
            if self._errors == self._host.max_errors:
                self._host.met["errors"] += 1
                self._farewell = replies.TOO_MANY_ERRORS

    async def _flush(self) -> None:
        if self._replies:
            self._writer.write(b"".join(self._replies))
            self._replies.clear()
            if self._writer.transport.get_write_buffer_size():
                await self._writer.drain()

    # What aiosmtpd calls for its own purposes

    def _reset_timeout(self, duration: float | None = None) -> None:
        self._deadline.set(duration or self._host.settings.command_seconds)
        self._octets_then = self._incoming.octets

    async def push(self, status: str | bytes) -> None:
        """Send what aiosmtpd says by itself: only its 220 before a handshake, which lacks the code of RFC 2034."""
        text = status if isinstance(status, str) else status.decode()
        self._say(f"{text[:4]}{text[0]}.0.0 {text[4:]}")
        await self._flush()


def _host_of(peername: object) -> str:
    """Take the IP address out of what the socket says: no scope, no IPv4 in IPv6's clothes.

    Who comes by a unix socket is a process of this machine, and is taken for its loopback.
    """
    if isinstance(peername, str | bytes):
        return _LOCAL
    host = str(peername[0]) if isinstance(peername, tuple) else ""
    return host.partition("%")[0].removeprefix("::ffff:")
