"""The examples for those who send: in each language, run as it stands, they sign what the vectors of the page say."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.keyring import read_keys
from bounced.return_path import Standing, read, unpack_reference, verify
from tests.unit.test_return_path_vectors import SECRET, VECTORS

SENDERS = Path(__file__).parents[2] / "deploy" / "senders"
EXAMPLES = {"sign.py": [sys.executable], "sign.php": ["php"], "sign.js": ["node"], "sign.lua": ["lua5.4"], "sign.go": None}


def test_each_is_tried():
    """No example lies there that is not run here."""

    assert sorted(EXAMPLES) == sorted(file.name for file in SENDERS.iterdir() if file.is_file())


@pytest.fixture(scope="module")
def go_program(tmp_path_factory):
    """The example in Go, compiled."""
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {"GOCACHE": str(folder / "cache")}
    subprocess.run(["go", "build", "-o", folder / "sign", SENDERS / "sign.go"], check=True, env=environment)
    return folder / "sign"


@pytest.fixture(params=sorted(EXAMPLES))
def signed(request, tmp_path):
    """Run an example in its language, with a file of two keys whose last is the vectors'."""
    keys = tmp_path / "keys"
    keys.write_text(f"# made by hand\n6 2026-11-01 {'ab' * 32}\n7 2026-11-27 {SECRET}\n", encoding="ascii")
    keys.chmod(0o600)
    if request.param == "sign.go":
        command = [request.getfixturevalue("go_program")]
    else:
        command = [*EXAMPLES[request.param], SENDERS / request.param]
        assert shutil.which(command[0]), f"{command[0]} is missing: make servers installs it"

    def run(*arguments):
        done = subprocess.run([*command, keys, *arguments], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout.strip() if done.returncode == 0 else None

    return run


def test_vectors(signed):
    """Each vector comes out as the page gives it."""
    expected = {(recipient, day, reference): f"{local}@bounce.example.com" for recipient, day, reference, local in VECTORS}

    assert expected == {
        (recipient, day, reference): signed(recipient, "bounce.example.com", reference, day) for recipient, day, reference, _ in VECTORS
    }


def test_today(signed, tmp_path):
    """Without a day it is today's, so that the daemon takes it as valid."""
    token = read(signed("anna@example.org", "bounce.example.com", "c42-17"))

    assert (Standing.VALID, "c42-17") == (
        verify(token, read_keys(tmp_path / "keys"), datetime.now(UTC), 1),
        unpack_reference(token.reference),
    )


@pytest.mark.parametrize("reference", ["17 characters, no", "ü", "a\nb"])
def test_what_cannot_be_signed(signed, reference):
    """A reference that does not fit is an error, never cut."""

    assert len(reference) == 17 or not re.fullmatch("[ -~]*", reference)
    assert None is signed("anna@example.org", "bounce.example.com", reference)
