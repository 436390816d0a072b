"""Commands that read what the daemon left: where there is nothing, or the broker is away, each says so and makes nothing."""

import os
import subprocess
import sys

import pytest

from bounced.explain.quantity import size

#: Nobody listens on port 1 (tcpmux).
AWAY = "amqp://guest:secret@127.0.0.1:1/"


def bounced(*arguments, **settings):
    """Run a command as a process of its own, with these *settings* in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")} | settings
    return subprocess.run([sys.executable, "-m", "bounced", *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ("status", "journal.db"),
        ("unread", "journal.db"),
        ("unread 01JD --judge", "journal.db"),
        ("replay", "journal.db"),
        ("rules unmatched", "journal.db"),
        ("queue show", "queue.db"),
        ("queue dead", "queue.db"),
        ("consume", "queue.db"),
    ],
)
def test_nothing_there(tmp_path, arguments, file):
    """The file that is missing is named, and what to do; the folder is that of BOUNCED_CONFIG, for every command alike."""
    settings = tmp_path / "bounced.toml"
    settings.write_text(f'[journal]\nfolder = "{tmp_path / "journal"}"\n[sink]\nurls = ["embedded:"]\n[admin]\nlisten = ""\n')
    done = bounced(*arguments.split(), BOUNCED_CONFIG=str(settings))
    reason = f"{tmp_path / 'journal' / file} is not there: has the daemon run with this journal.folder? Name a configuration with --config"

    assert (66, "", f"bounced: An input can't be read: {reason}\n") == (done.returncode, done.stdout, done.stderr)
    assert [settings] == list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", ["queue show", "queue dead", "consume --no-follow"])
def test_broker_away(arguments):
    """A broker that is away is told in one line, without a password, and without the lines that libraries log."""
    done = bounced(*arguments.split(), BOUNCED_SINK__URLS=AWAY)

    assert (69, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n"), done.stderr
    assert done.stderr.startswith("bounced: The queue can't be read: amqp://127.0.0.1:1: ")


@pytest.mark.parametrize(
    ("octets", "words"), [(0, "0 octets"), (1, "1 octet"), (1023, "1023 octets"), (1536, "1.5 KiB"), (2**41, "2,048.0 GiB")]
)
def test_size(octets, words):
    """Sizes come in the largest unit of which there is one."""

    assert words == size(octets)
