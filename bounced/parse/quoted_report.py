"""A report that another mail system passed on in the text of a message of its own, header and all (OCN and other hosts).

Any server may return a message that way, and what it returns says nothing. So the notice above must name nobody, and the
header below it must be that of a report.
"""

from msgspec import structs

from bounced import address
from bounced.model import Envelope
from bounced.parse import mail as mails
from bounced.parse import notice, rfc3464, words
from bounced.parse.draft import Declined, Draft


def read(mail: mails.Mail) -> Draft | Declined:
    """Read the report that stands below the notice of *mail*."""
    if mail.is_report or not mail.is_automatic or any(not _is_help_desk(named) for named in address.find(mail.notice)):
        return Declined("quoted-report", "it is a report itself, or names somebody above what it returns")
    _, below = notice.split(mail.text)
    quoted = mails.Mail(below.encode("utf-8", "replace"), Envelope())
    if quoted.root.type != "multipart/report":
        return Declined("quoted-report", "below the notice stands no report")
    reading = rfc3464.read(quoted)
    if isinstance(reading, Declined):
        return structs.replace(reading, reader="quoted-report")
    return structs.replace(reading, reader="quoted-report", is_wrapped=True)


def _is_help_desk(named: str) -> bool:
    return address.fold(named).partition("@")[0] in words.SYSTEM_LOCAL_PARTS
