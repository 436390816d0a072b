"""What does not fit a struct, in words for whoever wrote it: which keys there are, which values are allowed, how a list is written.

Pure: msgspec's reason and the type in, a sentence out. It checks nothing itself.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from msgspec import Struct, structs

_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


def explain(reason: str, wanted: Any, given: Any) -> str:
    """Say *reason*, msgspec's for refusing *given* as a *wanted* (a struct, or the type of a field), with what would do."""
    if found := _UNKNOWN.fullmatch(reason):
        return f"there is no {found[1]}, only {', '.join(keys(wanted))}"
    if reason.startswith("Invalid enum value"):
        return f"{reason}, want {_either(_choices(wanted))}"
    if reason.startswith("Expected `array`"):
        item = "…" if "://" in str(given) else given  # it may have a password
        return f"want a list: {json.dumps([item], ensure_ascii=False)}"
    return reason


def at(where: str, root: type[Struct], tables: Any) -> tuple[Any, Any]:
    """Give the type and the value that stand at *where* (`smtp.accept[1]`, or nothing for the whole) of *root* and of *tables*."""
    wanted: Any = root
    for name in filter(None, re.sub(r"\[.*", "", where).split(".")):
        wanted = next(field.type for field in structs.fields(wanted) if field.name == name)
        tables = tables[name]
    return wanted, tables


def keys(struct: type[Struct]) -> list[str]:
    """Name the fields of *struct*."""
    return [field.name for field in structs.fields(struct)]


def _choices(wanted: Any) -> Iterable[str]:
    """Find the values that a Literal, or a list of one, allows."""
    return get_args(wanted) if get_origin(wanted) is Literal else _choices(get_args(wanted)[0])


def _either(choices: Iterable[str]) -> str:
    *others, last = (json.dumps(choice) for choice in choices)
    return f"{', '.join(others)} or {last}"
