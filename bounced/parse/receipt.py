"""Read receipts: somebody opened, deleted or printed a message, or a signature on it was checked. No report on delivery.

Recognises what is certainly a receipt, so that no other reader takes it for a bounce: message disposition notifications
(RFC 8098, before it RFC 3798 and 2298), S/MIME signed receipts (RFC 2634 §2) and, by the table `_PROGRAMS`, what mail
programs sent before. A delivery status in the same message goes before all this.
"""

import re
from collections.abc import Iterator

from bounced.parse.draft import Declined
from bounced.parse.mail import Mail

#: Octets of a part in Microsoft's own format (TNEF) that are searched for its message class.
_MAX_TNEF = 64 * 1024
#: Characters of a text that are searched for the words of a receipt.
_MAX_HEAD = 4000

_DISPOSITION = re.compile(r"^disposition[ \t]*:[ \t]*(?:manual|automatic)-action[ \t]*/", re.IGNORECASE | re.MULTILINE)
# The message classes of read and non-read receipts (MS-OXOMSG §2.2.2); those of delivery reports end in .NDR and .DR.
_TNEF_CLASSES = (b"ipm.note.ipnrn", b"ipm.note.ipnnrn", b"ipm.microsoft mail.read receipt")
# How subjects of receipts begin, and what their text then says.
_PROGRAMS = (
    (r"(?:not )?read\s?:", r"\bwas (?:read|opened|deleted without being read|not read)\b"),
    (r"(?:un)?gelesen(?:e löschung)?\s?:|gelöscht\s?:", r"\bgelesen\b|\bgeöffnet\b"),
    (r"(?:non )?lue?\s?:", r"\ba été (?:lue?|ouverte?)\b|\blu le\b|\bsans être lue?\b"),
    (r"(?:no )?leído\s?:", r"\bleíd[oa]\b|\bse leyó\b"),
    (r"(?:non )?letto\s?:|letta\s?:", r"\bstat[oa] lett[oa]\b|\blett[oa] (?:il|in data)\b"),
    (r"(?:niet )?gelezen\s?:", r"\bgelezen\b"),
    (r"(?:não )?lid[oa]\s?:", r"\blid[oa]\b"),
    (r"(?:не )?прочитано\s?:", r"прочитано|прочтено"),
    (r"開封済み?\s?:|開封通知", r"開封|お読み"),
    (r"已读\s?[:\uff1a]|已讀\s?[:\uff1a]", r"已读|已讀|閱讀|阅读"),
    (r"(?:return|read) receipt\b|empfangsbestätigung\b|lesebestätigung\b|accusé de lecture\b|confirmación de lectura\b", r"(?s:.)"),
    (r"conferma di lettura\b|leesbevestiging\b|confirmação de leitura\b", r"(?s:.)"),
)
_RECEIPTS = tuple((re.compile(subject, re.IGNORECASE), re.compile(text, re.IGNORECASE)) for subject, text in _PROGRAMS)


def read(mail: Mail) -> Declined:
    """Say whether *mail* is a read receipt, which ends the reading."""
    if mail.part("message/delivery-status", "message/global-delivery-status"):
        return Declined("receipt", "it holds a delivery status")
    sign = next(_signs(mail), None)
    return Declined("receipt", sign or "nothing says that a message was read", is_final=sign is not None)


def _signs(mail: Mail) -> Iterator[str]:
    """Yield what shows that *mail* is a receipt, the surest first."""
    if (mail.root.parameter("report-type") or "").lower() == "disposition-notification":
        yield "its report type is a disposition notification"
    for part in mail.root.walk:
        if part.type in {"message/disposition-notification", "message/global-disposition-notification"}:
            yield "a part is a disposition notification"
        if (part.parameter("smime-type") or "").lower() == "signed-receipt":
            yield "it is a signed receipt (S/MIME)"
        if part.type == "application/ms-tnef" and any(name in part.octets[:_MAX_TNEF].lower() for name in _TNEF_CLASSES):
            yield "its message class is that of a read receipt"
    if _DISPOSITION.search(mail.notice):
        yield "its text holds a Disposition field"
    subject, text = mail.fields.text("subject") or "", mail.notice[:_MAX_HEAD]
    is_named = any(subject_of.match(subject) and text_of.search(text) for subject_of, text_of in _RECEIPTS)
    if is_named and not mail.is_from_mail_system:  # a mail system's report is named after the subject of what it returns
        yield f"its subject and text are those of a receipt: {subject[:60]}"
