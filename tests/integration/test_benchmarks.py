"""The benchmarks run: what they measure is for people to look at, on a machine with nothing else to do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("parse", "classify", "smtp", "end-to-end", "latency", "drain", "start", "growth", "history", "page")


@pytest.mark.parametrize("name", NAMES)
def test_quick(name):
    """Each ends in good order in its quick form, and prints a table."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", name], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )

    assert (0, True) == (done.returncode, re.search(rf"^{name}: \d+ s$", done.stdout, re.MULTILINE) is not None), done.stdout + done.stderr


def test_page():
    """The page has a place for each of them, and for the one that takes half an hour."""
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")

    assert {*NAMES, "soak"} == set(re.findall(r"^<!-- ([\w-]+) -->\n(?:.*?)<!-- end -->", page, re.MULTILINE | re.DOTALL))
