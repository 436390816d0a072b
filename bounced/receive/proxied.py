"""Who a client behind a proxy is: the header with which a proxy begins a connection (HAProxy's PROXY protocol, versions 1 and 2).

aiosmtpd reads the header. Only a proxy of ours is asked for one, and must send it: what anybody else says there is no SMTP command.
https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
"""

import asyncio

from aiosmtpd.proxy_protocol import AF, V2_CMD, ProxyData, get_proxy

from bounced.receive.incoming import MAX_LINE, Incoming

#: Seconds that a proxy has for its header; the specification asks for at least 3.
HEADER_SECONDS = 10.0


class _Reader:
    """What aiosmtpd reads a header from (its `AsyncReader`), over what the client has sent."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    async def read(self, most: int = -1) -> bytes:
        """Read up to *most* octets; none when the client has closed."""
        if not self._incoming.buffer:
            await self._incoming.fill()
        return self._take(len(self._incoming.buffer) if most < 0 else most)

    async def readexactly(self, number: int) -> bytes:
        """Read so many octets."""
        while len(self._incoming.buffer) < number:
            await self._fill()
        return self._take(number)

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Read up to *separator*, which is included."""
        while separator not in self._incoming.buffer:
            await self._fill()
        return self._take(self._incoming.buffer.index(separator) + len(separator))

    async def _fill(self) -> None:
        if len(self._incoming.buffer) > MAX_LINE or not await self._incoming.fill():
            raise asyncio.IncompleteReadError(bytes(self._incoming.buffer), None)

    def _take(self, number: int) -> bytes:
        taken = bytes(self._incoming.buffer[:number])
        del self._incoming.buffer[:number]
        return taken


async def read_client(incoming: Incoming, proxy: str) -> str | None:
    """Read the header of the connection of *proxy*; give the address of its client, None when it is not in order.

    A connection of the proxy's own (a health check) and one whose client it does not tell is the proxy's.
    """
    try:
        header: ProxyData = await get_proxy(_Reader(incoming))
    except asyncio.IncompleteReadError:
        return None
    if not header.valid:
        return None
    if header.command == V2_CMD.LOCAL or header.family not in {AF.INET, AF.INET6}:
        return proxy
    address = header.src_addr
    return str(getattr(address, "ipv4_mapped", None) or address)
