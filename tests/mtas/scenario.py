"""The table of what receivers answer (scenarios.toml), as types. It does not say what a parser should make of it: people wrote that."""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

SENDER_DOMAIN = "news.example.net"
TABLE = Path(__file__).with_name("scenarios.toml")
FIRST_ADDRESS = 21  # of 203.0.113.0/24, TEST-NET-3 (RFC 5737): hosts are numbered from here, in the table's order


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """A receiving domain and how its mail exchanger behaves."""

    domain: str
    greeting: str = ""
    extensions: tuple[str, ...] = ()
    dns: Literal["mx", "nxdomain", "null-mx", "servfail"] = "mx"


class To(Struct, frozen=True, forbid_unknown_fields=True):
    """A recipient: what the receiver answers, and what is therefore true of him."""

    address: str
    category: str = ""
    disposition: str = "none"
    kind: Literal["bounce", "delay", "delivery", "none"] = "bounce"
    action: str = ""
    rcpt: str = ""
    data: str = ""
    #: What the mail server concludes where no reply says it.
    status: str = ""
    reply: int | None = None
    #: Where an alias of the sending host sends the mail on to.
    final: str = ""
    #: ORCPT, if it differs from the address in RCPT.
    original: str = ""

    @property
    def mailed(self) -> str:
        """The address that was mailed in the first place: the one that a reader should find."""
        return self.original or self.address


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One message that is sent, to one or several."""

    name: str
    to: tuple[To, ...]
    needs: frozenset[str] = frozenset()
    wait: bool = False
    mail: str = ""
    notify: str = ""
    ret: str = ""
    envid: str = ""

    @property
    def sender(self) -> str:
        """The return path, which tells the scenario when a report comes back to it."""
        return f"{self.name}@{SENDER_DOMAIN}"

    def reply_of(self, to: To) -> str:
        """Return the scripted words that decide on *to*; empty where the connection, the DNS or the mail server itself does."""
        return next((reply.strip() for reply in (self.mail, to.rcpt, to.data) if reply.strip() not in {"", "drop", "silence"}), "")


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """All hosts and scenarios."""

    host: tuple[Host, ...]
    scenario: tuple[Scenario, ...]


def load() -> Table:
    """Read the table; a name that is no field of it is an error."""
    return msgspec.convert(tomllib.loads(TABLE.read_text(encoding="utf-8")), Table)
