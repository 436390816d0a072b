"""Power loss, as far as it can be shown: no answer is given before the sync of what it rests on (strace)."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.journal_samples import subprocess_environ

KEEPS = 20
KEEPER = f"""
import asyncio, os, pathlib, sys
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival

async def main(folder):
    async with Journal(folder, SETTINGS) as journal:
        for number in range({KEEPS}):
            await journal.keep(arrival(number))
            os.write(1, b"kept")

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_synced_before_answered(tmp_path):
    """Between the last octet written to the WAL and each answer, the WAL was synced; so was its folder, once it was made."""
    if not shutil.which("strace"):
        pytest.fail("this test needs the Debian package strace")
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=pwrite64,write,fsync,fdatasync", "-o", trace]
    keeper = [sys.executable, "-c", KEEPER, tmp_path / "journal"]
    subprocess.run([*command, *keeper], env=subprocess_environ(), capture_output=True, timeout=120, check=True)
    answers, unsynced, made = 0, set(), False
    for line in trace.read_text(errors="replace").splitlines():
        call = re.search(r"(\w+)\(\d+<([^>]*)>", line)
        if call is None:
            continue
        name, file = call.groups()
        if name in {"fsync", "fdatasync"}:
            unsynced.discard(file)
            made = made or file == f"{tmp_path / 'journal'}"
        elif file.endswith("journal.db-wal"):
            unsynced.add(file)
        elif '"kept"' in line:
            answers += 1
            assert (set(), True) == (unsynced, made)

    assert KEEPS == answers
