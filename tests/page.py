"""A page of the documentation as somebody follows it: makes the files that it shows, runs its commands, compares what they print.

A block of code whose info string has a file's name (`toml rules.d/x.toml`) is that file; a `diff` adds lines to it, each behind
the line before it in the block. Of a `console` block each line with `$ ` is a command; the lines after it have to stand in
its output, in that order, blanks apart.
"""

import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(page: Path, folder: Path) -> list[str]:
    """Follow *page* in *folder*; return the commands that were run. Fails where one ends badly, or prints something else."""
    ran = []
    for kind, name, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        file = folder / name
        if kind == "diff":
            _add(text.splitlines(), file)
        elif name:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif kind == "console":
            for command, *promised in (part.splitlines() for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]):
                _keeps(command, promised, folder)
                ran.append(command)
    return ran


def _add(lines: list[str], file: Path) -> None:
    """Add to *file* each of *lines* that begins with `+`, behind the first line there that is the one before it."""
    text = file.read_text(encoding="utf-8")
    for before, line in itertools.pairwise(lines):
        if line.startswith("+"):
            assert f"\n{before[1:]}\n" in text, f"{file} has no line {before[1:]}"
            text = text.replace(f"\n{before[1:]}\n", f"\n{before[1:]}\n{line[1:]}\n", 1)
    file.write_text(text, encoding="utf-8")


def _keeps(command: str, promised: list[str], folder: Path) -> None:
    """Run *command* in *folder*, whose own `bounced` comes first, and look for what the page promises."""
    program, *arguments = shlex.split(command)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BOUNCED_", "PYTEST_"))}
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [_squeezed(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    at = 0
    for line in map(_squeezed, promised):
        at = next((number + 1 for number, have in enumerate(lines[at:], start=at) if line in have), 0)
        assert at, f"{command}\ndoes not print\n{line}\nthere, but\n{done.stdout}"


def _squeezed(line: str) -> str:
    return " ".join(line.split())
