"""Reports whose only particulars are the transcript of an SMTP session: MDaemon, InterScan and others.

Speaks where no list names the recipients: those whom the transcript shows as refused, else all whom it shows, when the
message was refused as a whole. See `dialogue` for the notations.
"""

from bounced import address
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, dialogue
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.warning import is_warning


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* by the SMTP dialogue in its text."""
    if not mail.is_automatic:
        return Declined("transcript", "a person wrote it")
    if not dialogue.is_in(mail.notice):
        return Declined("transcript", "no SMTP dialogue stands in it")
    talk = dialogue.read(mail.notice.split("\n"))
    names = list(talk.by_recipient) or (talk.rcpts or list(mail.original.to) if talk.of_all else [])
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    failures = [_failure(name, said, kind) for name in names if address.is_address(name) and (said := talk.of(name)) and said.is_remote]
    if not failures:
        return Declined("transcript", "no SMTP dialogue says who was refused")
    return Draft(reader="transcript", failures=failures)


def _failure(name: str, said: dialogue.Said, kind: Kind) -> Failure:
    return answer.failure(Recipient(name, Source.TEXT), said.words, kind, said.command, said.host)
