"""Fuzz `judge`: coverage-guided by atheris, seeded with the corpora.

    python -m fuzz.parse --seconds 1800 [--seeds FOLDER …] [--work FOLDER]

Every input must give a report and decisions; none may cost more than `LIMIT_NS_PER_OCTET` for each of its octets, over
a floor that covers the noise of the machine. An exception or a slow input ends the run with the input saved in the work
folder. `python -m fuzz.slowest WORK/inputs` lists the slowest of what was found. Needs the package atheris (not among the tests').
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bounced"]):
    from bounced.decide.trust import ASSUMED
    from bounced.judging import Judge
    from bounced.model import Disposition, Fault, History
    from bounced.parse import condense, parse

ROOT = Path(__file__).parents[1]
SEEDS = (ROOT / "bounced" / "samples", ROOT / "tests" / "corpus", ROOT.parent / "shared" / "corpus" / "messages")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
#: Instrumented code is some ten times slower than plain; a quadratic step shows as far more.
LIMIT_NS_PER_OCTET = 40_000
FLOOR_SECONDS = 2.0
MAX_OCTETS = 65536

judge = Judge.load()


class TooSlow(Exception):
    """An input took longer than its size allows."""


def check(raw: bytes) -> None:
    """Judge *raw*; raise where something that holds of any message doesn't."""
    start = time.process_time()
    verdicts = judge.judge(parse(raw), ASSUMED, History(), NOW)
    seconds = time.process_time() - start
    for verdict in verdicts:
        decision = verdict.decision
        if decision.disposition is Disposition.SUPPRESS and decision.finding.fault is not Fault.RECIPIENT:
            raise AssertionError(f"suppressed for the fault of {decision.finding.fault}")
    if len(condense(raw)) > len(raw):
        raise AssertionError("condensing made the message longer")
    if seconds > FLOOR_SECONDS + len(raw) * LIMIT_NS_PER_OCTET / 1e9:
        raise TooSlow(f"{seconds:.2f} s for {len(raw)} octets")


def main() -> None:
    """Fuzz for the time asked; libFuzzer ends the process itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seeds", type=Path, nargs="*", default=[folder for folder in SEEDS if folder.exists()])
    parser.add_argument("--work", type=Path, default=None, help="keeps what was found; default: a temporary folder")
    arguments = parser.parse_args()
    work = arguments.work or Path(tempfile.mkdtemp(prefix="bounced-fuzz-"))
    inputs = work / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for seed in (file for folder in arguments.seeds for file in folder.rglob("*.eml")):
        shutil.copyfile(seed, inputs / seed.name)
    options = [
        f"-max_total_time={arguments.seconds}",
        f"-max_len={MAX_OCTETS}",
        f"-artifact_prefix={work}/",
        "-timeout=60",
        "-rss_limit_mb=2048",
    ]
    atheris.Setup([sys.argv[0], *options, str(inputs)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
