"""How far a report is believed. A bounce is a claim by a stranger until something proves it.

Pure. `reporter`: the client is one of `trust.peers`, the reporting MTA one of `trust.reporters`, and no Received
field shows a hop from outside: a trusted relay that merely passes on a stranger's mail is a stranger.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence

from bounced.model import Arrival, Grade, Report, Trust

_IP = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]|\(([0-9A-Fa-f.:]{2,45})\)")
# How Exim and Sendmail write that a process of their own host handed the mail in; what comes by SMTP shows an address.
_LOCAL = re.compile(r"from (?:localhost \(localhost\) by \S+ |\S+ by \S+ with local )", re.IGNORECASE)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Grades a report by who handed it in and who made it.
Assessor = Callable[[Report, Arrival], Trust]

#: Trust in what the operator hands us himself: files on the command line, bytes in the library.
ASSUMED = Trust(Grade.ASSUMED, "handed in directly; nobody had to be believed")


def assess(peers: Sequence[str], reporters: Sequence[str], *, believe_everyone: bool) -> Assessor:
    """Make the function that grades a report by these settings.

    *peers* are networks (`192.0.2.0/24`), *reporters* names of reporting MTAs (`mx1.example.net`), of all hosts of
    a domain (`.example.net`) or of any (`*`).
    """
    networks = [ipaddress.ip_network(peer) for peer in peers]

    def grade(report: Report, arrival: Arrival) -> Trust:
        if not _is_within(arrival.peer, networks):
            return _otherwise(f"the client {arrival.peer} is not in trust.peers")
        if not _is_named(report.reporting_mta, reporters):
            return _otherwise(f"the reporting MTA {report.reporting_mta or '(none named)'} is not in trust.reporters")
        if hop := next((hop for hop in report.hops if _is_from_outside(hop, networks)), None):
            return _otherwise(f"it was relayed from outside: {hop[:100]}")
        return Trust(Grade.REPORTER, f"made by {report.reporting_mta}, a mail server of ours, and handed in by {arrival.peer}")

    def _otherwise(why: str) -> Trust:
        if believe_everyone:
            return Trust(Grade.ASSUMED, f"trust.believe is everyone ({why})")
        return Trust(Grade.NONE, why)

    return grade


def _is_within(host: str, networks: Sequence[_Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _is_named(reporting_mta: str | None, reporters: Sequence[str]) -> bool:
    if not reporting_mta:
        return False
    name = reporting_mta.partition(" ")[0].rstrip(".").lower()
    return any(
        pattern == "*" or name == pattern.lower() or (pattern.startswith(".") and name.endswith(pattern.lower())) for pattern in reporters
    )


def _is_from_outside(hop: str, networks: Sequence[_Network]) -> bool:
    """Whether a Received field tells of a client that is not one of ours.

    One without `from` was written by the host that made the report (RFC 5321 §4.4 allows it for the first hop).
    One with `from` must show an address, in brackets as Postfix, Exim and Sendmail write it, or in parentheses; if it
    shows several, all must be ours, for what a client says of itself stands beside what the server saw of it.
    """
    if not hop.lower().startswith("from ") or _LOCAL.match(hop):
        return False
    clause = re.split(r"\sby\s", hop, maxsplit=1)[0]
    addresses = [found[1] or found[2] for found in _IP.finditer(clause)]
    return not addresses or not all(_is_within(address, networks) for address in addresses)
