"""Who a client behind a proxy is: the header with which a proxy begins a connection (HAProxy's PROXY protocol, versions 1 and 2).

aiosmtpd reads the header. Only a proxy of ours is asked for one, and must send it: what anybody else says there is no SMTP command.
https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
"""

import asyncio

from aiosmtpd.proxy_protocol import AF, V2_CMD, ProxyData, get_proxy

#: Seconds that a proxy has for its header; the specification asks for at least 3.
HEADER_SECONDS = 10.0


async def read_client(reader: asyncio.StreamReader, proxy: str) -> str | None:
    """Read the header of the connection of *proxy*; give the address of its client, None when it is not in order.

    A connection of the proxy's own (a health check) and one whose client it does not tell is the proxy's.
    """
    try:
        header: ProxyData = await get_proxy(reader)
    except asyncio.IncompleteReadError:
        return None
    if not header.valid:
        return None
    if header.command == V2_CMD.LOCAL or header.family not in {AF.INET, AF.INET6}:
        return proxy
    address = header.src_addr
    return str(getattr(address, "ipv4_mapped", None) or address)
