"""The file of tokens that the HTTP API asks for: a line each, name, role, stream and digest, so that nobody reads a token out of it.

A token is 32 octets of chance, so that a plain digest (SHA-256) of it is as good as a slow one.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from bounced.errors import ConfigInvalid

_HEAD = "# Tokens of the HTTP API: name, role (read, write, admin), stream (- for all), SHA-256 of the token.\n"
_MODE = 0o600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STREAM = re.compile(r"-|[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """What a token is good for; each may do what the one before it may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def may(self, wanted: "Role") -> bool:
        """Whether this role includes *wanted*."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


class Token(Struct, frozen=True):
    """Whoever has it is called `name`; `stream` is the only one that it is good for, None: all."""

    name: str
    role: Role
    stream: str | None
    digest: bytes


def digest(token: str) -> bytes:
    """Give what is kept of *token*."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def find(tokens: Sequence[Token], given: str) -> Token | None:
    """Find whose token *given* is; how long that takes says nothing of how near it came."""
    wanted, found = digest(given), None
    for token in tokens:
        if hmac.compare_digest(token.digest, wanted):
            found = token
    return found


def read_tokens(path: Path) -> list[Token]:
    """Read the tokens of *path*.

    Raises:
        ConfigInvalid: it can't be read, a line is malformed, or two have one name.
    """
    try:
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeError) as error:
        raise ConfigInvalid(f"{path}: {getattr(error, 'strerror', None) or 'it is no file of tokens'}") from error
    tokens: dict[str, Token] = {}
    for number, line in enumerate(lines, 1):
        try:
            name, role, stream, hexadecimal = line
            token = Token(name, Role(role), None if stream == "-" else stream, bytes.fromhex(hexadecimal))
        except ValueError:
            raise ConfigInvalid(f"{path}: token {number}: want NAME ROLE STREAM SHA256") from None
        if not (_NAME.fullmatch(name) and _STREAM.fullmatch(stream) and _DIGEST.fullmatch(hexadecimal)) or name in tokens:
            raise ConfigInvalid(f"{path}: token {number}: want a name of its own, a stream or -, and 64 hexadecimal digits")
        tokens[name] = token
    return list(tokens.values())


def add(path: Path, name: str, role: Role, stream: str | None) -> str:
    """Make a token and add it to *path*, which is made if it is missing; return it, for it stands nowhere.

    Raises:
        ConfigInvalid: *path* can't be read or written, has one of that name, or the name or stream is none.
    """
    there = read_tokens(path) if path.exists() else []
    if not _NAME.fullmatch(name) or not _STREAM.fullmatch(stream or "-"):
        raise ConfigInvalid(f"{name!r}, {stream or '-'!r}: want letters, digits, '.', '_' and '-' for a name, a-z, 0-9 and - for a stream")
    if name in {token.name for token in there}:
        raise ConfigInvalid(f"{path}: there is a token called {name} already: delete its line first")
    token = secrets.token_urlsafe(32)
    try:
        with open(path, "a", encoding="ascii", opener=lambda place, mode: os.open(place, mode, _MODE)) as file:
            file.write(("" if there or file.tell() else _HEAD) + f"{name} {role} {stream or '-'} {digest(token).hex()}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror}") from error
    return token
