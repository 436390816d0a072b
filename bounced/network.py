"""IP networks: which hosts are ours. Pure."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(texts: Sequence[str]) -> list[Network]:
    """Read networks and addresses: `192.0.2.0/24`, `2001:db8::1`.

    Raises:
        ValueError: one of *texts* is neither.
    """
    return [ipaddress.ip_network(text) for text in texts]


def is_within(host: str, inside: Sequence[Network]) -> bool:
    """Whether the IP address *host* lies in one of the networks *inside*; what is no address lies nowhere."""
    if not inside or (address := _read(host)) is None:
        return False
    return any(address in network for network in inside)


@lru_cache(maxsize=4096)  # the same few servers, again and again
def _read(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
