"""An endpoint: a row of the table, and what its function is called with."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from bounced.admin.api.backend import Backend
from bounced.admin.api.shapes import Problem
from bounced.judging import DEFAULT_STREAM
from bounced.tokens import Role, Token


class Refused(Exception):
    """What is asked is not done, for a reason that the client can mend."""

    def __init__(self, status: int, error: str, field: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.problem = Problem(error, field)


class Call(NamedTuple):
    """What is asked, by whom: `given` is the body or the query, `name` the last part of the path, decoded."""

    backend: Backend
    who: Token
    peer: str
    given: Any
    name: str

    def one_stream(self) -> str:
        """Give the stream that is meant, the default one where none is named; raises as `stream`."""
        return self.stream() or DEFAULT_STREAM

    def stream(self) -> str | None:
        """Give the stream that is meant: the token's, else the one asked for; None: all.

        Raises:
            Refused: another is asked for than the token is good for.
        """
        asked: str | None = self.given.stream
        if self.who.stream is None:
            return asked
        if asked not in {None, self.who.stream}:
            raise Refused(403, f"the token is good for the stream {self.who.stream} alone", "stream")
        return self.who.stream


class Endpoint(Struct, frozen=True, kw_only=True):
    """Something that can be asked: `given` is the shape of the body or, where `is_query`, of the query; `answer` that of the answer.

    `name` is what the path's parameter is called, if it has one, and `schema` its type.
    """

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    role: Role
    summary: str
    carry_out: Callable[[Call], Awaitable[Struct]]
    answer: type[Struct]
    given: type[Struct]
    is_query: bool = False
    name: str = ""
    schema: Any = str
    status: int = 200
    #: Further statuses that it answers with, and when.
    others: dict[int, str] = {}
