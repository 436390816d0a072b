"""What a node knows of itself, and by what it judges."""

from typing import NamedTuple

from bounced.decide import Assessor
from bounced.decide.storm import Brake
from bounced.judging import Judge


class Site(NamedTuple):
    """One node of an installation, as its events name it."""

    node: str
    site: str
    #: Kinds of decisions that are published (`sink.kinds`).
    kinds: frozenset[str]


class Terms(NamedTuple):
    """By what arrivals are judged: one value, so that none is judged by parts of two."""

    judge: Judge
    grade: Assessor
    site: Site
    #: When the storm brake holds; None: never.
    brake: Brake | None = None
