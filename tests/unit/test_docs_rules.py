"""docs/rules.md, docs/readers.md and docs/accuracy.md are true: they do what they promise, and say what is measured."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import structs

from bounced.classify.pack import Rule, When
from tests.page import follow

DOCS = Path(__file__).parents[2] / "docs"


def test_rules(tmp_path):
    """Somebody who does what docs/rules.md says, and no more, sees his rule fire."""
    ran = follow(DOCS / "rules.md", tmp_path)

    assert ["rules why", "rules check", "rules why", "rules new", "rules list", "config check"] == [
        " ".join(command.split()[1:3]) for command in ran
    ]


def test_readers(tmp_path):
    """Who does what docs/readers.md says has another form read: by one file, one line and one message."""
    for name in ("bounced", "tests"):
        shutil.copytree(DOCS.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(DOCS.parent / "pyproject.toml", tmp_path)
    ran = follow(DOCS / "readers.md", tmp_path)

    assert ["bounced", "bounced", "pytest"] == [command.split()[0] for command in ran]


def test_every_key_is_explained():
    """The table of the page has every key of a rule, and every condition of its `when`."""
    table = (DOCS / "rules.md").read_text(encoding="utf-8").partition("Everything a rule may say")[2]
    named = {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}

    assert {field.name for field in structs.fields(Rule)} == named
    assert [] == [field.name for field in structs.fields(When) if f"{field.name} = [" not in table]


def test_accuracy():
    """docs/accuracy.md says what `make accuracy` measures: after a change of rules or readers, run that and commit the page."""
    measured = subprocess.run([sys.executable, DOCS.parent / "benchmarks" / "accuracy.py", "-"], capture_output=True, text=True, check=True)

    assert measured.stdout == (DOCS / "accuracy.md").read_text(encoding="utf-8")
