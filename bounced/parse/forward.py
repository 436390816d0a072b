"""What people forward or answer: the marks that mail programs put above a message that is quoted.

Whoever quotes a bounce has not bounced. The marks are those of Outlook, Apple Mail, Gmail, Thunderbird and their like in
the languages they speak; a new one is a line in a table. It says nothing of mail that a mail system wrote.
"""

import re

from bounced.parse.mail import Mail

#: Lines of a text that are searched for a mark; what a person writes above it is seldom longer.
_MAX_LINES = 300
_MAX_LINE = 400
#: Lines that the block "From, Sent, To, Subject" of Outlook takes up to its second field.
_NEAR = 3

_FORWARDED = (
    "forwarded message",
    "forwarded by",
    "begin forwarded message",
    "start of forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "message transféré",
    "début du message transféré",
    "début du message réexpédié",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "início da mensagem encaminhada",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "пересылаемое сообщение",
    "начало переадресованного сообщения",
    "転送されたメッセージ",
    "转发的邮件",
    "轉寄郵件",
)
# Servers put these above the mail that they return, too: a mark of a person only where the subject says so as well.
_ORIGINAL = (
    "original message",
    "original appointment",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "исходное сообщение",
    "元のメッセージ",
    "原始邮件",
    "原始郵件",
)
_PREFIXES = "re|fw|fwd|aw|wg|tr|rv|rif|i|enc|res|sv|vs|vb|doorst|antw|пересл|отв|ответ|转发|轉寄|回复|回覆|答复"
_AUTHORS = "from|von|de|da|van|от|差出人|发件人|寄件者"
_DATES = "sent|gesendet|envoyé|enviado(?: el)?|enviada em|inviato|verzonden|отправлено|送信日時|发送时间|寄件日期|date|datum|fecha|data"

_PREFIX = re.compile(rf"(?:\[[^\]]{{0,60}}\] ?)?(?:{_PREFIXES})(?:\[\d{{1,3}}\])?\s?[:\uff1a]", re.IGNORECASE)
_DASHES = r"[-=_*> ]{0,60}"
_FORWARD_MARK = re.compile(rf"{_DASHES}(?:{'|'.join(map(re.escape, _FORWARDED))})\b[^:]{{0,60}}[:\uff1a]?{_DASHES}", re.IGNORECASE)
_ORIGINAL_MARK = re.compile(rf"{_DASHES}(?:{'|'.join(map(re.escape, _ORIGINAL))}) ?[:\uff1a]?{_DASHES}", re.IGNORECASE)
_AUTHOR_LINE = re.compile(rf"[>* ]{{0,6}}(?:{_AUTHORS})\*?\s?[:\uff1a]", re.IGNORECASE)
_DATE_LINE = re.compile(rf"[>* ]{{0,6}}(?:{_DATES})\*?\s?[:\uff1a]", re.IGNORECASE)
_VERBS = "wrote|writes|schrieb|écrit|escribió|escreveu|ha scritto|schreef|geschreven|пишет|написала?|написал\\(\\w\\)|写道|寫道|のメール"
_ATTRIBUTION = re.compile(rf"(?:{_VERBS})(?: .{{1,200}})?\s?[:\uff1a]$", re.IGNORECASE)


def is_answer(subject: str) -> bool:
    """Whether *subject* begins as that of an answer or a forwarded message does: "Re:", "WG:"."""
    return _PREFIX.match(subject) is not None


def find_mark(mail: Mail) -> str | None:
    """Find the line by which a person forwards or answers something in *mail*; None where no person does."""
    if mail.is_automatic:
        return None
    is_named = is_answer(mail.fields.text("subject") or "")
    lines = [line[:_MAX_LINE].strip() for line in mail.text.split("\n", _MAX_LINES)[:_MAX_LINES]]
    for number, line in enumerate(lines):
        after = lines[number + 1 : number + 1 + _NEAR]
        if _FORWARD_MARK.fullmatch(line) or (is_named and _is_above_quote(line, after)) or _is_attribution(line, after):
            return line
    return None


def _is_above_quote(line: str, after: list[str]) -> bool:
    """Whether *line* stands above what an answer quotes, as Outlook and web mail mark it."""
    if _ORIGINAL_MARK.fullmatch(line) or _attributes(line):
        return True
    return _AUTHOR_LINE.match(line) is not None and any(_DATE_LINE.match(each) for each in after)


def _is_attribution(line: str, after: list[str]) -> bool:
    return _attributes(line) and any(each.startswith(">") for each in after)


def _attributes(line: str) -> bool:
    """Whether *line* says who wrote what follows."""
    return line.endswith((":", "\uff1a")) and _ATTRIBUTION.search(line) is not None
