"""Make the corpus: `python -m tests.mtas [--out FOLDER] [--cache FOLDER] [SERVER ...]`."""

import argparse
from pathlib import Path

from tests.mtas import SERVERS, sandbox
from tests.mtas.truth import describe_again

_CORPUS = Path(__file__).parents[1] / "corpus"


def main() -> None:
    """Fetch and run the servers named, all if none is; each twice, giving up at once and waiting."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mtas", description="Have real mail servers make reports for tests/corpus. Needs root."
    )
    parser.add_argument("server", nargs="*", default=list(SERVERS), help=f"of {', '.join(SERVERS)}; default: all")
    parser.add_argument("--out", type=Path, default=_CORPUS, help="the corpus, a folder for each server below (default: tests/corpus)")
    parser.add_argument(
        "--cache", type=Path, default=Path("/var/cache/bounced-mtas"), help="where packages are kept (default: %(default)s)"
    )
    parser.add_argument("--truth", action="store_true", help="run nothing: write what is true of the reports in --out anew")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.truth:
        return describe_again(arguments.out, SERVERS)
    for name in arguments.server:
        sandbox.fetch(name, arguments.cache)
        for mode in ("give-up", "wait") if "delay" in SERVERS[name].abilities else ("give-up",):
            sandbox.run(name, mode, arguments.cache, arguments.out)
    return None


if __name__ == "__main__":
    main()
