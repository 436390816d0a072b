"""The file of keys that return paths are signed with: a line each, id, day and secret, so that any language reads it.

The last line signs; the others verify what they signed before. Who can read the file can suppress anybody: it is for one user.
"""

import itertools
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bounced.errors import ConfigInvalid
from bounced.return_path import Keys

_SECRET_OCTETS = 32
_MODE = 0o600
_OTHERS = 0o007
_MAX_ID = 255
_HEAD = "# Keys of signed return paths: id, day, secret. The last one signs. Keep it as secret as a password.\n"


class Key(NamedTuple):
    """One line: a secret, its id (0 to 255), and the day it was made."""

    id: int
    made: date
    secret: bytes

    def __repr__(self) -> str:
        """Show no secret."""
        return f"Key({self.id}, {self.made})"


def read_keys(path: Path) -> Keys:
    """Read the keys of *path*.

    Raises:
        ConfigInvalid: it can't be read, others than its user and group can read it, a line is malformed, there is no key.
    """
    return Keys({key.id: key.secret for key in _read(path)})


def new(path: Path, now: datetime) -> int:
    """Make *path* with a first key; return the key's id.

    Raises:
        ConfigInvalid: *path* is there already, or can't be made.
    """
    return _write(path, [], now, os.O_EXCL)


def rotate(path: Path, now: datetime, max_days: int) -> tuple[int, list[int]]:
    """Add a key to *path* that signs from now on; let go of those that nothing valid was signed with.

    A return path is valid for *max_days*, so a key is needed for so long after the next one was made. Returns the new key's id and those
    that were let go.

    Raises:
        ConfigInvalid: as `read_keys`; or *path* can't be written.
    """
    keys = _read(path)
    before = now.astimezone(UTC).date() - timedelta(days=max_days + 1)
    succeeded = itertools.pairwise(keys)
    gone = {key.id for key, successor in succeeded if successor.made < before}
    return _write(path, [key for key in keys if key.id not in gone], now, 0), sorted(gone)


def _read(path: Path) -> list[Key]:
    try:
        with path.open(encoding="ascii") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise ConfigInvalid(f"{path}: any user can read or write it: chmod 600")
            lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeError) as error:
        raise ConfigInvalid(f"{path}: {getattr(error, 'strerror', None) or 'it is no file of keys'}") from error
    keys: dict[int, Key] = {}
    for number, line in enumerate(lines, 1):
        try:
            key_id, made, secret = line
            key = Key(int(key_id), date.fromisoformat(made), bytes.fromhex(secret))
        except ValueError:  # its text may quote the secret: it is no cause to show
            raise ConfigInvalid(f"{path}: key {number}: want ID YYYY-MM-DD SECRET, the secret in hexadecimal digits") from None
        if not 0 <= key.id <= _MAX_ID or key.id in keys or len(key.secret) < _SECRET_OCTETS:
            raise ConfigInvalid(f"{path}: key {number}: want an id from 0 to {_MAX_ID} of its own and a secret of {_SECRET_OCTETS} octets")
        keys[key.id] = key
    if not keys:
        raise ConfigInvalid(f"{path}: there is no key in it")
    return list(keys.values())


def _write(path: Path, keys: Sequence[Key], now: datetime, flags: int) -> int:
    """Put *keys* and a new one into *path*, whole or not at all; return the new one's id."""
    taken = {key.id for key in keys}
    last = keys[-1].id if keys else 0
    key_id = next(each % (_MAX_ID + 1) for each in range(last + 1, last + _MAX_ID + 2) if each % (_MAX_ID + 1) not in taken)
    made = Key(key_id, now.astimezone(UTC).date(), secrets.token_bytes(_SECRET_OCTETS))
    text = _HEAD + "".join(f"{key.id} {key.made} {key.secret.hex()}\n" for key in (*keys, made))
    place = path if flags else path.with_name(f".{path.name}.new")
    try:
        with open(place, "w", encoding="ascii", opener=lambda name, mode: os.open(name, mode | flags, _MODE)) as file:
            if place != path:  # as readable as it was
                there = path.stat()
                os.fchmod(file.fileno(), there.st_mode & 0o777)
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), there.st_uid, there.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if place != path:
            place.rename(path)
    except OSError as error:
        raise ConfigInvalid(f"{path}: {error.strerror}") from error
    return key_id
