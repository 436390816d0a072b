"""A reply by itself, as somebody asks about it: made into the report that would tell of it.

Text in, a `Report` with one `Failure` out. What is asked is taken as a final failure (RFC 3464 §2.3.3: *failed*).
"""

from collections.abc import Sequence

from msgspec import Struct

from bounced.classify.provider import Provider
from bounced.classify.receiver import host_of
from bounced.model import Action, Failure, Kind, Recipient, Report
from bounced.status import find_codes, read_status


class Question(Struct, frozen=True):
    """The words of a reply, with its codes where they do not stand in the words; `receiver` is a name or a host's.

    `command` is what the reply was given to (`RCPT`, `MAIL`), as in `model.Failure`.
    """

    text: str | float | None = ""
    reply: int | float | str | None = None
    status: str | float | None = None
    receiver: str | float | None = None
    command: str | None = None


def report_of(question: Question, receivers: Sequence[Provider]) -> Report:
    """Return the report on the one failure that *question* is about; a code that can't be read counts as not given."""
    text = _text(question.text).strip()
    given = find_codes(_text(question.reply))
    reply, status = given.reply, read_status(_text(question.status)) or given.status
    said = find_codes(text)
    if (reply or said.reply, status or said.status) != (said.reply, said.status):
        text = " ".join(str(each) for each in (reply or said.reply, status or said.status, text) if each)
    codes = find_codes(text)
    failure = Failure(
        recipient=Recipient(None),
        action=Action.FAILED,
        reply=codes.reply,
        diagnostic_status=codes.status,
        diagnostic=text,
        command=question.command,
        remote_mta=host_of(_text(question.receiver), receivers),
    )
    return Report(kind=Kind.BOUNCE, identity="", failures=(failure,))


def _text(given: str | float | None) -> str:
    """Write what was given as text, a number without decimals as one (550.0)."""
    return "" if given is None else str(int(given) if isinstance(given, float) and given.is_integer() else given)
