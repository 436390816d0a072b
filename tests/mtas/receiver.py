"""All receivers of the table at once: SMTP servers on the addresses of their hosts, which answer each recipient as the table says.

It takes whatever is not refused, and keeps what is sent to the return paths: those are the reports. Beside `tests.servers.smtp_script`,
which plays one friendly receiver, this one plays many, refuses at every step, and knows the extensions (RFC 1870, 3461, 6531).
"""

import asyncio
import contextlib
import queue

from tests.mtas.scenario import FIRST_ADDRESS, SENDER_DOMAIN, Table

SINK_ADDRESS = "203.0.113.5"
_PATIENCE_SECONDS = 60  # longer than any time limit that the mail servers are given


class Receiver:
    """The receivers; `reports` holds what came back, as (local part of the return path, message)."""

    def __init__(self, table: Table) -> None:
        self.reports: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._hosts = {f"203.0.113.{FIRST_ADDRESS + number}": host for number, host in enumerate(table.host)}
        self._mail = {s.sender: s.mail.strip() for s in table.scenario if s.mail}
        self._rcpt = {_ascii(t.final or t.address): t.rcpt.strip() for s in table.scenario for t in s.to if t.rcpt}
        self._data = {_ascii(t.final or t.address): t.data.strip() for s in table.scenario for t in s.to if t.data}

    async def serve(self, port: int) -> None:
        """Listen until cancelled: on each host's own address, and for the return paths on `SINK_ADDRESS`."""
        listening = [address for address, host in self._hosts.items() if host.greeting != "refuse"]
        async with contextlib.AsyncExitStack() as stack:
            for address in (SINK_ADDRESS, *listening):
                await stack.enter_async_context(await asyncio.start_server(self._session, address, port))
            await asyncio.Event().wait()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(_HangUp, OSError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = self._hosts.get(writer.get_extra_info("sockname")[0])
        domain = f"mx.{host.domain if host else SENDER_DOMAIN}"
        greeting = host.greeting if host else ""
        await _say(writer, greeting or f"220 {domain} ESMTP")
        taken: list[str] = []
        sender = ""
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            verb, path = line[:4].upper(), line.partition("<")[2].partition(">")[0]
            match verb:
                case "QUIT":
                    return await _say(writer, f"221 2.0.0 {domain} closing connection")
                case _ if greeting:
                    await _say(writer, "503 5.5.1 Bad sequence of commands")
                case "EHLO":
                    extensions = ("PIPELINING", "8BITMIME", *(host.extensions if host else ("SMTPUTF8",)), "ENHANCEDSTATUSCODES")
                    await _say(writer, "\n".join([f"250-{domain}", *(f"250-{name}" for name in extensions[:-1]), f"250 {extensions[-1]}"]))
                case "MAIL":
                    sender, taken = path, []
                    await _say(writer, self._mail.get(sender, "250 2.1.0 Ok"))
                case "RCPT" if sender in self._mail:
                    await _say(writer, "503 5.5.1 Need MAIL command")
                case "RCPT":
                    reply = self._rcpt.get(_ascii(path), "250 2.1.5 Ok")
                    taken += [_ascii(path)] if reply.startswith("2") else []
                    await _say(writer, reply)
                case "DATA" if taken:
                    await _say(writer, "354 End data with <CR><LF>.<CR><LF>")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    await _say(writer, next((self._data[to] for to in taken if to in self._data), "250 2.0.0 Ok: queued"))
                    self._keep(taken, content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))
                case "DATA":
                    await _say(writer, "554 5.5.1 Error: no valid recipients")
                case _:
                    await _say(writer, "250 2.0.0 Ok")
        return None

    def _keep(self, recipients: list[str], content: bytes) -> None:
        for local, _, domain in (address.rpartition("@") for address in recipients):
            if domain == SENDER_DOMAIN:
                self.reports.put((local, content))


class _HangUp(Exception):
    """The script says to end the connection here."""


async def _say(writer: asyncio.StreamWriter, reply: str) -> None:
    if reply == "silence":
        await asyncio.sleep(_PATIENCE_SECONDS)
    if reply in {"drop", "silence"}:
        raise _HangUp
    writer.write("".join(f"{line}\r\n" for line in reply.splitlines()).encode())
    await writer.drain()
    if reply.startswith("421"):  # RFC 5321 §3.8: the server closes after it
        raise _HangUp


def _ascii(address: str) -> str:
    """Return *address* with its domain in A-labels: some mail servers send UTF-8, some have converted it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode().lower()}" if domain else address
