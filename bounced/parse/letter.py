"""Mail that may speak of failures, but that no mail system wrote: a person's letter, a shop's notice, a statistic.

Stands before all readers that go by words, for such mail has the words as well. A report comes with a null sender, from
a mail system's address, or returns the message it is about (RFC 5321 §6.1, RFC 3464 §2). What has none of these is left
alone, for a bounce missed is less bad than one invented; a product that sends such reports all the same is known by
a field of its own (`_FIELDS`), or its reader stands above this one.
"""

from bounced.parse.draft import Declined
from bounced.parse.mail import Mail

# Fields of programs that answer mail in their own name: fml to who is no member, several servers with the recipient.
_FIELDS = ("x-mlserver", "x-failed-recipients")


def read(mail: Mail) -> Declined:
    """Say whether *mail* is a letter, which ends the reading."""
    if mail.has_null_sender or mail.is_from_mail_system or mail.root.type == "multipart/report":
        return Declined("letter", "a mail system may have written it")
    if field := next((name for name in _FIELDS if name in mail.fields), None):
        return Declined("letter", f"it has the field {field}")
    original = mail.original
    if original.message_id or original.to or original.subject or any(part.is_message for part in mail.root.walk):
        return Declined("letter", "it returns a message")
    return Declined("letter", "no mail system wrote it, and it returns nothing", is_final=True)
