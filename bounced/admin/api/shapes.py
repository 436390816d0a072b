"""What goes in and out, as JSON: each shape is checked on its way in, and stands in the OpenAPI document."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from bounced.address import MAX_LENGTH, PATTERN
from bounced.decide.policy import BY_HAND
from bounced.live import LiveReply
from bounced.store.changes import Change
from bounced.store.suppressions import Entry

Address = Annotated[str, Meta(max_length=MAX_LENGTH, pattern=PATTERN, description="A mail address.")]
Stream = Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", description="A stream of mail.")]
Because = Annotated[str, Meta(max_length=500, description="The reason, for a person.")]
_MANY = 100_000
_LARGEST = 2**53 - 1
_REPLIES = 10_000


class Problem(Struct, frozen=True, omit_defaults=True):
    """Why something is not done; `field` is where the fault stands, as in `addresses[3]`."""

    error: str
    field: str | None = None


class InStream(Struct, frozen=True, forbid_unknown_fields=True):
    """Which stream; none: all."""

    stream: Stream | None = None


class Suppressed(Struct, frozen=True):
    """A suppression that stands; `until` is null where it lasts until it is lifted. `generation` grows with each change."""

    address: str
    stream: str
    since: datetime
    until: datetime | None
    category: str
    because: str
    generation: int


class Remembered(Struct, frozen=True):
    """What is remembered of an address in a stream; `suppression` is null where none stands. `delivered` is the day of its last mail."""

    stream: str
    suppression: Suppressed | None
    points: float
    scoring_days: int
    threshold: float
    delivered: datetime | None


class About(Struct, frozen=True):
    """What is remembered of an address, in each stream."""

    address: str
    streams: list[Remembered]


class Suppress(Struct, frozen=True, forbid_unknown_fields=True):
    """An address is to be suppressed by hand: in `stream`, `until` a time or for good."""

    stream: Stream | None = None
    because: Because = "suppressed by hand"
    category: Annotated[str, Meta(pattern="^[a-z][a-z-]{0,49}$")] = BY_HAND
    until: Annotated[datetime, Meta(tz=True)] | None = None


class Lifted(Struct, frozen=True):
    """The suppressions that were lifted."""

    lifted: list[Suppressed]


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses to look up, in one stream or in all."""

    addresses: Annotated[list[Address], Meta(max_length=_MANY)]
    stream: Stream | None = None


class Checked(Struct, frozen=True):
    """Those that are suppressed; who is not among them is not. Addresses in lower case."""

    checked: int
    suppressed: list[Suppressed]


class Deliveries(Struct, frozen=True, forbid_unknown_fields=True):
    """Addresses that got a message of a stream, `at` a time: now, if there is none. What came after that stays."""

    addresses: Annotated[list[Address], Meta(max_length=_MANY)]
    stream: Stream | None = None
    at: Annotated[datetime, Meta(tz=True)] | None = None


class Taken(Struct, frozen=True):
    """How many deliveries were taken, and the suppressions that they lifted."""

    taken: int
    lifted: list[Suppressed]


class Replies(Struct, frozen=True, forbid_unknown_fields=True):
    """What receivers answered to the sending MTA itself, for mail of a stream."""

    replies: Annotated[list[LiveReply], Meta(max_length=_REPLIES)]
    stream: Stream | None = None


class Kept(Struct, frozen=True):
    """The replies are committed, and judged soon; each has become an arrival of this id, in order."""

    kept: list[str]


class Storm(Struct, frozen=True):
    """Suppressions that are held of a receiver: how many, since when, the latest, and what one of them says."""

    receiver: str
    held: int
    since: datetime
    latest: datetime
    because: str


class Storms(Struct, frozen=True):
    """What is held."""

    storms: list[Storm]


class Dealt(Struct, frozen=True):
    """So many were released, or dropped; what is released is suppressed and published soon."""

    count: int


class After(Struct, frozen=True, forbid_unknown_fields=True):
    """Which changes: those after the `after`-th, `limit` at most; when there are none yet, wait so many seconds for one."""

    after: Annotated[int, Meta(ge=0, le=_LARGEST)] = 0
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    wait: Annotated[int, Meta(ge=0, le=60)] = 0
    stream: Stream | None = None


class Event(Struct, frozen=True):
    """A change of the list: created, changed, lifted or expired; with the suppression that stands now or stood until then."""

    seq: int
    at: datetime
    change: Change
    suppression: Suppressed


class Events(Struct, frozen=True):
    """Changes, in their order; `after` is what to ask for next."""

    events: list[Event]
    after: int


def suppressed(entry: Entry) -> Suppressed:
    """Make the shape of *entry*, which is suppressed."""
    standing = entry.memory.suppression
    assert standing is not None  # noqa: S101 for mypy: only such are asked for
    return Suppressed(
        address=entry.address,
        stream=entry.stream,
        since=standing.since,
        until=standing.until,
        category=standing.category,
        because=standing.because,
        generation=entry.memory.generation,
    )
