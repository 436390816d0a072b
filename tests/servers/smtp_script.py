"""A receiver that plays a part: an SMTP server on loopback that answers each recipient as the test says.

It knows just enough of RFC 5321 for a real mail server to deliver to it. Not for testing bounced's own listener.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A message that the server took: who sent it, its envelope, and its content with CRLF line ends."""

    peer: str
    mail_from: str
    rcpt_to: tuple[str, ...]
    content: bytes


@dataclass
class ScriptedServer:
    """The part: replies by local part of the recipient, at RCPT or at the end of DATA; anything else is taken."""

    at_rcpt: Mapping[str, str] = field(default_factory=dict)
    at_data: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    messages: asyncio.Queue[Received] = field(default_factory=asyncio.Queue)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one session."""
        peer = writer.get_extra_info("peername")[0]
        mail_from, rcpt_to = "", list[str]()
        await _say(writer, "220 mx.example.org ESMTP")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb = line[:4].upper()
            match verb:
                case "EHLO":
                    await _say(writer, "250-mx.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
                case "MAIL":
                    mail_from, rcpt_to = _address(line), []
                    await _say(writer, "250 2.1.0 Ok")
                case "RCPT":
                    reply = self.at_rcpt.get(_local_part(line), "250 2.1.5 Ok")
                    rcpt_to += [_address(line)] if reply.startswith("2") else []
                    await _say(writer, reply)
                case "DATA" if rcpt_to:
                    await _say(writer, "354 End data with <CR><LF>.<CR><LF>")
                    content = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
                    refusals = [self.at_data[local] for address in rcpt_to if (local := address.rpartition("@")[0]) in self.at_data]
                    if not refusals:
                        await self.messages.put(Received(peer, mail_from, tuple(rcpt_to), content.replace(b"\r\n..", b"\r\n.")))
                    await _say(writer, next(iter(refusals), "250 2.0.0 Ok: queued"))
                case "DATA":
                    await _say(writer, "554 5.5.1 No valid recipients")
                case "QUIT":
                    await _say(writer, "221 2.0.0 Bye")
                    break
                case _:
                    await _say(writer, "250 2.0.0 Ok")
        writer.close()


@contextlib.asynccontextmanager
async def scripted_server(server: ScriptedServer, host: str = "127.0.0.1") -> AsyncIterator[ScriptedServer]:
    """Let *server* play its part on a free port of *host*, which its `port` then names."""
    listener = await asyncio.start_server(server.talk, host, server.port)
    async with listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server


async def _say(writer: asyncio.StreamWriter, reply: str) -> None:
    writer.write(f"{reply}\r\n".encode())
    await writer.drain()


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


def _local_part(line: str) -> str:
    return _address(line).rpartition("@")[0]
