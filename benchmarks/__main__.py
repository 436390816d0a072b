"""Run the benchmarks: `make bench`, or some of them by name.

    python -m benchmarks [--quick] [--runs N] [--write] [NAME …]

Prints a table for each thing that is measured, with medians and spreads and the baselines of the same run. `--write` puts the tables into
docs/performance.md, in place of those that stand there under the same name. `--quick` shows that all of them run; its numbers say
nothing.
"""

import argparse
import time
from collections.abc import Callable, Iterator

from benchmarks import classify, drain, end_to_end, growth, history, latency, page, parse, smtp, start
from benchmarks.rig import PAGE, ROOT, Rows, machine, write

Tables = Callable[..., Iterator[Rows]]
BENCHMARKS: dict[str, Tables] = {
    "parse": parse.tables,
    "classify": classify.tables,
    "smtp": smtp.tables,
    "end-to-end": end_to_end.tables,
    "latency": latency.tables,
    "drain": drain.tables,
    "start": start.tables,
    "growth": growth.tables,
    "history": history.tables,
    "page": page.tables,
}


def main() -> None:
    """Print the tables, and write them if that is asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all of them without one")
    parser.add_argument("--quick", action="store_true", help="one short run each: only to see that they run")
    parser.add_argument("--runs", type=int, default=5, help="of each way (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    print(machine())
    for name, tables in BENCHMARKS.items():
        if not arguments.names or name in arguments.names:
            began = time.monotonic()
            made = []
            for rows in tables(quick=arguments.quick, runs=1 if arguments.quick else arguments.runs):
                print(f"\n{rows.text()}", flush=True)
                made.append(rows)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
            if arguments.write and not arguments.quick:
                write(name, f"`make bench ARGS='{name}'`", made, arguments.runs)


if __name__ == "__main__":
    main()
