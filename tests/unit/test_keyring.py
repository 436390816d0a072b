"""The file of keys: made, rotated and read; who else can read it is refused, and no secret is ever shown."""

from datetime import UTC, datetime, timedelta

import pytest

from bounced.errors import ConfigInvalid
from bounced.keyring import new, read_keys, rotate

NOW = datetime(2026, 11, 27, 23, tzinfo=UTC)
LINE = f"1 2026-11-27 {'ab' * 32}\n"


def test_new(tmp_path):
    """A new file is for its user alone, has one key, and is never written over."""
    path = tmp_path / "keys"
    first = new(path, NOW)

    assert ([first], 0o600) == ([*read_keys(path).secrets], path.stat().st_mode & 0o777)
    with pytest.raises(ConfigInvalid, match="File exists"):
        new(path, NOW)


def test_rotate(tmp_path):
    """The new key signs, the old ones verify as long as anything signed with them is valid, and no longer."""
    path = tmp_path / "keys"
    first = new(path, NOW)
    secret = read_keys(path).secrets[first]
    second, gone_at_once = rotate(path, NOW + timedelta(days=100), 30)
    third, gone_soon = rotate(path, NOW + timedelta(days=131), 30)
    fourth, gone_later = rotate(path, NOW + timedelta(days=132), 30)
    keys = read_keys(path)

    assert ([], [], [first]) == (gone_at_once, gone_soon, gone_later)
    assert ([second, third, fourth], fourth) == ([*keys.secrets], keys.signing_id)
    assert secret not in keys.secrets.values()


def test_ids_come_round(tmp_path):
    """After the last id the first that is free is taken: an id never names two secrets."""
    path = tmp_path / "keys"
    path.write_text("255" + LINE[1:])
    path.chmod(0o600)
    made = [rotate(path, NOW + timedelta(days=day), 3650)[0] for day in range(1, 4)]

    assert [0, 1, 2] == made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no key in it"),
        ("# nothing\n", "there is no key in it"),
        ("1 2026-11-27\n", "key 1: want ID YYYY-MM-DD SECRET"),
        (f"1 yesterday {'ab' * 32}\n", "key 1: want ID YYYY-MM-DD SECRET"),
        (f"1 2026-11-27 {'xy' * 32}\n", "key 1: want ID YYYY-MM-DD SECRET"),
        (f"1 2026-11-27 {'ab' * 31}\n", "a secret of 32 octets"),
        (f"256 2026-11-27 {'ab' * 32}\n", "an id from 0 to 255"),
        (LINE + LINE, "key 2: want an id"),
        ("ü" + LINE, "it is no file of keys"),
    ],
)
def test_malformed(tmp_path, text, reason):
    """What is wrong is named with the key's number, and without the secret."""
    path = tmp_path / "keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(ConfigInvalid) as raised:
        read_keys(path)

    assert reason in str(raised.value)
    assert not any(secret in str(raised.value) for secret in ("abab", "xyxy"))


def test_readable_by_others(tmp_path):
    """A file that any user can read is refused, and says what to do; one for the group is not."""
    path = tmp_path / "keys"
    path.write_text(LINE)
    path.chmod(0o644)
    with pytest.raises(ConfigInvalid, match="chmod 600"):
        read_keys(path)
    path.chmod(0o640)

    assert [1] == [*read_keys(path).secrets]


def test_never_shown(tmp_path):
    """Neither the keys nor what has gone wrong with them shows a secret."""
    path = tmp_path / "keys"
    new(path, NOW)
    keys = read_keys(path)
    shown = f"{keys!r} {keys} {[keys]}"

    assert not [secret for secret in keys.secrets.values() if secret.hex() in shown or repr(secret) in shown]
