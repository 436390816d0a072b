"""What stands under a `Database`: something to connect to, whose connections take SQL, and whose errors mean one thing or another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Protocol, TypeVar

from bounced.errors import JournalUnavailable


class Rows(Protocol):
    """What a statement gave: rows, whose columns are read by their names."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """Give the next row; None when there is none."""

    def fetchall(self) -> list[Any]:
        """Give the rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Takes statements whose parameters are written `:name`."""

    def execute(self, statement: str, values: Mapping[str, object] = ..., /) -> Rows:
        """Carry out a statement."""

    def close(self) -> None:
        """Close."""


C = TypeVar("C", bound=Connection)


class Engine(Protocol[C]):
    """Makes the connections of a database; all is called in its thread but `name` and `unavailable`."""

    #: Works that share a commit at most: a waiter's answer must not hang on an endless group.
    most_works: ClassVar[int]
    #: Whether the database opens all the same when it can't be reached: it is somewhere else, and comes back.
    may_be_away: ClassVar[bool]
    #: What its connections raise.
    errors: type[Exception]

    @property
    def name(self) -> str:
        """What it is called in messages, without a password."""

    def hold(self) -> AbstractContextManager[None]:
        """Keep others from writing what has one writer; raises `JournalHeld` and `JournalUnavailable`."""

    def connect(self, *, is_first: bool) -> C:
        """Connect and bring the schema up to date; raises `JournalInvalid` and `JournalUnavailable`."""

    def reading(self) -> AbstractContextManager[C]:
        """Be connected for reading beside those who write; raises `JournalInvalid` and `JournalUnavailable`."""

    def amending(self, locks: Sequence[str] = ...) -> AbstractContextManager[C]:
        """Be connected for one small transaction in which nobody else changes what *locks* name, committed unless the block raises."""

    def begin(self, connection: C, locks: Sequence[str]) -> None:
        """Begin a transaction in which no other process changes what *locks* name."""

    def is_lost(self, connection: C) -> bool:
        """Whether the transaction that was begun is no more."""

    def is_trouble(self, error: BaseException | None) -> bool:
        """Whether *error* comes from the machine rather than from what was asked of it."""

    def unavailable(self, reason: str) -> JournalUnavailable:
        """Make the error that says that it can't be used now."""
