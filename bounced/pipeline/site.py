"""What a node knows of itself and of its operator's wishes."""

from typing import NamedTuple


class Site(NamedTuple):
    """One node of an installation, as its events name it."""

    node: str
    site: str
    rules_version: str
    #: Kinds of decisions that are published (`sink.kinds`).
    kinds: frozenset[str]
    #: Events handed to the sink at once.
    window: int
