"""What a code means, for a person: every reading of it, whose fault each is and what to do.

Answers from the tables alone, as `bounced codes` shows it; a code that stands in none is answered by its class.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from bounced.classify.category import Category
from bounced.classify.codes import BareRow, Codes, ReplyRow, StatusRow, category_named, expand
from bounced.errors import RulesInvalid
from bounced.model import Disposition, Fault
from bounced.status import class_of

_REPLY = re.compile(r"[245]\d\d", re.ASCII)
_STATUS = re.compile(r"[245?x]\.\d{1,3}\.\d{1,3}(?:-\d{1,3})?", re.ASCII)
_SUCCESS, _TRANSIENT = 2, 4
_CLASSES = {4: "A failure for now: another try may end otherwise", 5: "A failure for good, as far as the number goes"}


class Reading(Struct, frozen=True, kw_only=True):
    """One reading of a code: `when` it holds, and what follows. `category` and `fault` are None for a success."""

    when: str
    meaning: str
    disposition: Disposition
    remedy: str
    category: str | None = None
    fault: Fault | None = None
    caution: str = ""


class Explanation(Struct, frozen=True, kw_only=True):
    """All readings of `code`; `is_listed` is whether a table has it; `alternatives` are codes for the same."""

    code: str
    is_listed: bool
    readings: tuple[Reading, ...]
    alternatives: tuple[str, ...] = ()


def explain(code: str, codes: Codes, categories: Mapping[str, Category]) -> Explanation:
    """Explain a reply code (`452`), an enhanced one (`5.2.2`, `x.2.2` for both classes) or a range (`5.7.606-649`).

    Raises:
        ValueError: *code* is none of these; the message says what would be.
    """
    folded = code.strip().lower()
    if _REPLY.fullmatch(folded):
        return _explain_reply(int(folded), codes, categories)
    if _STATUS.fullmatch(folded):
        return _explain_status(folded.replace("x", "?"), codes, categories)
    raise ValueError(f"{code!r} is neither a reply code (450), an enhanced status code (5.2.2) nor a range of them (5.7.606-649)")


def _explain_reply(code: int, codes: Codes, categories: Mapping[str, Category]) -> Explanation:
    if class_of(code) == _SUCCESS:
        return _success(str(code))
    alone, beside = codes.bares.get(code), codes.reply(code)
    readings = []
    if alone:
        readings.append(_reading("alone, without a word", alone, str(code), categories))
    if beside:
        readings.append(
            _reading(
                "beside words that no rule knows" if alone else "alone, or beside words that no rule knows", beside, str(code), categories
            )
        )
    return Explanation(
        code=str(code),
        is_listed=bool(readings),
        readings=tuple(readings) or (_by_class(str(code), categories),),
        alternatives=tuple(other for other in (alone.alternatives if alone else ()) if other != str(code)),
    )


def _explain_status(code: str, codes: Codes, categories: Mapping[str, Category]) -> Explanation:
    if class_of(code[0].replace("?", "4")) == _SUCCESS:
        return _success(code)
    try:
        first = expand(code, "")[0]
    except RulesInvalid:
        raise ValueError(f"{code!r} is not a range that runs upwards") from None
    singles = [f"{klass}{first[1:]}" for klass in "45"] if code.startswith("?") else [first]
    rows = [(single, codes.status(single)) for single in singles]
    readings = [_reading(f"class {single[0]}", row, single, categories) for single, row in rows if row]
    return Explanation(
        code=code, is_listed=bool(readings), readings=tuple(readings) or tuple(_by_class(single, categories) for single in singles)
    )


def rows(codes: Codes) -> Iterator[tuple[str, StatusRow | ReplyRow | BareRow]]:
    """Give every row of the tables once, each with its code as it is written: reply codes first, then enhanced ones."""
    for code in sorted({*codes.replies, *codes.bares}):
        yield str(code), codes.bares.get(code) or codes.replies[code]
    for row in {id(row): row for row in codes.statuses.values()}.values():
        yield row.code, row


def _reading(when: str, row: StatusRow | ReplyRow | BareRow, code: str, categories: Mapping[str, Category]) -> Reading:
    category = categories[category_named(row, code)]
    is_transient = class_of(code) == _TRANSIENT
    return Reading(
        when=when,
        meaning=row.meaning,
        disposition=Disposition.RETRY if is_transient else category.disposition,
        remedy=row.remedy or category.remedy,
        category=category.name,
        fault=category.fault,
        caution=row.caution,
    )


def _by_class(code: str, categories: Mapping[str, Category]) -> Reading:
    unknown = categories["unknown"]
    klass = class_of(code) or _TRANSIENT
    return Reading(
        when=f"no table has it; class {klass}",
        meaning=_CLASSES[klass],
        disposition=Disposition.RETRY,
        remedy=unknown.remedy,
        category=unknown.name,
        fault=unknown.fault,
    )


def _success(code: str) -> Explanation:
    done = Reading(
        when="class 2", meaning="A success: the mail was delivered or handed on", disposition=Disposition.NONE, remedy="Nothing to do."
    )
    return Explanation(code=code, is_listed=True, readings=(done,))
