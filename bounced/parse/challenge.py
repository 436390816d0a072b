"""Challenges: a filter asks the sender to prove that a person wrote, and holds the message until then. No bounce.

There is no specification. Filters are rows in tables: the field they add, or the words they ask with. A challenge that
says that the message was refused is left to the readers of free text.
"""

import re

from bounced.parse.draft import Declined
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences

#: Characters of a text that are searched for the words of a challenge.
_MAX_HEAD = 6000

# Fields that only challenging filters add: TMDA, Active Spam Killer.
_FIELDS = ("x-tmda-fingerprint", "x-askversion")
# Sites to which a challenge sends the person who is to answer it.
_SITES = (
    "spamarrest.com",
    "boxbe.com",
    "bitbounce.com",
    "mailinblack.com",
    "earthlink.net",
    "knowspam.net",
    "antispamuol",
    "mailblocks.com",
    "bluebottle.com",
)
_SUBJECTS = (
    r"please confirm (?:your|that you sent|receipt of your) (?:message|e-?mail|mail)",
    r"confirm (?:your|the delivery of your) (?:message|e-?mail)",
    r"(?:message|e-?mail|sender) (?:verification|confirmation|authentication) (?:required|needed|request)",
    r"(?:verify|confirm) (?:your )?(?:sender )?(?:e-?mail )?(?:address|identity) (?:for|to reach|to deliver)",
    r"your (?:message|e-?mail) (?:to .{1,80} )?(?:requires|needs|awaits) (?:verification|confirmation|your confirmation)",
    r"\(verification\)$",
    r"\(action required\)$",
    r"\[mailinblack\]",
    r"merci de (?:vous authentifier|confirmer votre (?:message|e-?mail))",
    r"bitte bestätigen sie ihre (?:nachricht|e-?mail)",
    r"por favor,? confirme su (?:mensaje|correo)",
    r"confirme (?:o envio|sua mensagem)",
)
# What a challenge says: the message waits for an answer of its sender.
_WORDS = (
    (
        r"(?:reply to|click) (?:this (?:message|e-?mail)|(?:on )?the (?:link|button|url)(?: below)?) .{0,80}\b"
        r"(?:confirm|verify|prove|deliver|release|authenticate)"
    ),
    (
        r"(?:confirm|verify|prove) (?:that )?you(?:'re| are| sent| wrote)\b.{0,60}\b"
        r"(?:human|person|real|sender|message|e-?mail|not a (?:robot|machine|spammer))"
    ),
    (
        r"(?:message|e-?mail|mail) (?:is|has been|will be|was) (?:being )?(?:held|queued|quarantined|waitlisted|kept)\b.{0,120}\b"
        r"(?:confirm|verif|authenticat|reply|click|respond)"
    ),
    r"(?:add|adding) (?:you|yourself|your address) to (?:my|the|our) (?:allowed|approved|white|safe|guest) ?(?:senders?|guests?)? ?list",
    r"protecting (?:myself|my(?: e-?mail)? (?:account|inbox|mailbox)) from (?:receiving )?(?:junk|spam|unsolicited)",
    r"(?:authentifier|confirmer) votre (?:message|e-?mail|adresse)\b",
    r"bestätigen sie\b.{0,80}\b(?:absender|nachricht|e-?mail).{0,80}\bzugestellt",
    r"confirm(?:e|ar)\b.{0,60}\b(?:mensaje|correo|mensagem|remitente|remetente)",
)
_SUBJECT = re.compile("|".join(_SUBJECTS), re.IGNORECASE)
_TEXT = Sentences(_WORDS)


def read(mail: Mail) -> Declined:
    """Say whether *mail* is a challenge, which ends the reading."""
    if mail.root.type == "multipart/report":
        return Declined("challenge", "it is a report")
    sign = _find_sign(mail)
    return Declined("challenge", sign or "nothing asks the sender to confirm anything", is_final=sign is not None)


def _find_sign(mail: Mail) -> str | None:
    if field := next((name for name in _FIELDS if name in mail.fields), None):
        return f"a challenging filter adds the field {field}"
    text = " ".join(mail.text[:_MAX_HEAD].split())
    asks = _TEXT.search(text)
    if asks is None:
        return None
    subject = _SUBJECT.search(mail.fields.text("subject") or "")
    site = next((site for site in _SITES if site in text.lower() or site in (mail.fields.get("from") or "").lower()), None)
    if subject or site:
        return f"it asks to confirm the message: {asks[0][:60]}"
    return None
