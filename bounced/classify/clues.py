"""What a failure gives to judge by: words, codes, receiver, and whether the answer is final.

Reads the fields of a failure and its report; weighs nothing.
"""

import re

from msgspec import Struct

from bounced import status
from bounced.classify.bare import find_bare_code
from bounced.classify.surroundings import Surroundings
from bounced.classify.text import fold, mask_addresses, strip_type
from bounced.model import Action, Failure, Kind

_LETTERS = re.compile(r"[^\W\d_]{2}")
#: Delivery time expired, in either class (RFC 3463 §3.5).
_EXPIRED = ".4.7"
_DELIVERED, _TRANSIENT, _PERMANENT = 2, 4, 5


class Clues(Struct, frozen=True, kw_only=True):
    """The clues of one failure. `words` come from the diagnostic; `around` from the report's text where it has none."""

    words: str
    around: str = ""
    reply: int | None = None
    status: str | None = None
    #: The reply code where it is all that the diagnostic says.
    bare: int | None = None
    #: Where the status says that the queue's time was over: the last one that the words name as the cause.
    inner: str | None = None
    #: The SMTP command that was answered so, where it is known.
    command: str | None = None
    is_final: bool = True


def read(failure: Failure, surroundings: Surroundings) -> Clues:
    """Collect the clues of *failure*, a recipient of the report that *surroundings* were made of."""
    diagnostic = fold(failure.diagnostic)
    bare = find_bare_code(diagnostic)
    # A bare 255 is as well the exit status of a program: a success needs a reader who knew it for a reply code.
    reply = failure.reply or (bare if status.class_of(bare) != _DELIVERED else None)
    is_wordless = bare is not None or not _LETTERS.search(strip_type(diagnostic))
    chosen = status.choose(failure.diagnostic_status, failure.status, reply)
    return Clues(
        words=mask_addresses(diagnostic),
        around=surroundings.words(failure.recipient.address) if is_wordless else "",
        reply=reply,
        status=chosen,
        inner=_inner_status(diagnostic, chosen) if chosen and chosen.endswith(_EXPIRED) else None,
        bare=bare if bare == reply else None,
        command=failure.command,
        is_final=failure.kind is Kind.BOUNCE and failure.action in {Action.FAILED, None},
    )


def is_delivery(clues: Clues, failure: Failure) -> bool:
    """Whether the report tells of a delivery: its action says so, or its codes do (a 2xx is never a bounce)."""
    if failure.kind is Kind.DELIVERY or failure.action in {Action.DELIVERED, Action.RELAYED, Action.EXPANDED}:
        return True
    if status.class_of(clues.reply) == _DELIVERED:
        return clues.status is None or clues.status.endswith(".0.0") or status.class_of(clues.status) == _DELIVERED
    return clues.reply is None and status.class_of(clues.status) == _DELIVERED


def is_permanent(clues: Clues, failure: Failure) -> bool:
    """Whether the receiver says that another try ends the same: the action is *failed*, and no code is of class 4.

    Without an action, a code of class 5 has to say so. A status of 4.0.0 says nothing against a reply of class 5.
    """
    classes = {status.class_of(clues.reply)}
    if not (clues.status and clues.status.endswith(".0.0") and clues.reply):
        classes.add(status.class_of(clues.status))
    if not clues.is_final or _TRANSIENT in classes:
        return False
    return failure.action is Action.FAILED or _PERMANENT in classes


def _inner_status(diagnostic: str, expired: str) -> str | None:
    """Return the status that *diagnostic* names behind *expired*, delivery time over, as its cause."""
    return status.find_codes(diagnostic.partition(expired)[2]).status
