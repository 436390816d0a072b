"""Whom we take mail for: the domains and addresses of our return paths, and the postmaster.

Nothing is looked up and nothing is relayed: an address that is not ours is refused (RFC 5321 §7.9, open relays).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bounced.address import fold

DEFAULT_STREAM = "default"
_POSTMASTER = "postmaster"


#: Gives the reply to a return path that is not to be taken; None: it is.
CheckPath = Callable[[str], str | None]


class Admission(NamedTuple):
    """A recipient that is ours: the stream that its reports belong to, and whether it is just the postmaster."""

    stream: str
    for_postmaster: bool = False


class Guard:
    """Knows whom we take mail for.

    *accept* holds domains (`bounces.example.net`: every local part) and whole addresses (`bounces@example.net`: it and
    its sub-addresses, `bounces+anything@example.net`), in any case, domains as Unicode or A-labels; an empty one takes
    everything. *streams* names the stream of an entry of *accept*. *check_path* says what is wrong with a signed return path.
    """

    def __init__(self, accept: Iterable[str], streams: Mapping[str, str], check_path: CheckPath = lambda _: None) -> None:
        self._check_path = check_path
        self._domains: dict[str, Admission] = {}
        self._addresses: dict[str, Admission] = {}
        for entry in accept:
            folded = fold(entry)
            table = self._addresses if "@" in folded else self._domains
            table[folded] = Admission(streams.get(entry, DEFAULT_STREAM))
        self._domains_of_addresses = {address.rpartition("@")[2] for address in self._addresses}
        self._takes_all = not self._domains and not self._addresses

    def refuse(self, recipient: str) -> str | None:
        """Give the reply to *recipient*, one of ours, that is refused all the same: a return path that we did not sign, or long ago."""
        return self._check_path(recipient)

    def admit(self, recipient: str) -> Admission | None:
        """Say under what *recipient* (without angle brackets) is taken; None when it is not ours."""
        folded = fold(recipient)
        local, at, domain = folded.rpartition("@")
        if not at:  # RFC 5321 §4.5.1: the postmaster may go without a domain
            return Admission(DEFAULT_STREAM, for_postmaster=True) if folded == _POSTMASTER else None
        listed = self._addresses.get(folded) or self._addresses.get(f"{local.partition('+')[0]}@{domain}")
        if listed:  # an operator who lists postmaster@ as a return path means it
            return listed
        admission = self._domains.get(domain)
        if admission is None and self._takes_all:
            admission = Admission(DEFAULT_STREAM)
        if local == _POSTMASTER:
            if admission is None and domain not in self._domains_of_addresses:
                return None
            return Admission(admission.stream if admission else DEFAULT_STREAM, for_postmaster=True)
        return admission
