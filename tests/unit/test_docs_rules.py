"""docs/rules.md and docs/readers.md are true: followed word by word, they do what they promise."""

import re
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


def test_every_key_is_explained():
    """The table of the page has every key of a rule, and every condition of its `when`."""
    table = (DOCS / "rules.md").read_text(encoding="utf-8").partition("Everything a rule may say")[2]
    named = {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}

    assert {field.name for field in structs.fields(Rule)} == named
    assert [] == [field.name for field in structs.fields(When) if f"{field.name} = [" not in table]
