"""Addresses that are kept as keyed hashes: whose they are is told to who asks for one address, and to nobody else."""

import hashlib
import hmac
import secrets

from bounced.address import fold
from bounced.database.engine import Connection
from bounced.store.columns import to_text
from bounced.store.statements import statements

_SQL = statements("forgetting.sql")
#: No address begins so and has no @.
_MARK = "forgotten:"
_KEY_OCTETS = 32


def hash_of(key: str, address: str) -> str:
    """Give what stands in the place of *address*."""
    return _MARK + hmac.new(bytes.fromhex(key), to_text(fold(address)).encode(), hashlib.sha256).hexdigest()


def key_of(connection: Connection) -> str | None:
    """Read the key of the hashes; None while nobody is kept so."""
    row = connection.execute(_SQL["key"]).fetchone()
    return None if row is None else row["key"]


def make_key(connection: Connection) -> str:
    """Read the key of the hashes, made if there is none."""
    connection.execute(_SQL["make_key"], {"key": secrets.token_hex(_KEY_OCTETS)})
    key = key_of(connection)
    assert key is not None  # noqa: S101 for mypy: it was made
    return key


def is_hash(name: str) -> bool:
    """Whether *name* stands in the place of an address."""
    return name.startswith(_MARK)


def forget_hash(connection: Connection, stream: str, name: str) -> None:
    """Forget the hash that stands in the place of *name* in *stream*, if one does."""
    if not is_hash(name) and (key := key_of(connection)) is not None:
        connection.execute(_SQL["forget_name"], {"stream": stream, "name": hash_of(key, name)})
