"""The log: its vocabulary, and how it is written.

Every event is `noun.participle` and stands in `EVENTS` with its meaning; `bounced` logs no other. JSON lines go
to a pipe or file, colours to a terminal. No bodies; addresses as `log.addresses` says. *info*: done; *warning*:
will be tried again; *error*: a person should look.
"""

import hashlib
import json
import logging
import secrets
import sys
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any, TextIO

import structlog

from bounced.config import Log

EVENTS: dict[str, str] = {
    "service.started": "The daemon accepts mail; with what it listens on and publishes to.",
    "service.stopping": "A signal asked the daemon to end.",
    "service.stopped": "The daemon has ended; what waits is in the journal.",
    "worker.started": "A worker process takes its share of the mail; with its number and process id.",
    "worker.ended": "A worker process ended by itself or was killed; it is started again.",
    "worker.failed": "A worker process could not be started again; it is tried once more, or the service ends.",
    "worker.killed": "A worker process that did not answer, or would not end, was killed; its journal is taken up.",
    "session.refused": "A client was turned away before it could send: too many sessions, or a proxy that doesn't say for whom it comes.",
    "session.failed": "A session ended by an error of ours; the client was asked to come back.",
    "recipient.refused": "RCPT named an address that is not ours.",
    "message.refused": "A message was not taken: too large, or malformed at its end.",
    "intake.closed": "No mail is taken: the journal is full, short of room or unavailable; DATA is answered 4xx.",
    "intake.opened": "Mail is taken again.",
    "arrival.kept": "A message is committed in the journal; the client was told 250.",
    "arrival.refused": "A message could not be committed; the client was asked to come back.",
    "arrival.done": "Everything that an arrival led to is decided and, where due, published.",
    "arrival.unread": "An arrival is no report, or mail for the postmaster: kept for a person.",
    "arrival.failed": "Judging an arrival raised or never ended; it is set aside, nothing else is held up.",
    "arrivals.resumed": "What an earlier run left in the journal is taken up.",
    "arrivals.archived": "Messages that are done were reduced and compressed.",
    "arrivals.erased": "Mail that was no report, and that nobody dealt with in time, was deleted from the journal.",
    "arrivals.pruned": "Arrivals that were done long enough ago are deleted from the journal.",
    "event.refused": "The sink refused an event too often; it is set aside.",
    "node.degraded": "Something is amiss while the daemon goes on; with the cause and the reason.",
    "node.recovered": "A cause for being degraded is gone.",
    "settings.loaded": "Settings, packs and certificates were loaded again, as SIGHUP asks; what comes now goes by them.",
    "settings.refused": "They were to be loaded again and are not in order, or can't change now; the old ones stay in force.",
    "certificate.loaded": "The certificate's files have changed, and are in use; with when it ends.",
    "certificate.refused": "They have changed and can't be used; the old ones stay in force.",
    "sink.unavailable": "The sink takes nothing; events wait in the journal and are tried again.",
    "journal.unavailable": "The journal, or the history, can't be read or written; judging waits and tries again.",
    "account.unbalanced": "What was accepted or decided is not all accounted for: something was lost or doubled.",
    "trust.unset": "No peer or reporter is trusted, and return paths are not signed: no report can suppress anything.",
    "policy.shadow": "Nothing suppresses, because policy.mode is shadow.",
    "addresses.forgotten": "Addresses of which nothing new came for history.keep_days were deleted from the history.",
    "history.alone": "This node counts failures by itself; several count together in PostgreSQL alone (history.store).",
    "storm.began": "Far more addresses of a receiver than usual fail for good; what would suppress is held (bounced storm).",
    "storm.dropped": "Nobody released what was held for storm.hold_hours: it is dropped, and those addresses stay.",
    "storm.released": "What was held is to be released, because storm.hold_hours are over.",
    "storm.dealt": "Somebody released or dropped what was held, by the API.",
    "api.started": "The HTTP API is served; with where.",
    "request.failed": "A request to the API or the page could not be carried out just now; the client was told 503.",
    "list.changed": "An address was suppressed or lifted by way of the API; with who asked for it and from where.",
    "deliveries.taken": "Addresses that got mail were told by way of the API; with how many suppressions that lifted.",
    "replies.taken": "Replies that a mail server got itself were told by way of the API, and are committed.",
    "feed.waiting": "Changes of the list can't be published to sink.list_exchange just now; it is tried again.",
    "input.waiting": "What came by the queues bounced.deliveries or bounced.replies can't be taken just now; it is tried again.",
    "input.refused": "A message of these queues is malformed; it is in the dead letters.",
    "admin.exposed": "Other machines can reach the pages for operators, which ask for no password.",
}

_ADDRESS_KEYS = ("recipient", "mail_from", "rcpt_to", "address")
#: With which addresses are hashed in this run; workers are given that of their parent, so that an address looks the same in all lines.
RUN_KEY = secrets.token_bytes(16)


def configure(settings: Log, stream: TextIO = sys.stderr, *, key: bytes = RUN_KEY) -> None:
    """Set up structlog, and route the libraries' own logging through it. *key* is that of `log.addresses = "hash"`."""
    on_terminal = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    written = structlog.WriteLogger(stream)  # a line in one write: several workers share the stream
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _Addresses(settings.addresses, key),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_renderers(on_terminal=on_terminal),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.level.upper())),
        logger_factory=lambda *_: written,
        cache_logger_on_first_use=False,
    )
    # Libraries log their own reconnects and protocol errors; ours say what matters of them.
    logging.basicConfig(stream=stream, level=logging.CRITICAL, force=True)


def _renderers(*, on_terminal: bool) -> list[Any]:
    if on_terminal:
        return [structlog.dev.ConsoleRenderer(colors=True)]
    return [structlog.processors.format_exc_info, _write_json]


#: Made once: `json.dumps` makes one for every line that has a *default*. What JSON has no type for is written as Python shows it.
_ENCODER = json.JSONEncoder(default=repr)


def _write_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return _ENCODER.encode(event)


class _Addresses:
    """Show addresses as the settings say: plain, the domain alone, or a hash with a key of this run."""

    def __init__(self, how: str, key: bytes) -> None:
        shows: dict[str, Callable[[str], str]] = {"plain": str, "domain": _domain_only, "hash": partial(_keyed_hash, key)}
        self._show = shows[how]
        self._plain = how == "plain"

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if not self._plain:
            for key in _ADDRESS_KEYS:
                value = event.get(key)
                if isinstance(value, str):
                    event[key] = self._show(value)
                elif isinstance(value, list | tuple):
                    event[key] = [self._show(str(item)) for item in value]
        return event


def _domain_only(address: str) -> str:
    return "*@" + address.rpartition("@")[2] if address else address


def _keyed_hash(key: bytes, address: str) -> str:
    return hashlib.blake2b(address.lower().encode(), key=key, digest_size=8).hexdigest() if address else address
