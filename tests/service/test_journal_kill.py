"""The journal's promise: whatever `keep` returned for is there after SIGKILL, at whichever moment it falls."""

import os
import random
import signal
import subprocess
import sys

import pytest

from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, subprocess_environ

KILLS = 8
#: Keeps arrivals from eight tasks at once, and says on stdout which `keep` has returned for.
KEEPER = """
import asyncio, itertools, os, pathlib, sys
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival, draft

async def main(folder, numbers):
    async with Journal(folder, SETTINGS) as journal, asyncio.TaskGroup() as group:
        async def session():
            for number in numbers:
                await journal.keep(arrival(number, raw=b"x" * 5000))
                os.write(1, b"%d\\n" % number)
                if number % 3 == 0:
                    await journal.settle(arrival(number).id, [draft(f"r{number}")])
                    await journal.published([f"r{number}/0"])
        for _ in range(8):
            group.create_task(session())

asyncio.run(main(pathlib.Path(sys.argv[1]), itertools.count(int(sys.argv[2]))))
"""


def keep_until_killed(folder, first, acknowledgements):
    """Kill a process that keeps arrivals when it has acknowledged so many; return all that it acknowledged."""
    command = [sys.executable, "-c", KEEPER, folder, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=subprocess_environ()) as keeper:
        lines = [keeper.stdout.readline() for _ in range(acknowledgements)]
        os.kill(keeper.pid, signal.SIGKILL)
        lines += keeper.stdout.readlines()
    return {int(line) for line in lines if line.endswith(b"\n")}


@pytest.mark.parametrize("seed", [1])
async def test_killed(tmp_path, seed):
    """After each of some kills on one file, every arrival acknowledged is there, and the account balances."""
    chance = random.Random(seed)  # noqa: S311 a schedule of kills that can be repeated
    acknowledged = set()
    for run in range(KILLS):
        acknowledged |= keep_until_killed(tmp_path, run * 100_000, chance.randrange(1, 200))
        async with Journal(tmp_path, SETTINGS) as journal:
            missing = [number for number in acknowledged if await journal.find(arrival(number).id) is None]
            account = await journal.account()

        assert ([], True) == (missing, account.balanced)
        assert account.arrivals.accepted >= len(acknowledged)
