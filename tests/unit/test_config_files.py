"""The shipped configuration files: the reference says what the code says, and every file can be used."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from bounced.classify import Classifier
from bounced.config import SINKS, Config, load
from bounced.model import Action, Failure, Kind, Recipient, Report
from bounced.publish import SCHEMES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "config" / "bounced.toml"
_KEY = re.compile(r"(\w+) = ")
_BLOCK = re.compile(r"^ *```toml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def test_reference_is_the_code() -> None:
    """config/bounced.toml has every setting, with the default that the code has, in the same order, and no other."""
    reference, code = tomllib.loads(REFERENCE.read_text()), msgspec.to_builtins(Config(), builtin_types=())

    assert [(table, list(keys)) for table, keys in code.items()] == [(table, list(keys)) for table, keys in reference.items()]
    assert msgspec.to_builtins(Config()) == msgspec.to_builtins(msgspec.convert(reference, Config))


def test_sinks_are_those_of_the_code() -> None:
    """A file may name every sink that there is, but for the one that forgets."""

    assert set(SCHEMES) - {"memory"} == set(SINKS)


def test_reference_explains_each_setting() -> None:
    """Right above every key of config/bounced.toml stands a comment of at least one sentence."""
    lines = REFERENCE.read_text().splitlines()
    bare = [line for above, line in zip(["", *lines], lines, strict=False) if _KEY.match(line) and not above.startswith("# ")]

    assert [] == bare


@pytest.mark.parametrize("name", ["config/bounced.toml", "config/minimal.toml", "deploy/compose/bounced.toml"])
def test_shipped_file_loads(name: str) -> None:
    """Every configuration file that is shipped can be used as it is."""
    config = load(ROOT / name, {})

    assert config.smtp.listen


def test_minimal_is_for_production() -> None:
    """config/minimal.toml names what production needs: an open address, accepted domains, a broker, whom to believe."""
    config = load(ROOT / "config" / "minimal.toml", {})

    assert config.smtp.accept
    assert config.sink.urls[0].startswith("amqp:")
    assert config.trust.peers
    assert config.trust.reporters


def test_readme_shows_minimal() -> None:
    """The README's first configuration is config/minimal.toml, less its comments."""
    shown = _BLOCK.search((ROOT / "README.md").read_text())

    assert shown
    assert tomllib.loads((ROOT / "config" / "minimal.toml").read_text()) == tomllib.loads(shown[1])


def test_rule_pack_of_the_page(tmp_path: Path) -> None:
    """The pack that config/rules.d/README.md shows can be used, and speaks before the shipped ones."""
    shown = _BLOCK.search((ROOT / "config" / "rules.d" / "README.md").read_text())
    assert shown
    (tmp_path / "example-mail.toml").write_text(shown[1])
    finding = Classifier.load(tmp_path).classify(
        Failure(
            recipient=Recipient("ann@example.com"), action=Action.FAILED, reply=552, diagnostic="552 <ann@example.com>: mailbox is full"
        ),
        Report(kind=Kind.BOUNCE, identity="r"),
    )

    assert ("example-mail.mailbox-full", "mailbox-full") == (finding.rule, finding.category)
