"""The page on signed return paths is right: its vectors are what we sign and read; its commands do what it says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bounced import cli
from bounced.keyring import read_keys
from bounced.return_path import Keys, Standing, first_bound, pack_reference, read, sign, verify

PAGE = (Path(__file__).parents[2] / "docs" / "return-paths.md").read_text(encoding="utf-8")
(SECRET,) = re.findall(r"Secret of key 7: `([0-9a-f]{64})`", PAGE)
KEYS = Keys({7: bytes.fromhex(SECRET)})
VECTORS = re.findall(r"^\| `([^`]+@[^`]+)` \| (\d+) \| (?:`([^`]*)`)? \| `(b-[a-z2-7]+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("recipient", "day", "reference", "local"), VECTORS)
def test_vectors(recipient, day, reference, local):
    """Each is what we sign, and is read as valid, for its recipient, with its reference."""
    now = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=int(day))
    token = read(f"{local}@bounce.example.com")

    assert f"{local}@bounce.example.com" == sign(recipient, "bounce.example.com", KEYS, now, reference=reference)
    assert (Standing.VALID, int(day)) == (verify(token, KEYS, now, 30), token.day)
    assert (recipient, pack_reference(reference)) == (first_bound(token, [recipient], KEYS), token.reference)


def test_there_are_vectors():
    """The page has them, with a reference and without."""

    assert len(VECTORS) >= 8
    assert {True, False} == {bool(reference) for _, _, reference, _ in VECTORS}


@pytest.fixture
def run(tmp_path):
    """Run a command with a configuration that names a file of keys."""
    settings = tmp_path / "bounced.toml"
    settings.write_text('[smtp]\naccept = ["bounces.example.net"]\n[trust]\nreturn_path_keys = "keys"\n')

    def run(*arguments):
        return CliRunner().invoke(cli._bounced, list(arguments), env={"BOUNCED_CONFIG": str(settings)}, standalone_mode=False)

    return run


def test_commands(run, tmp_path):
    """A file of keys is made, a return path signed and read, the key rotated; what was signed before stays valid."""
    made = run("keys", "new", str(tmp_path / "keys"))
    signed = run("sign", "anna@example.org", "--reference", "c42-17").stdout.strip()
    rotated = run("keys", "rotate")
    told = run("return-path", "read", signed, "--recipient", "Anna@example.org")
    other = run("return-path", "read", signed, "--recipient", "bob@example.org")
    forged = run("return-path", "read", signed.replace("b-a", "b-b"))
    unsigned = run("return-path", "read", "returns@bounces.example.net")

    assert None is made.exception
    assert None is rotated.exception
    assert signed.endswith("@bounces.example.net")
    assert (0, "signed for Anna@example.org") == (told.return_value, told.stdout.splitlines()[-1])
    assert "reference: c42-17" in told.stdout
    assert "with key 1" in told.stdout
    assert [1, 1, 1] == [result.return_value for result in (other, forged, unsigned)]
    assert [1, 2] == [*read_keys(tmp_path / "keys").secrets]
    secrets = [secret.hex() for secret in read_keys(tmp_path / "keys").secrets.values()]
    assert not [secret for secret in secrets if secret in "".join(result.output for result in (made, rotated, told, other, forged))]


@pytest.mark.parametrize(
    "arguments",
    [("sign", "nobody"), ("sign", "anna@example.org", "--reference", "x" * 17), ("sign", "anna@example.org", "--reference", "ü")],
)
def test_what_cannot_be_signed(run, tmp_path, arguments):
    """No address, or a reference that does not fit, is wrong usage."""
    run("keys", "new", str(tmp_path / "keys"))

    assert "UsageError" == type(run(*arguments).exception).__name__


def test_no_keys(run):
    """Without the file its name is told."""

    assert "keys: No such file or directory" in str(run("sign", "anna@example.org").exception)
