"""The policy: which findings suppress at once, how many points the others count, what is enough, how long it lasts.

Data, checked when it is read: what may not suppress can't be made to. The shipped numbers stand in `policy.toml`; a site's own file
changes any of them, for all streams or for one.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, structs

from bounced.classify import Category
from bounced.errors import PolicyInvalid
from bounced.model import Disposition, Fault

#: The category of what an operator suppressed by hand.
BY_HAND = "manual"
#: Faults that count, if ever; and those of them that take longer.
_COUNTING = frozenset({Fault.RECIPIENT, Fault.NETWORK, Fault.UNKNOWN})
SLOW = frozenset({Fault.NETWORK, Fault.UNKNOWN})

_Whole = Annotated[int, Meta(ge=1)]
_Points = Annotated[float, Meta(gt=0)]


class Suppress(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a suppression lasts that is not for good, in days."""

    bare_code_days: _Whole
    abandoned_days: _Whole
    counted_days: _Whole
    longest_days: _Whole
    kept_when_delivered: frozenset[str]

    @property
    def kept(self) -> frozenset[str]:
        """The categories of what a delivery does not lift: those, and what was suppressed by hand."""
        return self.kept_when_delivered | {BY_HAND}


class Counting(Struct, frozen=True, forbid_unknown_fields=True):
    """When failures that count suppress."""

    threshold: _Points
    point_days: _Whole
    days: _Whole
    span_hours: Annotated[float, Meta(ge=0)]
    slow_days: _Whole
    slow_span_days: Annotated[float, Meta(ge=0)]


class Policy(Struct, frozen=True):
    """What is done about a finding. `weights` are points by category; what is not among them counts nothing."""

    at_once: frozenset[str]
    weights: Mapping[str, float]
    suppress: Suppress
    counting: Counting
    #: Nothing suppresses: what would is withheld.
    is_shadow: bool = False


class Policies(Struct, frozen=True):
    """The policy of each stream: its own, where the site has one for it, else the one of all."""

    default: Policy
    streams: Mapping[str, Policy] = {}

    @property
    def all(self) -> list[Policy]:
        """The policies that there are."""
        return [self.default, *self.streams.values()]

    def of(self, stream: str) -> Policy:
        """Give the policy of *stream*."""
        return self.streams.get(stream, self.default)


class _Category(Struct, frozen=True, forbid_unknown_fields=True):
    """What a site may change of a category."""

    weight: Annotated[float, Meta(ge=0)] | None = None
    disposition: Disposition | None = None


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a policy file: what is not named stays as it is."""

    suppress: Mapping[str, Any] = {}
    counting: Mapping[str, Any] = {}
    category: Mapping[str, _Category] = {}


class _File(_Part, frozen=True, forbid_unknown_fields=True):
    """A policy file: what holds for all streams, and what for one."""

    stream: Mapping[str, _Part] = {}


def load(categories: Mapping[str, Category], site: Path | None = None, *, is_shadow: bool = False) -> Policies:
    """Read the shipped numbers, from *categories* what each does by itself, and what the file *site* changes of it.

    With *is_shadow* nothing is to suppress.

    Raises:
        PolicyInvalid: *site* can't be read, a key or value is not in order, or it would suppress for what never may.
    """
    shipped = structs.replace(_shipped(categories), is_shadow=is_shadow)
    if site is None:
        return Policies(shipped)
    file = _read(site)
    default = _changed(shipped, file, categories, f"{site}")
    streams = {name: _changed(default, part, categories, f"{site}: stream.{name}") for name, part in file.stream.items()}
    return Policies(default, streams)


def _shipped(categories: Mapping[str, Category]) -> Policy:
    tables = tomllib.loads(resources.files("bounced.decide").joinpath("policy.toml").read_text(encoding="utf-8"))
    return Policy(
        # That only the recipient's own fault may do so was checked when the categories were read.
        at_once=frozenset(name for name, category in categories.items() if category.suppresses),
        weights={name: category.weight for name, category in categories.items() if category.weight and category.fault in _COUNTING},
        suppress=msgspec.convert(tables["suppress"], Suppress),
        counting=msgspec.convert(tables["counting"], Counting),
    )


def _read(site: Path) -> _File:
    try:
        return msgspec.toml.decode(site.read_bytes(), type=_File)
    except OSError as error:
        raise PolicyInvalid(f"{site}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyInvalid(f"{site}: {error}") from error


def _changed(policy: Policy, part: _Part, categories: Mapping[str, Category], where: str) -> Policy:
    try:
        suppress = msgspec.convert(structs.asdict(policy.suppress) | dict(part.suppress), Suppress)
        counting = msgspec.convert(structs.asdict(policy.counting) | dict(part.counting), Counting)
    except msgspec.ValidationError as error:
        raise PolicyInvalid(f"{where}: {error}") from error
    if unknown := sorted((set(part.category) | set(suppress.kept_when_delivered)) - set(categories)):
        raise PolicyInvalid(f"{where}: there is no category {unknown[0]!r}")
    at_once, weights = set(policy.at_once), dict(policy.weights)
    for name, change in part.category.items():
        fault = categories[name].fault
        if change.disposition is Disposition.NONE:
            raise PolicyInvalid(f"{where}: category.{name}: disposition must be retry or suppress")
        if change.disposition is Disposition.SUPPRESS and fault is not Fault.RECIPIENT:
            raise PolicyInvalid(f"{where}: category.{name}: the {fault}'s fault may not suppress an address")
        if change.weight and fault not in _COUNTING:
            raise PolicyInvalid(f"{where}: category.{name}: the {fault}'s fault may not count against an address")
        if change.disposition is not None:
            (at_once.add if change.disposition is Disposition.SUPPRESS else at_once.discard)(name)
        if change.weight is not None:
            weights[name] = change.weight
    return structs.replace(policy, at_once=frozenset(at_once), weights=weights, suppress=suppress, counting=counting)
