"""IP networks: which hosts are ours. Pure."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(texts: Sequence[str]) -> list[Network]:
    """Read networks and addresses: `192.0.2.0/24`, `2001:db8::1`.

    Raises:
        ValueError: one of *texts* is neither.
    """
    return [ipaddress.ip_network(text) for text in texts]


def is_within(host: str, inside: Sequence[Network]) -> bool:
    """Whether the IP address *host* lies in one of the networks *inside*; what is no address lies nowhere."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in inside)
