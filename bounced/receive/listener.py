"""The listener of SMTP and LMTP: its sockets, its sessions, and their orderly end.

Does not judge, store or relay. Works with asyncio's own event loop and with uvloop.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import structlog

from bounced.config import Smtp
from bounced.errors import ListenFailed
from bounced.network import networks
from bounced.receive import replies
from bounced.receive.binding import BACKLOG, Sockets, listen_on
from bounced.receive.body import Condense, Spill
from bounced.receive.connection import SLOW_SECONDS, Connection, Host
from bounced.receive.guard import CheckPath, Guard
from bounced.receive.handler import Handler, Keep, Refusal
from bounced.receive.lmtp import LmtpSession
from bounced.receive.smtp import Session
from bounced.receive.strangers import Strangers
from bounced.receive.tls import Certificate

log = structlog.get_logger()

#: Turns of the loop in which connections are still accepted at the end: it looks at its sockets once a turn.
_LAST_LOOKS = 4
#: Seconds after which it is looked again for slow clients, when there was none.
_LOOK_SECONDS = 0.5


class Listener:
    """Receives mail on the addresses of *settings* and hands each message to *keep*.

    *keep* returns once the arrival is committed; the client is told 250 then and not before. It raises `BouncedError`,
    whose `smtp_reply` the client gets; anything else that it raises is answered with 451. It must have a time limit.
    *check_path* gives the reply to a signed return path that is refused. Limits for networks don't concern those that are *exempt*.
    While *refusal* gives an error, DATA is answered with that at once, and all else as ever.
    *condense* reduces a message over `spill_bytes` to what is worth keeping; it runs in a thread, once at a time.
    Such messages wait in *spill_folder* (None: the system's) in files without names.
    """

    def __init__(  # noqa: PLR0913 it is told all that it doesn't know itself
        self,
        settings: Smtp,
        keep: Keep,
        *,
        condense: Condense,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
        refusal: Refusal = lambda: None,
        check_path: CheckPath = lambda _: None,
        spill_folder: Path | None = None,
        exempt: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._handler = Handler(keep, clock, random)
        self._refusal = refusal
        self._check_path = check_path
        self._condense = condense
        self._spill_folder = spill_folder
        self._exempt = exempt
        #: How often which limit was met, since the start.
        self.met: Counter[str] = Counter()
        self._host: Host
        self._thread: ThreadPoolExecutor
        self._smtp_servers: list[asyncio.Server] = []
        self._lmtp_servers: list[asyncio.Server] = []
        self._sessions: set[Connection] = set()
        self._is_closing = False
        self._loop = asyncio.get_running_loop()
        self._strangers = Strangers(self._loop.time)
        self._look_again_at = 0.0

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The hosts and ports of SMTP, as bound: the port is the real one where the settings say 0."""
        return [bound.getsockname()[:2] for server in self._smtp_servers for bound in server.sockets]

    @property
    def lmtp_places(self) -> list[str]:
        """Where LMTP is spoken, as settings write it."""
        return [_place(bound.getsockname()) for server in self._lmtp_servers for bound in server.sockets]

    @property
    def session_count(self) -> int:
        """How many sessions are open."""
        return len(self._sessions)

    async def open(self, sockets: Sockets = Sockets()) -> None:  # noqa: B008 a constant
        """Listen: on *sockets* that somebody else has bound, where there are any, else on the addresses of the settings.

        Raises:
            ListenFailed: an address can't be bound, or the certificate can't be read. Nothing is left open.
        """
        self._is_closing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spill")
        self._host = self.prepare(self._settings, self._check_path, self._exempt)
        smtp, lmtp = [list(sockets.smtp), list(sockets.lmtp)]
        try:
            smtp = smtp or listen_on(self._settings.listen)[0]
            for each in smtp:
                self._smtp_servers.append(await self._serve(each, lambda: Session(self._host)))
            lmtp = lmtp or listen_on(self._settings.lmtp_listen)[0]
            for each in lmtp:
                self._lmtp_servers.append(await self._serve(each, lambda: LmtpSession(self._host)))
        except ListenFailed:
            await self.close(0)
            raise

    async def _serve(self, bound: socket.socket, make: Callable[[], Session]) -> asyncio.Server:
        create = self._loop.create_unix_server if bound.family == socket.AF_UNIX else self._loop.create_server
        try:
            return await create(make, sock=bound, backlog=BACKLOG)
        except OSError as error:
            raise ListenFailed(f"{bound.getsockname()}: {error.strerror or error}") from error

    def prepare(self, settings: Smtp, check_path: CheckPath, exempt: Sequence[str]) -> Host:
        """Make what new sessions are to have by *settings* (whom mail is taken for, certificates, limits) and *check_path*.

        The limits of networks don't concern those that are *exempt*.

        Raises:
            ListenFailed: the certificate can't be read.
        """
        certificate = Certificate(settings.tls_certificate, settings.tls_key, settings.tls_profile) if settings.tls_certificate else None
        options: dict[str, Any] = {
            "loop": self._loop,
            "hostname": settings.hostname or "localhost",
            "enable_SMTPUTF8": True,
            "tls_context": certificate.context if certificate else None,
        }
        return Host(
            settings=settings,
            guard=Guard(settings.accept, settings.streams, check_path),
            handler=self._handler,
            spill=Spill(settings.max_message_bytes, settings.spill_bytes, self._spill_folder, self._condense, self._thread),
            refusal=self._refusal,
            turn_away=self._turn_away,
            strangers=self._strangers,
            max_errors=max(settings.max_errors, settings.max_recipients),
            exempt=[*networks(("127.0.0.0/8", "::1", *exempt)), *networks(settings.proxies)],
            met=self.met,
            options=options,
            found_out={},
            sessions=self._sessions,
            proxies=networks(settings.proxies),
            certificate=certificate,
        )

    def _turn_away(self) -> str | None:
        if self._is_closing:
            return replies.SHUTTING_DOWN
        if len(self._sessions) < self._host.settings.max_sessions or self._make_room():
            return None
        self.met["sessions"] += 1
        return replies.TOO_MANY_SESSIONS

    def _make_room(self) -> bool:
        """End the sessions whose clients keep us waiting, the slowest first, a tenth of all at most; False where none does.

        To look at all of them for each client that comes would be a way to keep us busy.
        """
        now = self._loop.time()
        if now < self._look_again_at:
            return False
        waits = [(session.slow_seconds(now), session) for session in self._sessions]
        slow = [session for waited, session in sorted(waits, key=itemgetter(0), reverse=True) if waited >= SLOW_SECONDS]
        slow = slow[: max(1, self._host.settings.max_sessions // 10)]
        for session in slow:
            session.make_room()
            self.met["slow"] += 1
            log.warning("session.refused", peer=session.peer, reason="it kept us waiting while others wanted to come in")
        self._look_again_at = now + (0.0 if slow else _LOOK_SECONDS)
        return bool(slow)

    def renew(self, host: Host) -> None:
        """Give *host* to all sessions from the next on; those that are open end as they began."""
        self._host = host

    @property
    def certificate_until(self) -> datetime | None:
        """When the certificate of STARTTLS ends; None without one."""
        return self._host.certificate.until if self._host.certificate else None

    def refresh_certificate(self) -> bool:
        """Take the certificate anew if its files have changed; False when they have not, or there is none. Reads files.

        Raises:
            ListenFailed: as they are now they can't be used; the old ones stay in force.
        """
        return self._host.certificate is not None and self._host.certificate.refresh()

    def hasten(self) -> None:
        """Cut short the grace of `close`, also when it is not called yet: whoever is still sending a message hears 421 now."""
        for session in tuple(self._sessions):
            session.shut_down()
            session.task.cancel()

    async def close(self, grace_seconds: float) -> None:
        """Stop accepting, tell idle clients 421, and give those that are sending a message *grace_seconds* to end it."""
        self._is_closing = True
        # Clients that the kernel has taken in for us are told too: closed, the socket would just cut them off.
        for _ in range(_LAST_LOOKS):
            await asyncio.sleep(0)
        servers = [*self._smtp_servers, *self._lmtp_servers]
        for server in servers:
            server.close()
        tasks = {session.task for session in self._sessions}
        for session in tuple(self._sessions):
            session.shut_down()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for server in servers:
            await server.wait_closed()
        self._smtp_servers.clear()
        self._lmtp_servers.clear()
        await asyncio.to_thread(self._thread.shutdown)


def _place(name: object) -> str:
    return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else f"unix:{name}"
