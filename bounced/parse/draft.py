"""What a reader found, before it is made a report."""

from msgspec import Struct

from bounced.model import Failure


class Draft(Struct, kw_only=True):
    """One reader's findings; `parse` adds what is read of every message alike."""

    reader: str
    failures: list[Failure]
    reporting_mta: str | None = None
    arrival_date: str | None = None
    envelope_id: str | None = None
