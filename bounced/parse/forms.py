"""Reports that are a form: fixed sentences with the recipient and the reason filled in.

A product is a row of `form_table`: what gives it away, where the recipient stands, where the reason does. Read after
the readers of lists; a form that several products share has one row.
"""

import re

from bounced import address
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer
from bounced.parse.draft import Declined, Draft
from bounced.parse.entries import MAX_ENTRIES
from bounced.parse.form_table import FORMS, Form
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences
from bounced.parse.warning import is_warning

_SIGNS = Sentences([form.sign.pattern for form in FORMS], re.MULTILINE)
#: Lines that one reason has at most.
MAX_LINES = 30


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as one of the known forms."""
    form = next((FORMS[number] for number in _SIGNS.likely(mail.notice) if _is_of(FORMS[number], mail)), None)
    if form is None:
        return Declined("forms", "the text is none of the known forms")
    notice = mail.notice
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    command = form.command.search(notice) if form.command else None
    failures: dict[str, Failure] = {}
    for recipient, reason in _filled_in(form, mail):
        if len(failures) < MAX_ENTRIES:
            failure = answer.failure(recipient, reason, kind, command[1] if command else None)
            failures.setdefault(address.fold(recipient.address or ""), failure)
    if not failures:
        return Declined("forms", f"the form of {form.product} names no recipient")
    return Draft(reader="forms", failures=list(failures.values()))


def _is_of(form: Form, mail: Mail) -> bool:
    field, holds = form.header or (None, "")
    is_such = holds in (mail.fields.get(field) or "") if field else mail.is_automatic
    return is_such and form.sign.search(mail.notice) is not None


def _filled_in(form: Form, mail: Mail) -> list[tuple[Recipient, str]]:
    """Return the recipients with their reasons; where the form leaves him out, the one whom the returned mail was to."""
    notice = mail.notice
    found = [(each, address.read(each["to"].rstrip(".,;:"))) for each in form.recipient.finditer(notice)]
    named = [(Recipient(name, Source.TEXT), _reason(form, notice, each)) for each, name in found if name and address.is_address(name)]
    if not named and len(mail.original.to) == 1:
        return [(Recipient(mail.original.to[0], Source.RETURNED_MESSAGE), _reason(form, notice, None))]
    return named


def _reason(form: Form, notice: str, recipient: re.Match[str] | None) -> str:
    if recipient and "reason" in recipient.groupdict():
        return str(recipient["reason"])
    if form.reason is None:
        return _lines(notice[recipient.end() :], form.end) if recipient else ""
    found = form.reason.search(notice)
    return _lines(notice[found.end() :], form.end) if found else ""


def _lines(text: str, end: re.Pattern[str] | None) -> str:
    """Return the lines of the first paragraph of *text*."""
    taken: list[str] = []
    for line in text.lstrip().split("\n", MAX_LINES)[:MAX_LINES]:
        if not line.strip() or (taken and end and end.match(line)):
            break
        taken.append(line)
    return "\n".join(taken)
