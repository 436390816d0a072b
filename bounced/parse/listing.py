"""Lists of recipients under a sentence that says they failed: OpenSMTPD, GMX and 1&1, MXLogic, Zoho, hMailServer and others.

The sentences are data (`_INTRODUCTIONS`): a product that words its own takes a row. What follows is read by
`entries`: an address, its reason behind it or below it.
"""

import re
from collections.abc import Sequence

from bounced import address
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences
from bounced.parse.warning import is_warning

# What announces a list, in lower case and with single blanks; the product that says so first.
_INTRODUCTIONS = (
    "for the following list of recipients",  # OpenSMTPD
    "for the following recipients",
    "the following address failed",  # GMX, 1&1, MXLogic
    "the following address(es) failed",  # Zoho
    "the following addresses failed",
    "the following recipient(s) could not be reached",  # hMailServer
    "the following recipient(s) cannot be reached",
    "to the following recipients failed permanently",  # X3
    "to the following recipients was aborted",
    "to the following recipients failed",
    "to the following recipient failed",
    "to the following recipients cannot be delivered",  # Courier
    "to the following recipients could not be delivered",
    "to the following recipient could not be delivered",
    "to the following recipients has been delayed",
    "have not yet received your message",
    "deliver your message to the following address",  # MessageLabs, Apache James
    "deliver your message to the following recipient",
    "delivered to the following recipient",
    "delivered to the following address",
    "delivery to the following address",
    "delivery to the following recipient",
    "the following recipients could not be reached",
    "list of the affected recipients",  # PowerMTA
    "failed recipient(s)",  # Apache James
    "the following addresses had delivery errors",  # X1
    "the following addresses had delivery problems",  # McAfee
    "following recipients were undeliverable",
    "addresses had permanent fatal errors",
    "failed addresses follow",
    "this is a permanent error",  # Zoho: the list follows at once
)
_ANNOUNCING = Sentences([re.escape(each).replace(r"\ ", r"\s{1,20}") for each in _INTRODUCTIONS])
_END = re.compile(
    r"[ \t|>]*(?:[-_=*#]{3,}|[-_=*#]{2,}[ \t]*\w|(?:below is|included is|this is|attached is|enclosed is) (?:a )?copy|original message|"
    r"the original message|message headers? follow|for (?:further|more) (?:assistance|information)|please note that|if you need)",
    re.IGNORECASE,
)
_RULE = re.compile(r"[ \t]*[-_=*#]{3,}[ \t]*")
_LABELLED = re.compile(r"^[ \t]*(?:(?:for the following |failure )?reason|error message)[ \t]*:", re.IGNORECASE | re.MULTILINE)
#: Reasons that stand once, below the list and its line: `Technical details:`, `Reason: …`.
_DETAILS = re.compile(r"(?:technical details|reason|error message|diagnostic information)[ \t]*:\s*", re.IGNORECASE)


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as an introduction and a list."""
    if not mail.is_automatic:
        return Declined("listing", "a person wrote it")
    found = _ANNOUNCING.search(mail.notice)
    if not found:
        return Declined("listing", "no sentence announces a list")
    rest = mail.notice[found.end() :]
    listed = entries.read(_list(rest.split("\n")[1:]))
    if not listed:
        return Declined("listing", "no list follows its announcement")
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    details = _DETAILS.search(rest)
    failures: dict[str, Failure] = {}
    for entry in listed:
        words = entry.words or (_first_paragraph(rest[details.end() :]) if details else "")
        recipient = Recipient(entry.parent, Source.TEXT, entry.name) if entry.parent else Recipient(entry.name, Source.TEXT)
        failures.setdefault(address.fold(entry.name), answer.failure(recipient, _LABELLED.sub("", words), kind))
    return Draft(reader="listing", failures=list(failures.values()))


def _list(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines up to the first, below an entry, that ends a list."""
    begun = next((number for number, line in enumerate(lines) if entries.begins(line)), len(lines))
    end = next((number for number in range(begun + 1, len(lines)) if _END.match(lines[number])), len(lines))
    return lines[begun:end]


def _first_paragraph(text: str) -> str:
    """Return the first paragraph that has words, without rules above and below it."""
    paragraphs = entries.paragraphs([line for line in text.split("\n") if not _RULE.fullmatch(line)])
    return "\n".join(next(paragraphs, []))
