"""The documentation is true: the commands, files, make targets and exit codes that it names are there."""

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from bounced import cli, errors
from tests import manual, reference

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "deploy").rglob("*.md"))]
_WORDS = "(?:[a-z]+(?:-[a-z]+)*(?: |(?![a-z@/.-])))+"
_COMMAND = re.compile(rf"`bounced ({_WORDS})|^\$ .*?bounced ({_WORDS})|\bbounced ((?:config )?[a-z]+) --", re.MULTILINE)
_MAKE = re.compile(r"(?:`|\$ )make ([a-z]+)")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def ids(path: Path) -> str:
    """Name a page in test ids."""
    return str(path.relative_to(ROOT))


def commands() -> set[str]:
    """Return all commands, those of groups too: `serve`, `config check`."""
    with cli._bounced.make_context("bounced", [], resilient_parsing=True) as context:
        names = set(cli._bounced.list_commands(context))
        groups = {name: cli._bounced.get_command(context, name) for name in names}
        return names | {f"{name} {sub}" for name, group in groups.items() for sub in getattr(group, "commands", {})}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links(page: Path) -> None:
    """Every link of a page to a file of this repository leads to one."""
    broken = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]

    assert [] == broken


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_commands(page: Path) -> None:
    """Every command that a page names is one."""
    named = {next(filter(None, groups)).strip() for groups in _COMMAND.findall(page.read_text(encoding="utf-8"))}

    assert set() == named - commands()


def test_readme_names_all_commands() -> None:
    """The README's table has every command; of a group, each command in it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {match[1].strip() for match in re.finditer(r"^\| `bounced ([a-z -]+?)(?=[ `](?:--|[^a-z]|$))", text, re.MULTILINE)}
    leaves = {name for name in commands() if not any(other.startswith(f"{name} ") for other in commands())}

    assert leaves == rows


def test_options() -> None:
    """Every option that the README gives a command is one of that command."""
    runner = CliRunner()
    helps = {name: runner.invoke(cli._bounced, [*name.split(), "--help"]).output for name in commands()}
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `bounced")]
    words = [(row.split("`")[1].split()[1:], option) for row in rows for option in re.findall(r"`(--[a-z]+)`", row)]
    named = [(name if (name := " ".join(each[:2])) in helps else each[0], option) for each, option in words]

    assert named
    assert [] == [(name, option) for name, option in named if option not in helps[name]]


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=ids)
def test_make_targets(page: Path) -> None:
    """Every make target that a page names is one that `make help` lists."""
    listed = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"make ([a-z]+)", listed))

    assert set() == set(_MAKE.findall(page.read_text(encoding="utf-8"))) - targets


def test_from_python(capsys: pytest.CaptureFixture[str]) -> None:
    """The README's lines for Python say of each recipient what is decided."""
    lines = re.search(
        r"^## From Python\n\n```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert lines
    exec(lines[1], {"raw": (ROOT / "bounced" / "samples" / "01-unknown-user.eml").read_bytes()})  # noqa: S102 our own page

    assert capsys.readouterr().out.startswith("anna@example.org suppress ")


def test_exit_codes() -> None:
    """docs/exit-codes.md has the exit code of every error, and those of the command line, and no other."""
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8"), re.MULTILINE)
    raised = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BouncedError)}

    of_click = {0, 1, 64, 130}
    assert raised | of_click == {int(code) for code in rows}


def test_reference() -> None:
    """docs/reference.md is what the code says; `make reference` makes it so."""

    assert reference.page() == reference.PAGE.read_text(encoding="utf-8")


def test_manual() -> None:
    """The man page is what the commands' help says, and groff can set it without a word."""
    groff = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", manual.PAGE], capture_output=True, text=True, check=False)

    assert manual.page() == manual.PAGE.read_text(encoding="utf-8")
    assert (0, "") == (groff.returncode, groff.stderr)
    assert "bounced forget" in groff.stdout
