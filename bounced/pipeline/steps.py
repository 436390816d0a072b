"""The steps of an arrival's way, each a moment at which the machine may die; a test kills it at every one.

They come in pairs: just before something lasts, and just after it does and before anybody is told.
"""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """A moment between two things that last."""

    #: The message is received, nothing is kept.
    KEEPING = "keeping"
    #: The message is committed; its client has not heard 250.
    KEPT = "kept"
    #: It is judged and, if it counts, remembered in the history; nothing of it is committed in the journal.
    JUDGED = "judged"
    #: Its decisions are committed.
    SETTLED = "settled"
    #: Events are read from the outbox, and not handed to the sink.
    PUBLISHING = "publishing"
    #: The sink has answered, and the journal doesn't know.
    CONFIRMED = "confirmed"
    #: The journal knows what is published.
    PUBLISHED = "published"


#: Is told of every step as it is reached.
Reached = Callable[[Step], None]


def nobody(_step: Step) -> None:
    """Tell nobody."""
