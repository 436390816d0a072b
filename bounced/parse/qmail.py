"""The qmail-send bounce message format and its relatives.

QSBMF (D. J. Bernstein, https://cr.yp.to/proto/qsbmf.txt): "Hi. This is the …" begins the message; a paragraph that begins
with `<recipient>:` says what happened to one recipient; a paragraph that begins with `-` ends the notice. qmail, netqmail,
notqmail and qmail-ldap write it, Haraka and Apache James nearly; Yahoo and several hosts keep the paragraphs under an
introduction of their own (`_INTRODUCTIONS`). It has no way to say that mail is only late.
"""

import re
from collections.abc import Sequence

from bounced import address
from bounced.model import Failure, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences

_INTRODUCTIONS = Sentences(
    (
        r"^[ \t]{0,8}hi\. this is the ",  # QSBMF
        r"^[ \t]{0,8}(?:we(?:'re| are) )?sorry,? (?:but )?we (?:were|are) unable to deliver",  # Yahoo
        r"^[ \t]{0,8}(?:i'm|i am) (?:afraid|sorry) (?:i|we) (?:wasn't|was not|weren't|were not) able to deliver",
        r"^[ \t]{0,8}unable to deliver message to the following address",
        r"^[ \t]{0,8}your (?:mail )?message to the following address(?:\(?es\)?)? could not be delivered",
        r"^[ \t]{0,8}(?:this is an? )?(?:automatic|automated) (?:message|notice|reply) from the [\w\-]{1,40} (?:program|server)",
        r"^[ \t]{0,8}(?:your|the following) (?:e-?mail|message)s? (?:could not|couldn't) be delivered to the following",
    ),
    re.MULTILINE,
)
_HOST = re.compile(r"hi\. this is the .{1,60}? (?:program|server|system) (?:at|on) ([\w.\-]{1,254}\w)", re.IGNORECASE)
_RECIPIENT = re.compile(r"<([^<>\n]{1,320}|[^\n]{1,320}(?=>:))>:?[ \t]*$|<([^<>\n]{1,320})>:")
_END = re.compile(r"-{2,}")


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a report in qmail's format."""
    if not mail.is_automatic:
        return Declined("qmail", "a person wrote it")
    found = _INTRODUCTIONS.search(mail.notice)
    if not found:
        return Declined("qmail", "no introduction of this family")
    failures: dict[str, Failure] = {}
    for paragraph in entries.paragraphs(_notice(mail.notice[found.start() :].split("\n"))):
        name = _recipient(paragraph[0])
        if name and len(failures) < entries.MAX_ENTRIES:
            words = "\n".join([paragraph[0].partition(">:")[2], *paragraph[1:]])
            failures.setdefault(address.fold(name), answer.failure(Recipient(name, Source.TEXT), words))
    if not failures:
        return Declined("qmail", "no paragraph begins with a recipient")
    host = _HOST.search(mail.notice)
    return Draft(reader="qmail", failures=list(failures.values()), reporting_mta=host[1] if host else None)


def _notice(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines before the paragraph that ends the notice."""
    end = next((number for number, line in enumerate(lines) if _END.match(line) and not lines[max(0, number - 1)].strip()), len(lines))
    return lines[:end]


def _recipient(line: str) -> str | None:
    found = _RECIPIENT.match(line.rstrip())
    name = address.unwrap((found[1] or found[2]).strip()) if found else ""
    return name if address.is_address(name) else None
