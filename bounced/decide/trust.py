"""How far a report is believed. A bounce is a claim by a stranger until something proves it.

Pure. `reporter` needs all of: the client is one of `trust.peers`; the reporting MTA is one of `trust.reporters`; no
Received field of the report shows a hop from outside, for a trusted relay that merely passes on a stranger's mail is a
stranger; the report was not carried by another message; and the message that it returns came from us. Without the last
anybody could have our own server bounce *his* mail, sent in our name, and name there whom he likes (backscatter).
"""

import re
from collections.abc import Callable, Sequence

from bounced.decide.signed import Assessed, ReturnPaths, assess_token
from bounced.decide.signed_original import OwnSignatures, assess_original
from bounced.model import Arrival, Grade, Report, Trust
from bounced.network import Network, is_within, networks

#: Received fields above which a report or returned message is not believed: what comes after them was not looked at.
MAX_HOPS = 50

_IP = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]|\(([0-9A-Fa-f]{0,4}[.:][0-9A-Fa-f.:]{1,45})\)")
# The address of the host that wrote the field, behind its own name: `by mx.example.net ([192.0.2.1])`.
_BY = re.compile(r"\bby\s+[^\s;()\[\]]+\s+(?:\(\s*\[?|\[)(?:IPv6:)?[0-9A-Fa-f.:]{2,45}\]?\)?", re.IGNORECASE)
_FROM = re.compile(r"\bfrom[\s(<\[]", re.IGNORECASE)
_FROM_IP = re.compile(r"\s*from\s+(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])", re.IGNORECASE)
# How Postfix, Exim and Sendmail write that a process of their own host handed the mail in; what comes by SMTP shows an address.
_LOCAL = re.compile(r"\s*(?:by\s|from localhost \(localhost\) by \S+ |from \S+ by \S+ with local )", re.IGNORECASE)

#: Grades each failure of a report by who handed it in, who made it, and what return path it came back to.
Assessor = Callable[[Report, Arrival], Assessed]

#: Trust in what the operator hands us himself: files on the command line, bytes in the library.
ASSUMED = Trust(Grade.ASSUMED, "handed in directly; nobody had to be believed")


def assess(
    peers: Sequence[str],
    reporters: Sequence[str],
    senders: Sequence[str] = (),
    *,
    believe_everyone: bool,
    return_paths: ReturnPaths | None = None,
    own_signatures: OwnSignatures | None = None,
) -> Assessor:
    """Make the function that grades a report by these settings.

    *peers* are networks (`192.0.2.0/24`) of the clients that hand us our reports, *senders* those of the hosts that hand
    our own mail to our servers, beside the peers. *reporters* are names of reporting MTAs (`mx1.example.net`), of all
    hosts of a domain (`.example.net`) or of any (`*`). *return_paths* says how ours are signed, if they are;
    *own_signatures* which DKIM signatures in a returned message are ours, if those prove anything.
    """
    handing_in = networks(peers)
    ours = [*handing_in, *networks(senders)]

    def grade(report: Report, arrival: Arrival) -> Assessed:
        unsigned = grade_unsigned(report, arrival)
        if return_paths is None:
            assessed = Assessed(report, (unsigned,) * len(report.failures))
        else:
            assessed = assess_token(report, arrival, return_paths, unsigned)
        return assessed if own_signatures is None else assess_original(assessed, own_signatures, arrival.at)

    def grade_unsigned(report: Report, arrival: Arrival) -> Trust:
        doubt = _doubt_maker(report, arrival, handing_in, reporters) or _doubt_message(report, ours)
        if doubt is None:
            return Trust(Grade.REPORTER, f"made by {report.reporting_mta}, a mail server of ours, and handed in by {arrival.peer}")
        if believe_everyone:
            return Trust(Grade.ASSUMED, f"trust.believe is everyone ({doubt})")
        return Trust(Grade.NONE, doubt)

    return grade


def _doubt_maker(report: Report, arrival: Arrival, handing_in: Sequence[Network], reporters: Sequence[str]) -> str | None:
    """Say why the report may not be made by a mail server of ours."""
    if not is_within(arrival.peer, handing_in):
        return f"the client {arrival.peer} is not in trust.peers"
    if not _is_named(report.reporting_mta, reporters):
        return f"the reporting MTA {report.reporting_mta or '(none named)'} is not in trust.reporters"
    if report.is_wrapped:
        return "another message carried it, and nobody vouches for what that says"
    outside = _first_outside(report.hops, handing_in)
    return f"it was relayed from outside: {outside}" if outside else None


def _doubt_message(report: Report, ours: Sequence[Network]) -> str | None:
    """Say why the message that was bounced may not be ours."""
    if not report.original.hops:
        return "it returns no Received field of our message, so nothing shows that the message was ours"
    outside = _first_outside(report.original.hops, ours)
    return (
        f"the message that it returns came from outside, not from us: {outside} (is that host missing in trust.senders?)"
        if outside
        else None
    )


def _is_named(reporting_mta: str | None, reporters: Sequence[str]) -> bool:
    if not reporting_mta:
        return False
    name = reporting_mta.partition(" ")[0].rstrip(".").lower()
    return any(
        pattern == "*" or name == pattern.lower() or (pattern.startswith(".") and name.endswith(pattern.lower())) for pattern in reporters
    )


def _first_outside(hops: Sequence[str], networks: Sequence[Network]) -> str | None:
    """Return the first hop from outside, cut for a person to read; too many hops are one."""
    if len(hops) > MAX_HOPS:
        return f"more than {MAX_HOPS} hops"
    return next((hop[:100] for hop in hops if _is_from_outside(hop, networks)), None)


def _is_from_outside(hop: str, networks: Sequence[Network]) -> bool:
    """Whether a Received field (RFC 5321 §4.4) tells of a client that is not one of ours.

    Every address in it must be ours, but that of the host that wrote it: what a client says of itself stands beside what
    the server saw of it. A field without any address must be one that a server writes of its own host.
    """
    said = _BY.sub("by", hop.partition(";")[0])
    addresses = [found[1] or found[2] for found in _IP.finditer(said)]
    if claimed := _FROM_IP.match(said):
        addresses.append(claimed[1])
    if addresses:
        return not all(is_within(address, networks) for address in addresses)
    return _FROM.search(said) is not None and _LOCAL.match(said) is None
