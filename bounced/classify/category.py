"""The categories of failure: read from `rules/categories.toml` and checked.

Data in, values out; a category names no action beyond its default disposition, and nothing here judges a failure.
The rule that only the recipient's own fault may suppress is checked here, once, for every table and pack.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from bounced.classify.table import convert, read
from bounced.errors import RulesInvalid
from bounced.model import Advice, Disposition, Fault

#: The category of what nobody could read; the classifier needs it, so the table must have it.
UNKNOWN = "unknown"
#: The category of a feedback report that says *unwanted*.
COMPLAINT = "complaint"
#: What stands in the place of a category in a rule that somebody has to complete; never one itself.
TO_CHOOSE = "CHOOSE"
#: The categories that the classifier itself names; a table without one of them can't be used.
REQUIRED = (UNKNOWN, COMPLAINT, "invalid-domain", "expired", "auth-failure")


class Category(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row: what is wrong, whose fault, and what it does by itself.

    `weight` is in points of the counter that suppresses what fails again and again.
    """

    name: str
    meaning: str
    fault: Fault
    disposition: Disposition
    advice: Advice
    weight: float
    remedy: str

    @property
    def suppresses(self) -> bool:
        """Whether one permanent failure of this category is enough."""
        return self.disposition is Disposition.SUPPRESS


def load(path: Path) -> dict[str, Category]:
    """Read the table of categories at *path*.

    Raises:
        RulesInvalid: the file can't be read, a row is malformed, a needed one is missing, or one would suppress
            for a fault that is not the recipient's.
    """
    rows = {name: convert({"name": name, **_row(path, name, row)}, Category, f"{path}: [{name}]") for name, row in read(path).items()}
    for row in rows.values():
        if row.disposition is Disposition.NONE:
            raise RulesInvalid(f"{path}: [{row.name}]: disposition must be retry or suppress")
        if row.suppresses and row.fault is not Fault.RECIPIENT:
            raise RulesInvalid(f"{path}: [{row.name}]: the {row.fault}'s fault may not suppress an address")
    for name in REQUIRED:
        if name not in rows:
            raise RulesInvalid(f"{path}: the category {name} is missing")
    return rows


def require(categories: Mapping[str, Category], name: str, where: str) -> Category:
    """Return the category *name*.

    Raises:
        RulesInvalid: there is none of that name; *where* it was named is part of the message.
    """
    try:
        return categories[name]
    except KeyError:
        raise RulesInvalid(f"{where}: there is no category {name!r}") from None


def _row(path: Path, name: str, row: object) -> dict[str, object]:
    if not isinstance(row, dict):
        raise RulesInvalid(f"{path}: {name} is not a table")
    return row
