"""What a reader says of a message: a draft of the report, or why it is none of its kind."""

from msgspec import Struct

from bounced.model import Failure


class Draft(Struct, kw_only=True):
    """One reader's findings; `parse` adds what is read of every message alike.

    `is_final`: no other reader has anything to add, for the message is of a kind that this one alone reads.
    """

    reader: str
    failures: list[Failure]
    reporting_mta: str | None = None
    arrival_date: str | None = None
    envelope_id: str | None = None
    #: The reverse-path of the returned message, where the report states it beside that message (RFC 5965 §3.2).
    return_path: str | None = None
    confidence: float = 1.0
    #: The report was carried by another message (`Report.is_wrapped`).
    is_wrapped: bool = False
    is_final: bool = False


class Declined(Struct, frozen=True):
    """Why a message is not what the reader reads; for `bounced explain`.

    `is_final`: it is something else for certain (a read receipt, a person's letter), and no other reader is asked.
    """

    reader: str
    why: str
    is_final: bool = False
