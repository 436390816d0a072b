"""`python -m tests.chaos`: play faults, print a line of JSON; `--sum FILE…` adds such lines up. Exit code 1: a promise was broken."""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tests.chaos import results, schedule

#: Set in the mount namespace that the run is to have.
_INSIDE = "CHAOS_INSIDE"


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="of the schedule; default: any, printed")
    parser.add_argument("--faults", type=int, default=200, help="of the whole schedule (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=200_000, help="acknowledged at least, in all parts (default: %(default)s)")
    parser.add_argument("--part", default="1/1", help="play the K-th of N parts of the schedule: K/N")
    parser.add_argument("--only", action="append", default=[], choices=schedule.KINDS, help="kinds of faults; default: all but broker-away")
    parser.add_argument("--frozen-seconds", type=float, default=30.0, help="of a broker in SIGSTOP (default: %(default)s)")
    parser.add_argument("--away-seconds", type=float, default=600.0, help="of all brokers in broker-away (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="of the daemon (default: %(default)s)")
    parser.add_argument("--disk", default="768m", help="size of the journal's file system, in memory (default: %(default)s)")
    parser.add_argument("--max-bytes", type=int, default=100_000_000, help="journal.max_bytes (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run, with all logs")
    parser.add_argument("--sum", nargs="+", type=Path, metavar="FILE", help="add up the lines of JSON in these files, and play nothing")
    arguments = parser.parse_args()
    if arguments.sum:
        sums = results.total(results.read(arguments.sum))
        print(json.dumps(sums, indent=2))  # noqa: T201 the result
        return int(not sums["good"])
    if _INSIDE not in os.environ:
        mapped = () if os.geteuid() == 0 else ("--map-root-user",)
        command = ("unshare", "--mount", *mapped, sys.executable, "-m", "tests.chaos", *sys.argv[1:])
        os.execvpe(command[0], command, os.environ | {_INSIDE: "1"})  # noqa: S606 no shell
    seed = random.randrange(1_000_000) if arguments.seed is None else arguments.seed  # noqa: S311 no secret
    print(f"seed {seed}", file=sys.stderr, flush=True)  # noqa: T201 to repeat it
    part, parts = map(int, arguments.part.split("/"))
    whole = schedule.draw(
        seed, arguments.faults, only=arguments.only, frozen_seconds=arguments.frozen_seconds, away_seconds=arguments.away_seconds
    )
    return _play(arguments, {"seed": seed, "part": arguments.part}, schedule.part_of(whole, part, parts), arguments.messages // parts)


def _play(arguments: argparse.Namespace, name: dict[str, object], faults: list[schedule.Fault], messages: int) -> int:
    from tests.chaos.run import Run  # noqa: PLC0415 adding up needs no servers

    os.nice(5)
    folder = Path(tempfile.mkdtemp(prefix="bounced-chaos-"))
    try:
        run = Run(folder, faults, messages, workers=arguments.workers, disk=arguments.disk, max_bytes=arguments.max_bytes)
        result = name | asyncio.run(_told_to_end(run.all()))
    finally:
        if arguments.keep:
            print(f"kept in {folder}", file=sys.stderr)  # noqa: T201 for whoever watches
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result), flush=True)  # noqa: T201 the result
    return int(not results.is_good(result))


async def _told_to_end(run: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Carry out *run*; SIGTERM and SIGINT cancel it, so that no server stays behind."""
    task = asyncio.ensure_future(run)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


if __name__ == "__main__":
    sys.exit(main())
