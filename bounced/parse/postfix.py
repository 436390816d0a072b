"""Postfix's words for people (bounce(8), bounce_notify_util.c), and those of servers that imitate them.

`<recipient>: reason`, folded by four blanks, `(expanded from <address>)` where it was mailed under another name, and the
command "(in reply to …)". Read for what a delivery report (RFC 3464) leaves open, and for relays that
strip it: the same list then stands in plain text, or below the text of a forwarding host.
"""

import re

from bounced import address, status
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences
from bounced.parse.warning import is_warning

_SIGN = Sentences(
    (
        r"this is the (?:mail system|postfix program|[\w.\-]{1,40} (?:mail|program)) at host",
        r"i'm sorry to have to inform you that",
        r"enclosed is the mail delivery report that you requested",
        r"^ *the (?:mail system|postfix program)$",
        r"\(in reply to [a-z ]{3,20} command\)",
    ),
    re.MULTILINE,
)
_HOST = re.compile(r"this is the (?:mail system|postfix program|.{1,40}) at host ([\w.\-]{1,254}\w)", re.IGNORECASE)
_ENTRY = re.compile(r"<([^<>\n]{1,320})>(?=:| \((?:expanded|generated) from)(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_DELIVERED = re.compile(r"(?:delivery via|delivered to|relayed|deliverable:)", re.IGNORECASE)
_SUCCESS = 2


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a report in Postfix's words."""
    if not mail.is_automatic:
        return Declined("postfix", "a person wrote it")
    text = mail.text if mail.part("message/delivery-status") is None else mail.notice
    if not _SIGN.search(text):
        return Declined("postfix", "nothing that Postfix says stands in the text")
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    failures: dict[str, Failure] = {}
    for found in _ENTRY.finditer(text):
        is_at_line_start = found.start() == 0 or text[found.start() - 1] == "\n"
        if is_at_line_start and address.is_address(name := address.unwrap(found[1].strip())):
            failures.setdefault(address.fold(name), _failure(name, found[2], kind))
        if len(failures) == entries.MAX_ENTRIES:
            break
    if not failures:
        return Declined("postfix", "no recipient is listed")
    host = _HOST.search(text)
    return Draft(reader="postfix", failures=list(failures.values()), reporting_mta=host[1] if host else None)


def _failure(name: str, words: str, kind: Kind) -> Failure:
    parent, words = entries.split_parent(words)
    words = words.strip().removeprefix(":").strip()
    recipient = Recipient(parent, Source.TEXT, name) if parent else Recipient(name, Source.TEXT)
    if kind is Kind.BOUNCE and _DELIVERED.match(words) and status.class_of(status.find_codes(words).reply) in {None, _SUCCESS}:
        kind = Kind.DELIVERY
    return answer.failure(recipient, words, kind)
