"""The policy: which findings suppress at once, and for how long. Data, checked when it is read."""

import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec
from msgspec import Struct

from bounced.classify import Category


class Suppress(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a suppression lasts that is not for good, in days."""

    bare_code_days: int
    abandoned_days: int


class Counting(Struct, frozen=True, forbid_unknown_fields=True):
    """At how many points counting suppresses."""

    threshold: float


class Policy(Struct, frozen=True):
    """What is done about a finding: the numbers of `policy.toml`, and the categories that suppress at once."""

    at_once: frozenset[str]
    suppress: Suppress
    history: Counting


def load(categories: Mapping[str, Category]) -> Policy:
    """Read the shipped numbers, and from *categories* which of them suppress at once.

    That only the recipient's own fault may do so was checked when the categories were read.
    """
    tables = tomllib.loads(resources.files("bounced.decide").joinpath("policy.toml").read_text(encoding="utf-8"))
    return Policy(
        at_once=frozenset(name for name, category in categories.items() if category.suppresses),
        suppress=msgspec.convert(tables["suppress"], Suppress),
        history=msgspec.convert(tables["history"], Counting),
    )
