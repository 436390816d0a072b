"""X-Failed-Recipients: a header that names who was not reached, above a text in any language.

Gmail, Google Groups, Mail.ru and others write it, Exim first did. There is no specification; the value is a list of
addresses. The text says why, as a list of recipients with reasons or for all of them together.
"""

import re

from bounced import address
from bounced.model import Kind, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.warning import is_warning

#: Recipients of one report that are read.
MAX_RECIPIENTS = 1000

_RULE = re.compile(r"^-{4}.*", re.MULTILINE | re.DOTALL)


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a report on those whom its X-Failed-Recipients fields name."""
    named = address.find(", ".join(mail.fields.all("x-failed-recipients")), MAX_RECIPIENTS)
    own = {address.fold(each) for each in mail.envelope.rcpt_to}
    failed = [each for each in named if address.fold(each) not in own]
    if not failed:
        return Declined("failed-recipients", "no X-Failed-Recipients field names a recipient")
    notice = _RULE.sub("", mail.notice)
    reasons = {address.fold(entry.name): entry.words for entry in entries.read(notice.split("\n"))}
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    return Draft(
        reader="failed-recipients",
        failures=[answer.failure(Recipient(each, Source.HEADER), reasons.get(address.fold(each)) or notice, kind) for each in failed],
        confidence=0.95,
    )
