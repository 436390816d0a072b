"""New settings for a running daemon, when somebody asks (SIGHUP): all of them, or none.

What can change while it runs: rule packs, trust, policy, the storm brake, whom mail is taken for, certificates, the limits of
sessions, the log.
What can't (sockets, journal, history, sink, workers) refuses the whole, with the reason in the log, and the old ones stay in force.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import structlog
from msgspec import Struct, structs

from bounced import log as logging
from bounced.config import Config, Log
from bounced.errors import BouncedError, ConfigInvalid
from bounced.pipeline import Terms
from bounced.receive import Listener
from bounced.receive.connection import Host
from bounced.service.systemd import Notifier
from bounced.service.terms import path_check, terms_of

log = structlog.get_logger()

#: Seconds after which a thread that computes lets another have its turn; Python's own number is 5 ms.
_TURN_SECONDS = 0.0005
#: What can change: tables, and single settings of others.
_CHANGING = {"node.site", "smtp", "trust", "policy", "storm", "rules", "log", "sink.kinds"}
#: What can't, though its table can.
_FIXED = {"smtp.listen", "smtp.lmtp_listen", "smtp.reply_after", "smtp.reply_seconds"}


class Renewal(NamedTuple):
    """New settings and what was made of them; nothing of it is in force yet."""

    config: Config
    terms: Terms
    host: Host

    @property
    def renewed(self) -> "Renewed":
        """What will be in force with it."""
        judge = self.terms.judge
        return Renewed(judge.rules_version, len(judge.classifier.rules), self.config.log)


class Renewed(Struct, frozen=True):
    """What is in force after a renewal."""

    rules_version: str
    rules: int
    log: Log


async def prepare(old: Config, new: Config, listener: Listener, clock: Callable[[], datetime]) -> Renewal:
    """Load all that *new* names.

    Raises:
        ConfigInvalid: it differs from *old* in what a running daemon can't change.
        RulesInvalid: a pack is not in order.
        PolicyInvalid: the policy is not.
        ListenFailed: a certificate can't be read.
    """
    refuse_fixed(old, new)
    # In a thread: it takes some tenths of a second.
    with _giving_way():
        return await asyncio.to_thread(_prepare, new, listener, clock)


def _prepare(new: Config, listener: Listener, clock: Callable[[], datetime]) -> Renewal:
    return Renewal(new, terms_of(new), listener.prepare(new.smtp, path_check(new, clock), new.trust.peers))


@contextmanager
def _giving_way() -> Iterator[None]:
    """Have Python's threads take turns more often: one that computes keeps the loop, and all clients, from each of its turns so long."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def refuse_fixed(old: Config, new: Config) -> None:
    """Find out whether a running daemon can go from *old* to *new*.

    Raises:
        ConfigInvalid: it can't; with the settings (`smtp.listen`) that differ and would take a restart.
    """
    if fixed := [name for name in _changed(old, new) if not _can_change(name)]:
        raise ConfigInvalid(f"{', '.join(fixed)} can't change while the daemon runs: restart it")


def _changed(old: Config, new: Config) -> Iterator[str]:
    for table, before in structs.asdict(old).items():
        after = structs.asdict(getattr(new, table))
        yield from (f"{table}.{key}" for key, value in structs.asdict(before).items() if value != after[key])


def _can_change(name: str) -> bool:
    return name not in _FIXED and (name in _CHANGING or name.partition(".")[0] in _CHANGING)


async def renew_when_asked(asked: asyncio.Event, renew: Callable[[], Awaitable[Renewed]], notifier: Notifier) -> None:
    """Call *renew* each time that *asked* is set, until cancelled, and say what came of it."""
    while True:
        await asked.wait()
        asked.clear()
        notifier.reloading()
        try:
            renewed = await renew()
        except BouncedError as error:
            log.error("settings.refused", reason=str(error))  # noqa: TRY400 the reason is all there is to tell
        else:
            log.info("settings.loaded", rules_version=renewed.rules_version, rules=renewed.rules)
            logging.configure(renewed.log)
        notifier.ready()
