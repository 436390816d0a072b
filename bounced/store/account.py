"""The account: that everything accepted is somewhere, and every decision made has come to something.

Two sums that balance at any time. One side is counted as it happens, the other where things stand now; when they
differ, something was lost or doubled, and a person must look.
"""

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from bounced.store.statements import statements

_SQL = statements("account.sql")


class Arrivals(Struct, frozen=True, kw_only=True):
    """Arrivals by what became of them: `waiting` to be judged, `decided` with events yet to publish, `aside` after an error."""

    accepted: int
    done: int
    waiting: int
    decided: int
    unread: int
    aside: int
    erased: int

    @property
    def balanced(self) -> bool:
        """Whether every arrival accepted is somewhere."""
        return self.accepted == self.done + self.waiting + self.decided + self.unread + self.aside + self.erased


class Decisions(Struct, frozen=True, kw_only=True):
    """Decisions by what became of them; `aside` are those whose event the sink refused."""

    made: int
    published: int
    waiting: int
    duplicate: int
    not_for_publishing: int
    aside: int

    @property
    def balanced(self) -> bool:
        """Whether every decision made has come to something."""
        return self.made == self.published + self.waiting + self.duplicate + self.not_for_publishing + self.aside


class Account(Struct, frozen=True, kw_only=True):
    """What was accepted and decided since the journal's file was made.

    `kept_bytes` is the octets of messages in it, `archived_bytes` those among them that are archived: done, and compressed.
    """

    arrivals: Arrivals
    decisions: Decisions
    kept_bytes: int
    archived_bytes: int

    @property
    def balanced(self) -> bool:
        """Whether both sums are right."""
        return self.arrivals.balanced and self.decisions.balanced


Counts = TypeVar("Counts", Arrivals, Decisions)


def total(accounts: Sequence[Account]) -> Account:
    """Add up the *accounts* of several journals: when each balances, the sum does."""
    return Account(
        arrivals=_sum(Arrivals, [each.arrivals for each in accounts]),
        decisions=_sum(Decisions, [each.decisions for each in accounts]),
        kept_bytes=sum(each.kept_bytes for each in accounts),
        archived_bytes=sum(each.archived_bytes for each in accounts),
    )


def _sum(kind: type[Counts], counts: Sequence[Counts]) -> Counts:
    return kind(**{field: sum(getattr(each, field) for each in counts) for field in kind.__struct_fields__})


def account(connection: sqlite3.Connection) -> Account:
    """Draw up the account."""
    row = connection.execute(_SQL["account"]).fetchone()
    return Account(
        arrivals=Arrivals(
            accepted=row["accepted"],
            done=row["done"],
            waiting=row["arrivals_waiting"],
            decided=row["arrivals_decided"],
            unread=row["arrivals_unread"],
            aside=row["arrivals_aside"],
            erased=row["erased"],
        ),
        decisions=Decisions(
            made=row["made"],
            published=row["published"],
            waiting=row["events_waiting"],
            duplicate=row["duplicate"],
            not_for_publishing=row["not_for_publishing"],
            aside=row["events_aside"],
        ),
        kept_bytes=row["kept_bytes"],
        archived_bytes=row["archived_bytes"],
    )
