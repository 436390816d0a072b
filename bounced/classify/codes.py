"""The tables of codes: enhanced status codes, reply codes, and codes that stand alone.

Look-ups only; which of several codes speaks is decided elsewhere. Rows are data in `rules/codes/`. Enhanced codes:
RFC 3463 and the registry of RFC 5248; reply codes: RFC 5321 §4.2; the rest is custom, and says so in its row.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec import Struct

from bounced.classify.category import UNKNOWN, Category, require
from bounced.classify.table import PACKAGED, convert, read
from bounced.errors import RulesInvalid
from bounced.status import class_of

_STATUS = re.compile(r"([?45])\.(\d{1,3})\.(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)
_TRANSIENT = 4


class StatusRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An enhanced status code: `5.2.14`, `?.2.2` for both classes, or a range, `5.7.606-649`.

    `transient` is the category for class 4 where it differs.
    """

    code: str
    category: str
    meaning: str
    transient: str = ""
    remedy: str = ""
    caution: str = ""

    def category_of(self, status: str) -> str:
        """Return the name of the category that *status*, which this row covers, stands for."""
        return self.transient if self.transient and class_of(status) == _TRANSIENT else self.category


class ReplyRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A reply code beside words that no rule knows; `greeting` is its category where it is the answer to a connection."""

    code: int
    category: str
    meaning: str
    greeting: str = ""
    remedy: str = ""
    caution: str = ""


class BareRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Reply codes that stand quite alone; `alternatives` are codes that others use for the same."""

    codes: tuple[int, ...]
    category: str
    meaning: str
    remedy: str
    alternatives: tuple[str, ...] = ()
    caution: str = ""


Code = TypeVar("Code")
Row = TypeVar("Row")


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    status: tuple[StatusRow, ...] = ()
    reply: tuple[ReplyRow, ...] = ()
    bare: tuple[BareRow, ...] = ()


class Codes(NamedTuple):
    """All rows, by what they are looked up by."""

    statuses: Mapping[str, StatusRow]
    replies: Mapping[int, ReplyRow]
    bares: Mapping[int, BareRow]

    def status(self, code: str) -> StatusRow | None:
        """Return the row for an enhanced status code: its own one first, then that for both classes."""
        return self.statuses.get(code) or self.statuses.get(f"?{code[1:]}")

    def reply(self, code: int) -> ReplyRow | None:
        """Return the row for a reply code beside unknown words."""
        return self.replies.get(code)

    def bare(self, code: int) -> BareRow | ReplyRow | None:
        """Return the row for a code that stands alone; where it has none, that of the code beside words."""
        return self.bares.get(code) or self.replies.get(code)


def load(categories: Mapping[str, Category], folder: Path = PACKAGED / "codes") -> Codes:
    """Read every table of codes in *folder*.

    Raises:
        RulesInvalid: with file and reason, for a file that can't be read, a row with a bad code or an unknown
            category, or a code that has a row already.
    """
    statuses: dict[str, StatusRow] = {}
    replies: dict[int, ReplyRow] = {}
    bares: dict[int, BareRow] = {}
    for path in sorted(folder.glob("*.toml")):
        file = convert(read(path), _File, f"{path}")
        for status in file.status:
            names = {status.category, status.transient or status.category}
            _add(statuses, expand(status.code, f"{path}"), status, f"{path}: {status.code}", names, categories)
        for reply in file.reply:
            _add(
                replies,
                _checked([reply.code], f"{path}"),
                reply,
                f"{path}: {reply.code}",
                {reply.category, reply.greeting or reply.category},
                categories,
            )
        for bare in file.bare:
            _add(bares, _checked(bare.codes, f"{path}"), bare, f"{path}: {bare.codes}", {bare.category}, categories)
    return Codes(statuses, replies, bares)


def expand(code: str, where: str) -> list[str]:
    """List the single codes that the *code* of a row stands for.

    Raises:
        RulesInvalid: it is none; *where* it stands is part of the message.
    """
    found = _STATUS.fullmatch(code)
    if found is None or int(found[4] or found[3]) < int(found[3]):
        raise RulesInvalid(f"{where}: {code!r} is not an enhanced status code or a range of them")
    return [f"{found[1]}.{found[2]}.{detail}" for detail in range(int(found[3]), int(found[4] or found[3]) + 1)]


def category_named(row: StatusRow | ReplyRow | BareRow | None, status: str | None = None) -> str:
    """Return the name of the category of *row*; a code without a row is *unknown*."""
    if isinstance(row, StatusRow):
        return row.category_of(status or row.code)
    return row.category if row else UNKNOWN


def _checked(codes: Iterable[int], where: str) -> Iterable[int]:
    for code in codes:
        if not 400 <= code <= 599:  # noqa: PLR2004 RFC 5321 §4.2.1: failures are of class 4 and 5
            raise RulesInvalid(f"{where}: {code} is not a reply code of class 4 or 5")
        yield code


def _add(rows: dict[Code, Row], codes: Iterable[Code], row: Row, where: str, names: set[str], categories: Mapping[str, Category]) -> None:
    for name in names:
        require(categories, name, where)
    for code in codes:
        if code in rows:
            raise RulesInvalid(f"{where}: {code} has a row already")
        rows[code] = row
