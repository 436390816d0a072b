"""Runs what only root may: a mail server's master process, a network namespace."""

import os
import subprocess

import pytest


def as_root(*command: str) -> list[str]:
    """Return *command* as this user has to run it: as it is for root, through `sudo -n` for others."""
    return list(command) if os.geteuid() == 0 else ["sudo", "-n", "--", *command]


def run_as_root(*command: str, stdin: bytes = b"") -> None:
    """Run *command* to its end; the test fails with what it printed when it does not end with 0."""
    try:
        done = subprocess.run(as_root(*command), input=stdin, capture_output=True, timeout=60, check=False)
    except FileNotFoundError as error:
        pytest.fail(f"{error.filename} is missing: this test needs root (or sudo), and the Debian packages postfix and iproute2")
    if done.returncode:
        output = (done.stdout + done.stderr).decode(errors="replace")
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}; run the tests as root or allow `sudo -n`:\n{output}")
