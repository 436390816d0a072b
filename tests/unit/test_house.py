"""The house keeps its own rules: floors, file sizes, the log's vocabulary, pinned versions."""

import ast
import statistics
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from bounced.log import EVENTS

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def sources(*folders: str) -> list[Path]:
    """Return all Python files in *folders*."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def logged_names() -> dict[str, set[str]]:
    """Find the event names of all calls of a `log` in the package, by what is logged: `log.info("noun.participle")`."""
    names: dict[str, set[str]] = {}
    for path in sources("bounced"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log") | ast.Attribute(attr="log" | "_log"), attr=level), args=[name, *_]
                ) if level in LEVELS:
                    for constant in ast.walk(name):  # both names of `"a.b" if condition else "c.d"`
                        if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                            names.setdefault(constant.value, set()).add(str(path.relative_to(ROOT)))
    return names


def test_floors() -> None:
    """Lower floors import no higher ones, neighbours not each other, and the pure rooms do no I/O (import-linter)."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_file_sizes() -> None:
    """No source file has more than 400 lines; the longest ones and the median are printed."""
    lines = {
        path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in sources("bounced", "tests", "benchmarks")
    }
    longest = sorted(lines.items(), key=lambda item: -item[1])[:5]
    print(f"median {statistics.median(lines.values())} lines; longest: {', '.join(f'{path} {count}' for path, count in longest)}")  # noqa: T201 asked for with -s

    assert [] == [(str(path), count) for path, count in longest if count > MOST_LINES]


def test_log_vocabulary() -> None:
    """Every event of `log.EVENTS` is logged somewhere, and nothing else is."""

    assert sorted(EVENTS) == sorted(logged_names())


def test_log_names() -> None:
    """Events are called `noun.participle`, and their meaning is a sentence."""
    bad = [
        name for name, meaning in EVENTS.items() if name.count(".") != 1 or not name.replace(".", "").isalpha() or not meaning.endswith(".")
    ]

    assert [] == bad


def test_pins_cover_what_is_installed() -> None:
    """constraints.txt pins everything that this environment holds, to the version that it holds, and names no source."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    # pip and setuptools are upgraded by whoever makes an environment; they are no part of the product.
    installed = {canonicalize_name(found.name): found.version for found in distributions(path=[_site_packages()])}
    ours = {name: version for name, version in installed.items() if name not in {"bounced-daemon", "pip", "setuptools"}}

    assert [] == [line for line in lines if line.count("==") != 1 or "/" in line]
    assert {} == {name: version for name, version in ours.items() if pins.get(name) != version}


def _site_packages() -> str:
    """Return the folder that pytest itself was installed into."""
    return str(
        Path(statistics.__file__).parent if sys.prefix == sys.base_prefix else next(Path(sys.prefix).glob("lib/python*/site-packages"))
    )
