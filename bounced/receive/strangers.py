"""What many clients may not do together: fill all sessions from one network, or try out recipients without end.

A network is a /24 of IPv4 or a /64 of IPv6: what one customer of a provider has. Who is exempt (mail servers of our own, proxies whose
client is not known yet) is never counted. Bounded: of networks that did nothing lately nothing is remembered.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Sequence

from bounced.network import Network, is_within

#: Seconds over which refused recipients are counted.
WINDOW_SECONDS = 60.0
_V6_PREFIX = 64


class Strangers:
    """The networks that clients come from. *clock* gives seconds, steadily."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._window_ends = 0.0

    def enter(self, peer: str, exempt: Sequence[Network], most: int) -> str | None:
        """Count a session of *peer*; give what `leave` is to be told, "" where it is not counted, None where there are *most* already."""
        network = network_of(peer)
        if not network or is_within(peer, exempt):
            return ""
        if self._sessions[network] >= most:
            return None
        self._sessions[network] += 1
        return network

    def leave(self, network: str) -> None:
        """Count out a session of *network*."""
        if network:
            self._sessions[network] -= 1
            if not self._sessions[network]:
                del self._sessions[network]

    def named_nobody(self, network: str, most: int) -> bool:
        """Count a recipient that is not ours; True when *network* has named more than *most* of them lately."""
        if not network:
            return False
        if (now := self._clock()) >= self._window_ends:
            self._refused.clear()
            self._window_ends = now + WINDOW_SECONDS
        self._refused[network] += 1
        return self._refused[network] > most


def network_of(peer: str) -> str:
    """Name the network that the IP address *peer* is of."""
    if ":" not in peer:
        return peer.rpartition(".")[0]
    return str(ipaddress.IPv6Network((int(ipaddress.IPv6Address(peer)) >> _V6_PREFIX << _V6_PREFIX, _V6_PREFIX)))
