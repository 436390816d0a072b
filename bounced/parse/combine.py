"""Put together what several readers say of one message: the more authoritative one wins, field by field.

The first draft says who failed; later ones only fill what it left open, for a recipient that both name or, where
each names one, for that one.
"""

import re
from collections.abc import Sequence

from msgspec import structs

from bounced import address
from bounced.model import Failure
from bounced.parse.draft import Draft

#: The fields of a failure that a lesser reader may fill.
_FILLABLE = ("status", "diagnostic_status", "reply", "diagnostic", "remote_mta", "command")
#: Those that a reader who is not certain leaves alone where a failure of several has words of its own: they may be another's.
_OF_WORDS = frozenset({"status", "diagnostic_status", "reply"})


_FIRST_OF_SEVERAL = re.compile(r"([245]\d\d)-")


def is_complete(draft: Draft) -> bool:
    """Whether no other reader is needed: every failure names its recipient, and all that was answered."""
    return all(
        failure.recipient.address
        and failure.diagnostic
        and failure.reply
        and (failure.status or failure.diagnostic_status)
        and not _is_cut(failure.diagnostic)
        for failure in draft.failures
    )


def combine(drafts: Sequence[Draft]) -> Draft:
    """Combine *drafts*, the most authoritative first."""
    first, *others = drafts
    for other in others:
        first = structs.replace(first, failures=_fill(first.failures, other), reporting_mta=first.reporting_mta or other.reporting_mta)
    return first


def _fill(failures: list[Failure], other: Draft) -> list[Failure]:
    by_address = {address.fold(name): each for each in other.failures for name in (each.recipient.address, each.recipient.final) if name}
    alone = other.failures[0] if len(failures) == len(other.failures) == 1 else None
    is_certain = other.confidence == 1 or len(failures) == 1
    return [_filled(failure, _same(failure, by_address) or alone, other.reader, is_certain=is_certain) for failure in failures]


def _same(failure: Failure, by_address: dict[str, Failure]) -> Failure | None:
    names = (failure.recipient.address, failure.recipient.final)
    return next((by_address[folded] for name in names if name and (folded := address.fold(name)) in by_address), None)


def _filled(failure: Failure, other: Failure | None, reader: str, *, is_certain: bool) -> Failure:
    """Fill what *failure* leaves open with what *other*, by *reader*, says of the same recipient."""
    if other is None:
        return failure
    barred = _OF_WORDS if failure.diagnostic and not is_certain else frozenset()
    changes = {name: value for name in _FILLABLE if name not in barred and not getattr(failure, name) and (value := getattr(other, name))}
    if _is_cut(failure.diagnostic) and other.diagnostic.startswith(failure.diagnostic) and other.diagnostic != failure.diagnostic:
        changes["diagnostic"] = other.diagnostic
    if failure.recipient.address is None and other.recipient.address:
        changes["recipient"] = other.recipient
    elif failure.recipient.final is None and other.recipient.final and _are_same(failure.recipient.address, other.recipient.address):
        changes["recipient"] = structs.replace(failure.recipient, final=other.recipient.final)
    if not changes:
        return failure
    return structs.replace(failure, **changes, read_by=(*failure.read_by, *((name, reader) for name in changes)))


def _is_cut(diagnostic: str) -> bool:
    """Whether *diagnostic* is the first line of a reply of several (RFC 5321 §4.2.1), whose last is missing: Sendmail keeps the first."""
    first = _FIRST_OF_SEVERAL.match(diagnostic)
    return first is not None and f"{first[1]} " not in diagnostic


def _are_same(one: str | None, another: str | None) -> bool:
    return one is not None and another is not None and address.fold(one) == address.fold(another)
