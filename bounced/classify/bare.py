"""Codes that stand quite alone: a diagnostic in which no word says why.

Certain or None: a word that is not in the short list below, a second number, or a command other than RCPT makes it
*not bare*, because a text that nobody could read must never pass for none.
"""

import re
from collections.abc import Collection

from bounced.classify.text import diagnostic_type, mask_names, strip_type

#: Words of the protocol that say nothing about a cause, around a code that was given at RCPT or without a place.
_SAYS_NOTHING = frozenset(
    {"smtp", "esmtp", "lmtp", "error", "code", "status", "reply", "response", "host", "said", "in", "to", "rcpt", "command"}
)
#: Types of a Diagnostic-Code (RFC 3464 §2.3.6) whose numbers are reply codes; the type may be missing.
_OF_SMTP = frozenset({"", "smtp", "esmtp", "lmtp"})
#: A longer text says something, whatever its words; characters.
_MAX_BARE = 400
_TOKEN = re.compile(r"[^\s;:,()<>\[\]\"'#.\-]+(?:\.\d+){0,2}", re.ASCII)
# A word that stands by itself, between the delimiters of `text.mask_names`; the first that says something ends the search.
_SPOKEN = re.compile(r"(?<![^\s<>\"(),;])[a-z]{2,}(?=[.:!?]?(?:[\s<>\"(),;]|$))", re.ASCII)
_REPLY = re.compile(r"[245]\d\d", re.ASCII)
_CODES = re.compile(r"[\d.#:;,()<>\[\]\-]+", re.ASCII)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)


def find_bare_code(diagnostic: str) -> int | None:
    """Return the reply code that is all the folded *diagnostic* says, enhanced codes apart; None when it says more or less."""
    if len(diagnostic) > _MAX_BARE or any(word[0] not in _SAYS_NOTHING for word in _SPOKEN.finditer(diagnostic)):
        return None
    if diagnostic_type(diagnostic) not in _OF_SMTP:
        return None  # "x-unix; 77" is the exit status of a program
    replies: set[str] = set()
    for word in strip_type(diagnostic).split():
        for token in _TOKEN.findall(word if _CODES.fullmatch(word) else mask_names(word)):
            if _REPLY.fullmatch(token):
                replies.add(token)
            elif token not in _SAYS_NOTHING and not _STATUS.fullmatch(token):
                return None
    return int(replies.pop()) if len(replies) == 1 else None


def says_more(status: str | None, reply: int, equivalents: Collection[str] = ()) -> bool:
    """Whether *status* says more than *reply*: not its class alone, the same figures (522 and 5.2.2) or an equivalent."""
    return status is not None and not status.endswith(".0.0") and status != ".".join(str(reply)) and status not in equivalents
