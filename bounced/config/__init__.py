"""The settings, as they are in force: read from a file and the environment, and checked.

A setting comes from the file, or from the environment (`BOUNCED_SMTP__LISTEN` for `listen` in `[smtp]`), which wins. An unknown
key or a bad value raises `ConfigInvalid` with the file or variable, the key and the reason. A relative path in the
file starts at the file's folder; one in the environment at the current one. Nothing here opens a socket or a
database.
"""

import os
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from msgspec import structs

from bounced import misfit
from bounced.config.checks import SINKS, check
from bounced.config.hosts import host_and_port, is_loopback, unix_path
from bounced.config.settings import Admin, Api, Config, History, Journal, Log, Node, Policy, Rules, Sink, Smtp, Storm, Trust
from bounced.errors import ConfigInvalid

__all__ = [
    "DEFAULT_FILE",
    "SINKS",
    "Admin",
    "Api",
    "Config",
    "History",
    "Journal",
    "Log",
    "Node",
    "Policy",
    "Rules",
    "Sink",
    "Smtp",
    "Storm",
    "Trust",
    "host_and_port",
    "is_loopback",
    "load",
    "unix_path",
]

#: Where `bounced` looks when no file is named.
DEFAULT_FILE = Path("/etc/bounced/bounced.toml")
_PREFIX = "BOUNCED_"
#: Settings that are paths.
_PATHS = (
    ("smtp", "tls_certificate"),
    ("smtp", "tls_key"),
    ("journal", "folder"),
    ("sink", "webhook_template"),
    ("trust", "return_path_keys"),
    ("policy", "file"),
    ("rules", "folder"),
    ("api", "tokens"),
)


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
    return _with_names(check(_convert(tables, f"{path or 'environment'}"), f"{path or 'environment'}"))


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


def _with_names(config: Config) -> Config:
    """Fill in the names that default to the machine's or to each other."""
    name = config.node.name or socket.gethostname()
    site = config.node.site or next((a.rpartition("@")[2] for a in config.smtp.accept), name)
    return structs.replace(
        config,
        node=structs.replace(config.node, name=name, site=site),
        smtp=structs.replace(config.smtp, hostname=config.smtp.hostname or name),
    )
