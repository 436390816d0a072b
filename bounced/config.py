"""The settings: one struct a table of the TOML file, each field a key with its type and default.

What each key means to an operator stands in `config/bounced.toml`; a test keeps the two alike. A setting comes
from the file, or from the environment (`BOUNCED_SMTP__LISTEN` for `listen` in `[smtp]`), which wins. An unknown
key or a bad value raises `ConfigInvalid` with the file or variable, the key and the reason. A relative path in the
file starts at the file's folder; one in the environment at the current one. Nothing here opens a socket or a
database: that a setting *works* is found out by whoever uses it.
"""

import ipaddress
import os
import re
import socket
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, structs

from bounced import misfit
from bounced.address import is_address
from bounced.errors import ConfigInvalid
from bounced.network import networks
from bounced.return_path import PREFIX

#: Where `bounced` looks when no file is named.
DEFAULT_FILE = Path("/etc/bounced/bounced.toml")
_PREFIX = "BOUNCED_"
#: Settings that are paths.
_PATHS = (
    ("smtp", "tls_certificate"),
    ("smtp", "tls_key"),
    ("journal", "folder"),
    ("trust", "return_path_keys"),
    ("policy", "file"),
    ("rules", "folder"),
)
#: The kinds of sink that a site can have; `publish` makes them, and one for tests besides.
SINKS = ("amqp", "amqps", "embedded", "file", "stdout")
_STREAM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
Days = Annotated[float, Meta(gt=0)]


class Node(Struct, frozen=True, forbid_unknown_fields=True):
    """Who we are, to consumers and in the log."""

    name: str = ""
    site: str = ""
    workers: Positive | Literal["auto"] = 1

    @property
    def worker_count(self) -> int:
        """How many processes share the work; "auto" is one for each core that we may use."""
        return len(os.sched_getaffinity(0)) if self.workers == "auto" else self.workers


class Smtp(Struct, frozen=True, forbid_unknown_fields=True):
    """The listener (RFC 5321)."""

    listen: tuple[str, ...] = ("127.0.0.1:2525",)
    accept: tuple[str, ...] = ()
    streams: dict[str, str] = {}
    hostname: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    max_message_bytes: Positive = 64 * 1024 * 1024
    spill_bytes: Positive = 256 * 1024
    max_sessions: Positive = 1000
    max_recipients: Positive = 100
    proxies: tuple[str, ...] = ()
    reply_after: Literal["commit", "publish"] = "commit"
    reply_seconds: Seconds = 60
    command_seconds: Seconds = 300
    data_seconds: Seconds = 600
    shutdown_seconds: Seconds = 10


class Journal(Struct, frozen=True, forbid_unknown_fields=True):
    """The folder that keeps what was accepted, and its limits."""

    folder: str = "/var/lib/bounced"
    max_bytes: Positive = 10 * 1024 * 1024 * 1024
    min_free_bytes: Annotated[int, Meta(ge=0)] = 256 * 1024 * 1024
    keep_done_hours: Annotated[float, Meta(ge=0)] = 72
    keep_done_bytes: Annotated[int, Meta(ge=0)] = 2 * 1024 * 1024 * 1024
    keep_unread_days: Days = 30
    remember_reports_days: Days = 90
    commit_seconds: Seconds = 30


class Sink(Struct, frozen=True, forbid_unknown_fields=True):
    """Where decisions go."""

    urls: tuple[str, ...] = ("embedded:",)
    exchange: str = "bounced.v1"
    declare: Literal["active", "passive", "none"] = "active"
    publish_seconds: Seconds = 10
    connect_seconds: Seconds = 10
    window: Positive = 200
    kinds: tuple[Literal["bounce", "complaint", "delay", "delivery", "auto-reply"], ...] = ("bounce", "complaint")
    retry_max_length: Positive = 1_000_000
    retry_max_age_seconds: Positive = 7 * 24 * 3600


class Trust(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose reports are believed."""

    peers: tuple[str, ...] = ()
    reporters: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    believe: Literal["proven", "everyone"] = "proven"
    return_path_keys: str = ""
    return_path_prefix: str = PREFIX
    return_path_days: Positive = 30
    forged: Literal["withhold", "refuse"] = "withhold"
    expired: Literal["withhold", "refuse"] = "withhold"


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done about a failure."""

    file: str = ""
    mode: Literal["live", "shadow"] = "live"


class History(Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of addresses."""

    store: Literal["embedded", "none"] = "embedded"
    keep_days: Days = 400


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """The site's own rule packs."""

    folder: str = ""


class Admin(Struct, frozen=True, forbid_unknown_fields=True):
    """The pages for operators and their monitoring."""

    listen: str = "127.0.0.1:8025"


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """What the log shows, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"
    addresses: Literal["plain", "domain", "hash"] = "plain"


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of one daemon."""

    node: Node = Node()
    smtp: Smtp = Smtp()
    journal: Journal = Journal()
    sink: Sink = Sink()
    trust: Trust = Trust()
    policy: Policy = Policy()
    history: History = History()
    rules: Rules = Rules()
    admin: Admin = Admin()
    log: Log = Log()


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings of *path* (or the default file, if there is one) and of *environ*.

    Raises:
        ConfigInvalid: the file can't be read, a key is unknown, a value is bad or two of them contradict.
    """
    if path is None and DEFAULT_FILE.exists():
        path = DEFAULT_FILE
    tables = _read(path) if path else {}
    _convert(tables, f"{path}")
    if path:
        _anchor(tables, path)
    for variable in sorted(environ):
        if variable.startswith(_PREFIX) and "__" in variable:
            _override(tables, variable, environ[variable])
    return _with_names(_check(_convert(tables, f"{path or 'environment'}"), f"{path or 'environment'}"))


def host_and_port(text: str) -> tuple[str, int]:
    """Split `127.0.0.1:2525`, `[::1]:25` or `mx.example.net:25`.

    Raises:
        ValueError: *text* has another form.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) <= 65535:  # noqa: PLR2004 RFC 6335 §6
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether *host* can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigInvalid(f"{path}: {error}") from error


def _anchor(tables: dict[str, Any], path: Path) -> None:
    """Have the relative paths in *tables*, which were read from *path*, start at its folder, wherever the daemon is started."""
    for table, key in _PATHS:
        if text := tables.get(table, {}).get(key):
            tables[table][key] = str(path.absolute().parent / text)


def _convert(tables: dict[str, Any], origin: str) -> Config:
    try:
        return msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        where = where.rstrip("`")
        raise ConfigInvalid(f"{origin}: {where or 'top level'}: {misfit.explain(reason, *misfit.at(where, Config, tables))}") from error


def _override(tables: dict[str, Any], variable: str, text: str) -> None:
    """Put the value of an environment *variable* in its place in *tables*."""
    table, _, key = variable.removeprefix(_PREFIX).lower().partition("__")
    tables_by_name = {field.name: field.type for field in structs.fields(Config)}
    fields = {field.name: field.type for field in structs.fields(tables_by_name[table])} if table in tables_by_name else {}
    if key not in fields:
        known = list(fields) or misfit.keys(Config)
        raise ConfigInvalid(f"environment: {variable}: there is no {key if fields else table}, only {', '.join(known)}")
    try:
        value = msgspec.convert(_split(text, fields[key]), fields[key], strict=False)
    except ValueError as error:  # msgspec's are ones too
        raise ConfigInvalid(f"environment: {variable}: {misfit.explain(str(error).partition(' - at ')[0], fields[key], text)}") from error
    tables.setdefault(table, {})[key] = value


def _split(text: str, wanted: Any) -> Any:
    """Read lists from `a,b` and tables from `a=b,c=d`; anything else is the text itself."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    kind = get_origin(wanted)
    if kind is tuple and get_args(wanted)[-1] is Ellipsis:
        return items
    if kind is dict:
        if not all("=" in item for item in items):
            raise ValueError("want NAME=VALUE, NAME=VALUE …")
        return dict(item.split("=", 1) for item in items)
    return text


def _check(config: Config, origin: str) -> Config:
    """Find what is well-formed key by key, but makes no sense."""
    for key, check in _CHECKS.items():
        try:
            check(config)
        except ValueError as error:
            raise ConfigInvalid(f"{origin}: {key}: {error}") from error
    return config


def _check_workers(config: Config) -> None:
    if config.node.workers != 1 and not config.sink.urls[0].startswith("amqp"):
        raise ValueError("several workers need a broker (sink.urls): a file or an embedded queue has one writer")


def _check_history(config: Config) -> None:
    if config.node.workers != 1 and config.history.store == "embedded":
        raise ValueError(
            'several workers can\'t count in one file: set it to "none" (each report is judged by itself), or node.workers to 1'
        )
    if config.history.keep_days < config.journal.remember_reports_days:
        raise ValueError(
            "history.keep_days must be no shorter than journal.remember_reports_days: a report is counted once while it is known"
        )


def _check_listen(config: Config) -> None:
    for text in config.smtp.listen:
        host, _ = host_and_port(text)
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


def _check_urls(config: Config) -> None:
    kinds = [url.partition(":")[0] for url in config.sink.urls]
    if unknown := [kind for kind in kinds if kind not in SINKS]:
        raise ValueError(f"there is no sink {unknown[0]}:, only {', '.join(f'{kind}:' for kind in SINKS)}")
    if len({kind.replace("amqps", "amqp") for kind in kinds}) != 1:
        raise ValueError("want one address, or several of the same kind (amqp://… and amqps://…)")


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
    "smtp.listen": _check_listen,
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
}


def _with_names(config: Config) -> Config:
    """Fill in the names that default to the machine's or to each other."""
    name = config.node.name or socket.gethostname()
    site = config.node.site or next((a.rpartition("@")[2] for a in config.smtp.accept), name)
    return structs.replace(
        config,
        node=structs.replace(config.node, name=name, site=site),
        smtp=structs.replace(config.smtp, hostname=config.smtp.hostname or name),
    )
