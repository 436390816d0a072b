"""What the parent asks of a worker, and what it is answered. A line of JSON each; the number ties an answer to its question."""

from msgspec import Struct

from bounced.admin import Status
from bounced.config import Config
from bounced.service.renewal import Renewed


class Begin(Struct, frozen=True, tag=True):
    """Begin to work with *config*, on the listening sockets of these descriptors and the journals of these numbers."""

    number: int
    config: Config
    sockets: tuple[int, ...]
    lmtp_sockets: tuple[int, ...]
    journals: tuple[int, ...]
    #: How long to wait for a journal that the worker of a parent which was killed has not let go of yet.
    patience_seconds: float
    log_key: bytes


class Tell(Struct, frozen=True, tag=True):
    """Tell how you stand."""


class Prepare(Struct, frozen=True, tag=True):
    """Load what *config* names, and change nothing yet."""

    config: Config


class Apply(Struct, frozen=True, tag=True):
    """Go by what was prepared last."""


class Stands(Struct, frozen=True, tag=True):
    """How the worker stands, now or when it has begun."""

    status: Status


class Prepared(Struct, frozen=True, tag=True):
    """All is loaded; this is what would be in force."""

    renewed: Renewed


class Applied(Struct, frozen=True, tag=True):
    """It is in force."""


class Failed(Struct, frozen=True, tag=True):
    """It could not be done: the name of one of `bounced.errors`, and its detail."""

    error: str
    detail: str


Question = Begin | Tell | Prepare | Apply
Answer = Stands | Prepared | Applied | Failed


class Asked(Struct, frozen=True):
    """A question on its way."""

    id: int
    question: Question


class Answered(Struct, frozen=True):
    """An answer on its way back."""

    id: int
    answer: Answer
