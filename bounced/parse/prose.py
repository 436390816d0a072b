"""The last reader: a report in words of any product and language, known by what all of them share.

An address and a failure stand near each other: an SMTP reply, or one of the usual phrases. It is asked after every
reader that knows its format, and says how sure it is. It reads only what a mail system wrote or whose subject says
that mail came back, and never a quotation.
"""

import re
from collections.abc import Sequence

from bounced import address, status
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, words
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.sentences import Phrases

#: Recipients that are read out of one text.
MAX_RECIPIENTS = 50
#: Characters of a reason that are kept.
MAX_REASON = 2000

_SUBJECT = Phrases(words.FAILURE_SUBJECTS)
_FAILURE = Phrases(words.FAILURE_PHRASES)
_DELAY = Phrases(words.DELAY_PHRASES)
_FINAL = Phrases(words.FINAL_PHRASES)
_ANSWER = re.compile(r"(?:re|aw|sv|antw|odp|fwd?|wg|tr|rv|vs|res|r|回复|答复|転送)\s*:", re.IGNORECASE)
_QUOTED = re.compile(r"^[ \t]*[>|].*\n?", re.MULTILINE)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* by what reports in words have in common."""
    subject = (mail.fields.text("subject") or "").lower()
    is_titled = _SUBJECT.are_in(subject)
    if _ANSWER.match(subject.strip()) or not (mail.is_automatic or is_titled):
        return Declined("prose", "no mail system wrote it, and its subject says nothing of undelivered mail")
    notice = _QUOTED.sub("", mail.notice)
    if not _FAILURE.are_in(notice.lower()) and not _has_reply(notice):
        return Declined("prose", "neither an SMTP reply nor a usual phrase says that mail was not delivered")
    if not (is_titled or mail.is_from_mail_system or mail.original.message_id or mail.original.to):
        return Declined("prose", "it speaks of undelivered mail, but nothing shows that it reports some")
    recipients = _recipients(mail, notice)
    if not recipients:
        return Declined("prose", "it names no address that could be the recipient")
    paragraphs = [paragraph for paragraph in _PARAGRAPH.split(notice) if paragraph.strip()]
    kind = _kind(subject, notice.lower())
    failures = [_failure(recipient, _reason(recipient.address or "", paragraphs), kind) for recipient in recipients]
    return Draft(reader="prose", failures=failures, confidence=0.9 if any(failure.reply or failure.status for failure in failures) else 0.7)


def _recipients(mail: Mail, notice: str) -> list[Recipient]:
    """Find whom the report is about: named in a header, else in the notice, else the one whom the returned mail went to."""
    failed = address.find(mail.fields.get("x-failed-recipients") or "", MAX_RECIPIENTS)
    if failed:
        return [Recipient(each, Source.HEADER) for each in failed]
    returned_to = {address.fold(each): each for each in mail.original.to}
    named = [each for each in address.find(notice, MAX_RECIPIENTS) if address.fold(each) in returned_to or not _is_bystander(each, mail)]
    mailed = [each for each in named if address.fold(each) in returned_to]
    if mailed or named:
        return [Recipient(address.unwrap(each), Source.TEXT) for each in mailed or _first_group(named, notice)]
    return [Recipient(each, Source.RETURNED_MESSAGE) for each in mail.original.to] if len(mail.original.to) == 1 else []


def _first_group(named: Sequence[str], notice: str) -> Sequence[str]:
    """Of addresses that no returned mail confirms, keep those that a reply or phrase stands near; the first, if none does."""
    near = [each for each in named if _says_failure(_line_and_next(each, notice))]
    return near or named[:1]


def _is_bystander(candidate: str, mail: Mail) -> bool:
    """Whether *candidate* is the sender of the mail or of the report, our own return path, or a help desk."""
    folded = address.fold(candidate)
    if folded.rpartition("@")[0].partition("+")[0] in words.SYSTEM_LOCAL_PARTS:
        return True
    others = [*mail.envelope.rcpt_to, mail.original.return_path or ""]
    for name in ("from", "to", "delivered-to", "x-original-to", "reply-to", "return-path", "cc"):
        others += address.find(mail.fields.get(name) or "")
    return folded in {address.fold(other) for other in others}


def _reason(recipient: str, paragraphs: Sequence[str]) -> str:
    """Give what is said about *recipient*: its paragraph, and the next ones until a failure is said or another address begins."""
    for number, paragraph in enumerate(paragraphs):
        if recipient in paragraph:
            said = [paragraph]
            for following in paragraphs[number + 1 : number + 4]:
                if _has_reply(" ".join(said)) or address.find(following, 1):
                    break
                said.append(following)
            return answer.unfold(" ".join(said))[:MAX_REASON]
    telling = [paragraph for paragraph in paragraphs if _says_failure(paragraph)]
    return answer.unfold(" ".join(telling))[:MAX_REASON]


def _failure(recipient: Recipient, reason: str, kind: Kind) -> Failure:
    codes = status.find_codes(reason)
    return Failure(recipient=recipient, kind=kind, status=None, diagnostic_status=codes.status, reply=codes.reply, diagnostic=reason)


def _kind(subject: str, notice: str) -> Kind:
    if (_DELAY.are_in(notice) or _DELAY.are_in(subject)) and not _FINAL.are_in(notice):
        return Kind.DELAY
    return Kind.BOUNCE


def _says_failure(text: str) -> bool:
    return _has_reply(text) or _FAILURE.are_in(text.lower())


def _has_reply(text: str) -> bool:
    codes = status.find_codes(text)
    return (codes.reply is not None and codes.reply >= 400) or (codes.status is not None and codes.status[0] in "45")  # noqa: PLR2004 RFC 5321 §4.2.1


def _line_and_next(candidate: str, notice: str) -> str:
    at = notice.find(candidate)
    end = notice.find("\n", notice.find("\n", at) + 1)
    return notice[notice.rfind("\n", 0, at) + 1 : end if end != -1 else None]
