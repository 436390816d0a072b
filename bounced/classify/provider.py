"""Receivers: who runs the host that refused the mail, told by host names, signs in the text and domains.

Nothing is looked up in DNS: a domain that a receiver hosts under the customer's own name is known by its MX or by a
sign alone. The table is `rules/providers.toml`.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from bounced.address import domain_of
from bounced.classify.phrases import Phrases
from bounced.classify.table import PACKAGED, convert, read
from bounced.errors import RulesInvalid
from bounced.model import Failure, Report


class Provider(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One receiver: suffixes of its hosts, of the domains of its addresses, and phrases that it alone writes.

    `aliases` are other names that people know it by.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    provider: tuple[Provider, ...]


class Providers:
    """The table of receivers."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self.rows = tuple(providers)
        self.names = tuple(provider.name for provider in providers)
        self._hosts = {host: provider.name for provider in providers for host in provider.hosts}
        self._domains = {domain: provider.name for provider in providers for domain in provider.domains}
        self._by_sign = {sign: provider.name for provider in providers for sign in provider.signs}
        self._signs = Phrases(self._by_sign)

    @classmethod
    def load(cls, path: Path = PACKAGED / "providers.toml") -> "Providers":
        """Read the table at *path*.

        Raises:
            RulesInvalid: it can't be read, a row is malformed, or a suffix or sign belongs to two receivers.
        """
        providers = convert(read(path), _File, f"{path}").provider
        for field in ("name", "hosts", "domains", "signs"):
            seen: set[str] = set()
            for provider in providers:
                value = getattr(provider, field)
                for one in [value] if isinstance(value, str) else value:
                    if one in seen:
                        raise RulesInvalid(f"{path}: {provider.name}: {one!r} stands there twice among the {field}")
                    seen.add(one)
        return cls(providers)

    def find(self, failure: Failure, report: Report, words: str) -> str | None:
        """Return the name of the receiver that *failure* tells of; the host that answered first, then signs in its words.

        The reporting host speaks only where no remote one is named: otherwise it is the sender's.
        """
        host = _host(failure.remote_mta)
        by_host = _longest_suffix(host, self._hosts)
        if by_host:
            return by_host
        signs = self._signs.find(words)
        if signs:
            return self._by_sign[min(signs, key=lambda sign: signs[sign])]
        by_domain = _longest_suffix(domain_of(failure.recipient.final or failure.recipient.address), self._domains)
        return by_domain or (None if host else _longest_suffix(_host(report.reporting_mta), self._hosts))


def _host(field: str | None) -> str | None:
    """Return the host of an MTA name field (`dns; mx.example.net (192.0.2.1)`) in lower case."""
    words = (field or "").rpartition(";")[2].split()
    return words[0].strip("[]().").lower() if words else None


def _longest_suffix(name: str | None, suffixes: dict[str, str]) -> str | None:
    while name:
        if name in suffixes:
            return suffixes[name]
        name = name.partition(".")[2]
    return None
