"""TOML files of rules and codes, read into structs.

The one I/O of the pure floors, done when a classifier is built. Every failure names the file and the reason.
"""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bounced.errors import RulesInvalid

#: The folder of the packaged tables and packs.
PACKAGED = Path(__file__).parent.parent / "rules"

Row = TypeVar("Row")


def read(path: Path) -> dict[str, Any]:
    """Read the TOML file at *path*.

    Raises:
        RulesInvalid: it can't be read, or is no TOML in UTF-8.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
