"""Mail that is certainly no report on a delivery of ours, by its form: quotations, invitations, statistics, list mail.

Stands early among the readers, so that no reader of free text takes talk about a bounce for one. It speaks only where the
form leaves no doubt; what merely looks ordinary is left to the others. Signs are tables: a new one is a line.
"""

import re
from collections.abc import Iterator

from bounced.parse import forward
from bounced.parse.draft import Declined
from bounced.parse.mail import Mail

# Content types of which a message of this kind is made.
_TYPES = {
    "text/calendar": "it is an invitation or an answer to one (RFC 6047)",
    "multipart/digest": "it is a digest of a mailing list (RFC 2046 §5.1.5)",
    "application/tlsrpt+gzip": "it is a report on TLS (RFC 8460)",
    "application/tlsrpt+json": "it is a report on TLS (RFC 8460)",
}
_AGGREGATE = "it is an aggregate report (RFC 7489 §7.2)"
_AGGREGATE_SUBJECT = re.compile(r"(?:\[[^\]]{0,60}\] ?|preview: ?)?report domain: ?\S{1,255}", re.IGNORECASE)
_AGGREGATE_NAME = re.compile(
    r"[^!\s]{1,255}![^!\s]{1,255}!\d{9,11}!\d{9,11}(?:![^!]{1,60})?\.(?:xml|json)(?:\.gz)?|[^!\s]{1,255}!.{1,255}\.zip", re.IGNORECASE
)
# Notices to those whom mail is for, about mail that a filter kept from them: how their subjects begin, and their texts.
_DIGESTS = (
    r"(?:your |daily |end[- ]user |e-?mail )?(?:spam |e-?mail |message )?quarantine (?:summary|digest|report)",
    r"(?:end[- ]user )?(?:spam )?quarantine notification$",
    r"(?:your |daily )?spam (?:digest|summary|report)",
    r"quarantänebericht|spam-quarantäne",
    r"rapport de quarantaine",
    r"informe de cuarentena",
)
_DIGEST_SUBJECT = re.compile(rf"(?:\[[^\]]{{0,60}}\] ?)?(?:{'|'.join(_DIGESTS)})", re.IGNORECASE)
# Not "we are returning the message to you".
_TO_READER = re.compile(
    r"(?<!return )(?<!returning )\b(?:an?|one|some|the following|\d{1,4}(?: new)?) (?:e-?mail )?(?:messages?|e-?mails?|mails?) "
    r"(?:that (?:was|were) )?(?:sent |addressed |destined )?(?:to|for) you\b",
    re.IGNORECASE,
)
#: Characters of a text in which a notice says what it is about.
_MAX_HEAD = 400
# Fields of mailing lists and newsletters (RFC 2919, RFC 2369), and of programs that mail what people wrote elsewhere.
_LIST_FIELDS = ("list-id", "list-post", "list-unsubscribe")
_PROGRAM_FIELDS = (
    "x-github-reason",
    "x-gitlab-project",
    "x-jira-fingerprint",
    "x-bugzilla-reason",
    "x-redmine-host",
    "x-trac-version",
    "rt-ticket",
    "x-otrs-loop",
)
# fml answers who is no member with the fields of its lists.
_LIST_SERVER_FIELD = "x-mlserver"


def read(mail: Mail) -> Declined:
    """Say whether *mail* is certainly no report, which ends the reading."""
    sign = next(_signs(mail), None)
    return Declined("ordinary", sign or "nothing in its form speaks against a report", is_final=sign is not None)


def _signs(mail: Mail) -> Iterator[str]:
    """Yield what shows that *mail* is none, the surest first."""
    if mark := forward.find_mark(mail):
        yield f"a person forwards or answers something: {mark[:60]}"
    types = {part.type for part in mail.root.walk}
    if types & {"message/delivery-status", "message/global-delivery-status"}:
        return
    if (mail.root.parameter("report-type") or "").lower() == "tlsrpt":
        yield _TYPES["application/tlsrpt+gzip"]
    if _is_aggregate(mail):
        yield _AGGREGATE
    if _DIGEST_SUBJECT.match(mail.fields.text("subject") or "") or _is_to_reader(mail.notice[:_MAX_HEAD]):
        yield "it tells a reader about mail that was kept from him"
    if not mail.is_from_mail_system:  # else these came back with a bounce
        yield from (_TYPES[each] for each in _TYPES if each in types)
        if not (mail.has_null_sender or mail.root.type == "multipart/report" or _LIST_SERVER_FIELD in mail.fields):
            yield from (f"it has the field {name}" for name in (*_LIST_FIELDS, *_PROGRAM_FIELDS) if name in mail.fields)


def _is_to_reader(text: str) -> bool:
    """Whether *text* speaks of mail that was for whoever reads it; what it must hold is looked for first, as that is quick."""
    lower = text.lower()
    return ("to you" in lower or "for you" in lower) and _TO_READER.search(text) is not None


def _is_aggregate(mail: Mail) -> bool:
    if _AGGREGATE_SUBJECT.match(mail.fields.text("subject") or ""):
        return True
    names = (
        part.parameter("name") or part.fields.get("content-disposition", "") or ""
        for part in mail.root.walk
        if part.type.startswith("application/")
    )
    return any(_AGGREGATE_NAME.search(name) for name in names)
