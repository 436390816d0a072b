"""TOML files of rules and codes, read into structs.

The one I/O of the pure floors, done when a classifier is built. Every failure names the file and the reason.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bounced.errors import RulesInvalid

#: The folder of the packaged tables and packs.
PACKAGED = Path(__file__).parent.parent / "rules"

Row = TypeVar("Row")


def read(path: Path) -> dict[str, Any]:
    """Read the TOML file at *path*; who gets the tables changes nothing in them.

    Raises:
        RulesInvalid: it can't be read, or is no TOML in UTF-8.
    """
    return _parse(read_text(path), path)


@lru_cache(maxsize=32)  # when a running daemon loads its rules again, nearly every file is as it was
def _parse(text: str, path: Path) -> dict[str, Any]:
    return parse(text, path)


def read_text(path: Path) -> str:
    """Read the text of the file at *path*.

    Raises:
        RulesInvalid: it can't be read, or is not in UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesInvalid(f"{path}: {error}") from error


def parse(text: str, path: Path) -> dict[str, Any]:
    """Parse *text*, which stands at *path*.

    Raises:
        RulesInvalid: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesInvalid(f"{path}: {error}") from error


def convert(value: object, kind: type[Row], where: str) -> Row:
    """Convert *value* to the struct *kind*.

    Raises:
        RulesInvalid: it does not fit; *where* it stands is part of the message.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise RulesInvalid(f"{where}: {error}") from error
