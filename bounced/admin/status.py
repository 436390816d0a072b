"""How a node stands: what `/status` says in JSON and `bounced status` shows."""

from datetime import datetime

from msgspec import Struct

from bounced.store import Account


class Status(Struct, frozen=True, kw_only=True):
    """One node at one moment. Where the journal did not answer, what it would have said is None."""

    node: str
    site: str
    version: str
    at: datetime
    started_at: datetime
    #: Addresses of SMTP.
    listen: tuple[str, ...]
    #: Where decisions go, without passwords.
    sink: tuple[str, ...]
    #: Whether mail can be taken; if not, why.
    ready: bool
    refusal: str | None
    #: What is amiss: each cause (`bounced.health.Cause`) and its reason. Degraded is not down.
    degraded: dict[str, str]
    sessions: int
    max_sessions: int
    max_bytes: int
    free_bytes: int | None
    account: Account | None
    balanced: bool | None
    #: When the oldest message came whose decisions are not all published.
    oldest_undelivered: datetime | None
    #: What the sink said of events since the start, and how often.
    outcomes: dict[str, int]
