"""Mail that speaks of failures, but that no mail system wrote: a person's letter, a shop's notice, a statistic.

Stands between the readers that know a product by its words and the last one, which knows only what all have in common.
A report comes with a null sender, from a mail system's address, or returns the message it is about (RFC 5321 §6.1,
RFC 3464 §2); what has none of these is left alone, for a bounce missed is less bad than one invented.
"""

import re

from bounced.parse.draft import Declined
from bounced.parse.mail import Mail

# How mail systems sign that are not called postmaster or MAILER-DAEMON.
_MAIL_SYSTEM = re.compile(
    r"\b(?:(?:system|mail|mail ?server|network) administrator|mail[ -]?(?:delivery|system|daemon|transport|admin)|delivery (?:sub)?system)\b",
    re.IGNORECASE,
)


def read(mail: Mail) -> Declined:
    """Say whether *mail* is a letter, which ends the reading."""
    if mail.has_null_sender or mail.is_from_mail_system or mail.root.type == "multipart/report":
        return Declined("letter", "a mail system may have written it")
    if _MAIL_SYSTEM.search(mail.fields.text("from") or "") or "x-failed-recipients" in mail.fields:
        return Declined("letter", "a mail system may have written it")
    original = mail.original
    if original.message_id or original.to or original.subject or any(part.is_message for part in mail.root.walk()):
        return Declined("letter", "it returns a message")
    return Declined("letter", "no mail system wrote it, and it returns nothing", is_final=True)
