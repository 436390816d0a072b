"""List the slowest of the inputs that a fuzzing run kept, by the CPU time that judging them takes without instruments.

python -m fuzz.slowest FOLDER [--most 10]
"""

import argparse
import resource
import time
from datetime import UTC, datetime
from pathlib import Path

from bounced.decide.trust import ASSUMED
from bounced.judging import Judge
from bounced.model import History
from bounced.parse import parse

NOW = datetime(2026, 11, 23, tzinfo=UTC)
#: Each input is judged so often; the quickest counts.
TRIES = 3


def main() -> None:
    """Print the slowest inputs and the peak memory of judging all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=10)
    arguments = parser.parse_args()
    judge = Judge.load()
    timed = sorted(((_seconds(judge, file.read_bytes()), file) for file in arguments.folder.iterdir() if file.is_file()), reverse=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(timed)} inputs, peak memory {peak} MiB; the slowest:")
    for seconds, file in timed[: arguments.most]:
        octets = file.stat().st_size
        print(f"{seconds * 1000:8.2f} ms {octets:7} octets {seconds / max(1, octets) * 1e6:6.2f} µs an octet  {file.name}")


def _seconds(judge: Judge, raw: bytes) -> float:
    times = []
    for _ in range(TRIES):
        start = time.process_time()
        judge.judge(parse(raw), ASSUMED, History(), NOW)
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
