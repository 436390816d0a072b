"""One SMTP session (RFC 5321): the commands of a client, and what is answered.

Mended in aiosmtpd as of 1.4.6: it takes a lone LF for the end of a command, refuses long lines, works through a header parser at every
address, answers an error of ours with 500, and knows neither PIPELINING nor enhanced status codes. No AUTH, no BDAT; nothing is relayed.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiosmtpd.smtp import TLSSetupException

from bounced.network import is_within
from bounced.receive import replies
from bounced.receive.body import Body
from bounced.receive.connection import Connection
from bounced.receive.data import read_data
from bounced.receive.handler import Client, temporary_reply
from bounced.receive.incoming import MAX_LINE
from bounced.receive.path import Path, read_usual
from bounced.receive.proxied import HEADER_SECONDS, read_client
from bounced.receive.transaction import Transaction

log = structlog.get_logger()

#: How many replies wait for the end of a pipelined group before they are sent; a client that reads none stops us here.
MAX_UNSENT = 100
_CRLF = b"\r\n"
#: The reply to a recipient that is not ours.
_NOBODY = "550"
#: What decoding puts in the place of an octet that is not UTF-8.
_NOT_UTF8 = "\ufffd"
#: A whole line, and nothing else, of those commands that take no time.
_AT_ONCE = re.compile(rb"(DATA|EHLO|HELO|MAIL|NOOP|RCPT|RSET)(?: ([^\r\n]{0,2000}))?\r\n", re.IGNORECASE)
_FOR_A_MESSAGE = frozenset(("MAIL", "RCPT", "DATA", "QUIT"))
#: A browser was led here: the body it sends would be the commands.
_HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/\d")


class Session(Connection):
    """One client's session: what it says, and what is answered."""

    envelope: Transaction
    _greeting = replies.GREETING
    _greet_command = "EHLO or HELO"
    #: Since the last message.
    _idle_commands = 0

    def data_received(self, data: bytes) -> None:
        """Obey a command that comes alone at once, and leave all else to the session, which has to be woken for it."""
        if self._is_between_commands and (line := _AT_ONCE.fullmatch(data)) is not None and self._is_up_to_date():
            self._obey_at_once(line)
        else:
            super().data_received(data)

    def _set_rset_state(self) -> None:
        self.envelope = Transaction(self._host.settings, self._host.guard, self._read_path, self._peer)

    # The dialogue

    async def _handle_client(self) -> None:
        try:
            if self._is_proxied and not await self._learn_client():
                return
            self._say(self._greeting.format(hostname=self.hostname))
            while (line := await self._next_line()) is not None:
                if line:
                    self._reset_timeout()
                    await self._obey(line)
                if self._is_receiving:
                    await self._receive()
            if self._farewell not in {None, replies.BYE}:
                await self._linger()
        except ConnectionError:
            self._farewell = None  # nobody is there to hear it
        except TLSSetupException as error:
            self._farewell = None
            self.connection_lost(error)  # before the handshake is done, nobody else calls it
        except Exception:  # a fault of ours in one session: its client is told 421, the others go on
            log.exception("session.failed", peer=self._peer)
            self._farewell = replies.SESSION_FAILED
        finally:
            self._hang_up()
            self._leave()

    @property
    def _is_proxied(self) -> bool:
        return is_within(self._peer, self._host.proxies)

    async def _learn_client(self) -> bool:
        """Learn from the proxy who its client is; False when it doesn't say it as it should, or in time."""
        self._reset_timeout(HEADER_SECONDS)
        client = await read_client(self._incoming, self._peer)
        if client is None:
            log.warning("session.refused", peer=self._peer, reason="a proxy of smtp.proxies, and no PROXY header in order")
            return False
        self._peer = client
        if (refusal := self._enter()) is not None:
            log.warning("session.refused", peer=self._peer, reason=refusal)
            self._farewell = refusal
            return False
        self._reset_timeout()
        self._set_rset_state()
        return True

    async def _next_line(self) -> bytes | None:
        """Return the next line; an empty one when a message comes in its place, None when nothing comes, or nothing is to be obeyed."""
        while self._farewell is None:
            line = self._incoming.take_line()
            if line is None or len(self._replies) >= MAX_UNSENT:
                await self._flush()
            if line is not None:
                return line
            self._is_between_commands = True
            try:
                if not await self._incoming.fill():
                    break
            finally:
                self._is_between_commands = False
            if self._is_receiving:  # DATA was obeyed at once
                return b""
        return None

    def _is_up_to_date(self) -> bool:
        """Whether a command that comes alone can be obeyed and answered here and now, all before it being answered.

        Most clients wait for each answer, and to wake a task for each of their commands costs more than to obey it. A client that
        does not read, or is near its last error, is left to the session.
        """
        return (
            not self._is_receiving
            and self._incoming.is_awaited
            and self._farewell is None
            and self._errors + 1 < self._host.max_errors
            and self._idle_commands + 1 < self._host.settings.max_idle_commands
            and not self._writer.transport.get_write_buffer_size()
        )

    def _obey_at_once(self, line: re.Match[bytes]) -> None:
        try:
            self._reset_timeout()
            self._do(line[1].decode(), _text(line[2] or b""))
        except Exception:  # as in `_handle_client`
            log.exception("session.failed", peer=self._peer)
            self._farewell = replies.SESSION_FAILED
            self._hang_up()
        else:
            self._writer.write(b"".join(self._replies))
            self._replies.clear()

    async def _obey(self, line: bytes) -> None:
        if not line.endswith(_CRLF) or b"\r" in line[:-2]:
            self._farewell = replies.BARE_NEWLINE_IN_COMMAND
        elif len(line) > MAX_LINE:
            self._say(replies.LINE_TOO_LONG)
        elif _HTTP.match(line):
            self._farewell = replies.NOT_SMTP
        else:
            verb, _, argument = _text(line).partition(" ")
            waiting = self._do(verb, argument.strip())
            if waiting is not None:
                await waiting

    def _do(self, verb: str, argument: str) -> Awaitable[None] | None:
        """Do what the client says, or give what is to be awaited for it."""
        verb = verb.upper()
        command = self._command(verb)
        if command is None:
            self._say(replies.UNKNOWN_COMMAND)
            return None
        if verb not in _FOR_A_MESSAGE:
            self._count_idle()
        return command(self, argument)

    def _count_idle(self) -> None:
        """Count a command that brings no message nearer."""
        self._idle_commands += 1
        if self._idle_commands == self._host.settings.max_idle_commands:
            self._host.met["commands"] += 1
            self._farewell = replies.TOO_MANY_COMMANDS

    def _command(self, verb: str) -> "Command | None":
        return COMMANDS.get(verb)

    # The commands

    def _helo(self, hostname: str) -> None:
        """Greet a client of the old kind."""
        self._greet("HELO", hostname, [self.hostname])

    def _ehlo(self, hostname: str) -> None:
        """Greet a client and say what we can."""
        self._greet("EHLO", hostname, self._extensions())

    def _extensions(self) -> list[str]:
        size = f"SIZE {self._host.settings.max_message_bytes}"
        lines = [self.hostname, "PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        return [*lines, "STARTTLS"] if self.tls_context and not self._tls_protocol else lines

    def _greet(self, command: str, hostname: str, lines: list[str]) -> None:
        if not hostname:
            self._say(replies.NO_NAME.format(command=command))
            return
        assert self.session is not None  # noqa: S101 for mypy: made with the connection
        self.session.host_name = hostname
        self._set_rset_state()
        self._say("".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}")

    def _mail(self, arg: str) -> None:
        """Begin a message."""
        if self._is_greeted():
            self._say(self.envelope.mail(arg))

    def _rcpt(self, arg: str) -> None:
        """Take or refuse a recipient."""
        if not self._is_greeted():
            return
        reply = self.envelope.rcpt(arg)
        self._say(reply)
        if reply.startswith("4"):
            self._count_idle()
        if reply.startswith(_NOBODY) and self._host.strangers.named_nobody(self._network, self._host.settings.max_refused_recipients):
            self._host.met["recipients"] += 1
            self._farewell = replies.TOO_MANY_NOT_OURS

    def _data(self, arg: str) -> None:
        """Begin to receive the message, where there is somebody to take it for."""
        if arg:
            self._say(replies.NO_ARGUMENT.format(command="DATA"))
            return
        if not self._is_greeted():
            return
        if self.envelope.rcpt_tos and (trouble := self._host.refusal()) is not None:
            # Here and not at RCPT: whoever asks whether an address is ours gets a true answer meanwhile.
            log.info("message.refused", peer=self._peer, mail_from=self.envelope.mail_from, reason=str(trouble))
            self._say(temporary_reply(trouble))
            return
        self._say_of_data(self.envelope.data())
        if self.envelope.rcpt_tos:
            self._is_receiving = True
            self._idle_commands = 0
            self._reset_timeout(self._host.settings.data_seconds)

    async def _receive(self) -> None:
        """Receive the message; the reply is the handler's."""
        try:
            await self._flush()
            with Body(self._host.spill) as body:
                if not await read_data(self._incoming, body):
                    raise ConnectionResetError
                self._deadline.suspend()  # from here on the client waits for us
                self._say_of_message(await self._answer(body))
        finally:
            self._is_receiving = False
        self._reset_timeout()
        self._set_rset_state()

    def _say_of_data(self, reply: str) -> None:
        self._say(reply)

    def _say_of_message(self, reply: str) -> None:
        self._say(reply)

    async def _answer(self, body: Body) -> str:
        if body.refusal:
            log.info("message.refused", peer=self._peer, mail_from=self.envelope.mail_from, reason=body.refusal)
            return body.refusal
        assert self.session is not None  # noqa: S101 for mypy: made with the connection
        tls = self.session.ssl["ssl_object"].version() if self.session.ssl else None
        client = Client(self._peer, self.session.host_name or "", tls)
        return await self._host.handler.take(body, client, self.envelope.envelope, self.envelope.admission)

    async def _starttls(self, arg: str) -> None:
        """Switch to TLS."""
        if arg:
            self._say(replies.NO_ARGUMENT.format(command="STARTTLS"))
        elif not self.tls_context:
            self._say(replies.NOT_IMPLEMENTED.format(command="STARTTLS"))
        elif self._tls_protocol:
            self._say(replies.TLS_TWICE)
        else:
            await self.smtp_STARTTLS(arg)

    def _rset(self, arg: str) -> None:
        """Forget the message that was begun."""
        if not arg:
            self._set_rset_state()
        self._say(replies.NO_ARGUMENT.format(command="RSET") if arg else replies.OK)

    def _noop(self, _arg: str) -> None:
        """Do nothing."""
        self._say(replies.OK)

    def _quit(self, arg: str) -> None:
        """Say goodbye."""
        if arg:
            self._say(replies.NO_ARGUMENT.format(command="QUIT"))
        else:
            self._farewell = replies.BYE

    def _help(self, _arg: str) -> None:
        """Say what this is."""
        self._say(replies.HELP)

    def _vrfy(self, _arg: str) -> None:
        """Tell nothing (RFC 5321 §7.3)."""
        self._say(replies.CANNOT_VERIFY)

    def _expn(self, _arg: str) -> None:
        """Have no lists."""
        self._say(replies.NOT_IMPLEMENTED.format(command="EXPN"))

    def _is_greeted(self) -> bool:
        if self.session is not None and self.session.host_name:
            return True
        self._say(replies.GREET_FIRST.format(command=self._greet_command))
        return False

    def _read_path(self, argument: str) -> Path | None:
        if usual := read_usual(argument):
            return usual
        try:
            address, rest = self._getaddr(argument)
        except Exception:  # noqa: BLE001 email's parser has raised IndexError and others on what strangers send
            return None
        return Path(address, rest or "") if address and _NOT_UTF8 not in address else None


def _text(octets: bytes) -> str:
    """Read what a client says: what is no UTF-8 is refused as an address, and does no harm anywhere else."""
    return octets.decode(errors="replace").strip()


#: What does a command; what takes its time is awaited.
Command = Callable[[Any, str], Awaitable[None] | None]
#: What a client may say.
COMMANDS: dict[str, Command] = {
    "DATA": Session._data,  # noqa: SLF001 here and below: a table of its methods
    "EHLO": Session._ehlo,  # noqa: SLF001
    "EXPN": Session._expn,  # noqa: SLF001
    "HELO": Session._helo,  # noqa: SLF001
    "HELP": Session._help,  # noqa: SLF001
    "MAIL": Session._mail,  # noqa: SLF001
    "NOOP": Session._noop,  # noqa: SLF001
    "QUIT": Session._quit,  # noqa: SLF001
    "RCPT": Session._rcpt,  # noqa: SLF001
    "RSET": Session._rset,  # noqa: SLF001
    "STARTTLS": Session._starttls,  # noqa: SLF001
    "VRFY": Session._vrfy,  # noqa: SLF001
}
