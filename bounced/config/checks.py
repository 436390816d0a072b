"""What is well-formed key by key, and makes no sense together. That a setting *works* is found out by whoever uses it."""

import re
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from bounced.address import is_address
from bounced.config.hosts import host_and_port, is_loopback, unix_path
from bounced.config.settings import Config
from bounced.errors import ConfigInvalid
from bounced.network import networks

#: The kinds of sink that a site can have; `publish` makes them, and one for tests besides.
SINKS = ("amqp", "amqps", "embedded", "file", "http", "https", "stdout")
_SHORTEST_TOKEN = 20
_SMTP_PORT = 25
_STREAM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def check(config: Config, origin: str) -> Config:
    """Find what is well-formed key by key, but makes no sense; give *config* back where all of it does.

    Raises:
        ConfigInvalid: with *origin*, the key and the reason.
    """
    for key, find in _CHECKS.items():
        try:
            find(config)
        except ValueError as error:
            raise ConfigInvalid(f"{origin}: {key}: {error}") from error
    return config


def _check_workers(config: Config) -> None:
    if config.node.workers != 1 and not config.sink.urls[0].startswith("amqp"):
        raise ValueError("several workers need a broker (sink.urls): a file or an embedded queue has one writer")


def _check_history(config: Config) -> None:
    if config.node.workers != 1 and config.history.store == "embedded":
        raise ValueError(
            'several workers can\'t count in one file: set it to "postgresql", to "none" (each report is judged by itself), '
            "or node.workers to 1"
        )


def _check_history_url(config: Config) -> None:
    is_wanted, url = config.history.store == "postgresql", config.history.url
    if is_wanted and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError('history.store = "postgresql" wants its address: postgresql://user@host/database')
    if url and not is_wanted:
        raise ValueError(f'it is not asked while history.store = "{config.history.store}"')
    if "password=" in url:
        raise ValueError("write the password before the host (user:password@host), where we know to hide it, or in libpq's password file")


def _check_keep_days(config: Config) -> None:
    if config.history.keep_days < config.journal.remember_reports_days:
        raise ValueError("must be no shorter than journal.remember_reports_days: a report is counted once while it is known")


def _check_listen(config: Config) -> None:
    for text in config.smtp.listen:
        host, _ = host_and_port(text)
        if not config.smtp.accept and not is_loopback(host):
            raise ValueError(f"{text} is open to strangers: set smtp.accept to the domains or addresses of your return path")


def _check_lmtp_listen(config: Config) -> None:
    for text in config.smtp.lmtp_listen:
        if unix_path(text):
            continue
        host, port = host_and_port(text)
        if port == _SMTP_PORT:
            raise ValueError(f"{text}: port {_SMTP_PORT} is SMTP's, LMTP must have another (RFC 2033 §5)")
        if not config.smtp.accept and not is_loopback(host):
            raise ValueError(f"{text} is open to strangers: set smtp.accept to the domains or addresses of your return path")


def _check_tls(config: Config) -> None:
    if bool(config.smtp.tls_certificate) != bool(config.smtp.tls_key):
        raise ValueError("set smtp.tls_key with it, and neither without the other")


def _check_accept(config: Config) -> None:
    for entry in config.smtp.accept:
        if not is_address(entry) and not _is_domain(entry):
            raise ValueError(f"{entry!r} is neither a domain (bounces.example.net) nor an address (returns@example.net){_advice(entry)}")


def _check_streams(config: Config) -> None:
    for name, stream in config.smtp.streams.items():
        if name not in config.smtp.accept:
            raise ValueError(f"{name} is not among smtp.accept")
        if not _STREAM.fullmatch(stream):
            raise ValueError(f"{stream!r} must be of a-z, 0-9 and - only (it is a word of the routing key)")


def _check_reports(config: Config) -> None:
    if config.journal.remember_reports_days * 24 < config.journal.keep_done_hours:
        raise ValueError("must be no shorter than journal.keep_done_hours: what is kept can be judged again only while its report is known")


def _check_proxies(config: Config) -> None:
    networks(config.smtp.proxies)


def _check_peers(config: Config) -> None:
    networks((*config.trust.peers, *config.trust.senders))


def _check_reporters(config: Config) -> None:
    for name in config.trust.reporters:
        if name != "*" and (name.endswith(".") or not _is_domain(name.removeprefix("."))):  # they sign without a closing dot
            raise ValueError(f"{name!r} is no host name (mail.example.net), nor .example.net for all hosts there, nor *")


def _check_prefix(config: Config) -> None:
    prefix = config.trust.return_path_prefix
    if not is_address(f"{prefix}@example.net") or prefix != prefix.lower():
        raise ValueError(f"{prefix!r} is not how a local part in lower case can begin")


def _check_admin(config: Config) -> None:
    if config.admin.listen:
        host_and_port(config.admin.listen)


def _check_postfix_policy(config: Config) -> None:
    if config.admin.postfix_policy:
        host_and_port(config.admin.postfix_policy)
        if config.history.store == "none":
            raise ValueError('with history.store = "none" there is nothing to ask for')


def _check_api(config: Config) -> None:
    api = config.api
    if not api.listen and not config.admin.listen and (api.tokens or api.token or api.without_token):
        raise ValueError("it is empty, and admin.listen too, so nobody asks for the tokens: set one, or leave them out")
    if api.without_token and not all(_is_local(place) for place in (api.listen, config.admin.listen) if place):
        raise ValueError("api.without_token is for loopback or a unix socket alone, and so must admin.listen be")
    if not api.listen:
        return
    if not unix_path(api.listen):
        host_and_port(api.listen)
    if not (api.tokens or api.token or api.without_token):
        raise ValueError("set api.tokens to a file of tokens (bounced tokens new), or api.without_token where only you can reach it")
    if config.history.store == "none":
        raise ValueError('with history.store = "none" there is nothing to ask for')
    if config.node.workers != 1:
        raise ValueError("it is served by a node with one worker alone (node.workers)")


def _is_local(place: str) -> bool:
    return bool(unix_path(place)) or is_loopback(host_and_port(place)[0])


def _check_api_token(config: Config) -> None:
    if config.api.token and len(config.api.token) < _SHORTEST_TOKEN:
        raise ValueError(f"want {_SHORTEST_TOKEN} characters at least, by chance")


def _check_list_exchange(config: Config) -> None:
    if not config.sink.list_exchange:
        return
    if not config.sink.urls[0].startswith("amqp"):
        raise ValueError("only RabbitMQ has exchanges: elsewhere ask the API for changes (GET /v1/events)")
    if config.sink.list_exchange == config.sink.exchange:
        raise ValueError("must be another than sink.exchange: the keys are of another form")
    if config.history.store == "none":
        raise ValueError('with history.store = "none" there is no list')


def _check_inputs(config: Config) -> None:
    if not config.sink.inputs:
        return
    if not config.sink.urls[0].startswith("amqp"):
        raise ValueError("only RabbitMQ has these queues: elsewhere use the API (POST /v1/deliveries, /v1/replies)")
    if config.history.store == "none":
        raise ValueError('with history.store = "none" there is nothing to feed')


def _check_urls(config: Config) -> None:
    kinds = [url.partition(":")[0] for url in config.sink.urls]
    if unknown := [kind for kind in kinds if kind not in SINKS]:
        raise ValueError(f"there is no sink {unknown[0]}:, only {', '.join(f'{kind}:' for kind in SINKS)}")
    if len({kind.replace("amqps", "amqp") for kind in kinds}) != 1:
        raise ValueError("want one address, or several of the same kind (amqp://… and amqps://…)")
    if kinds[0].startswith("http"):
        _check_webhook(config.sink.urls)


def _check_webhook(urls: Sequence[str]) -> None:
    if len(urls) > 1:
        raise ValueError("a webhook is one address")
    parts = urlsplit(urls[0])
    if not parts.hostname:
        raise ValueError(f"{urls[0]!r} names no host")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("http: without TLS is for this machine alone: events name people; use https:")


def _is_domain(text: str) -> bool:
    """Whether *text* is a domain: one that can have a postmaster (RFC 5321 §4.5.1)."""
    return is_address(f"postmaster@{text}")


def _advice(entry: str) -> str:
    """Say how the domain or address is written that *entry*, which is neither, may have meant."""
    bare = entry.strip(" <>@*.")
    if not is_address(bare) and not _is_domain(bare):
        return ""
    return f": write {bare!r}" + (", and name each subdomain" if entry.startswith(("*.", ".")) else "")


_CHECKS: dict[str, Callable[[Config], None]] = {
    "node.workers": _check_workers,
    "history.store": _check_history,
    "history.url": _check_history_url,
    "history.keep_days": _check_keep_days,
    "sink.list_exchange": _check_list_exchange,
    "sink.inputs": _check_inputs,
    "api.listen": _check_api,
    "api.token": _check_api_token,
    "smtp.listen": _check_listen,
    "smtp.lmtp_listen": _check_lmtp_listen,
    "smtp.tls_certificate": _check_tls,
    "smtp.accept": _check_accept,
    "smtp.streams": _check_streams,
    "journal.remember_reports_days": _check_reports,
    "smtp.proxies": _check_proxies,
    "trust.peers": _check_peers,
    "trust.reporters": _check_reporters,
    "trust.return_path_prefix": _check_prefix,
    "sink.urls": _check_urls,
    "admin.listen": _check_admin,
    "admin.postfix_policy": _check_postfix_policy,
}
