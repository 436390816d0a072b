"""The words of a report for people, and the mail returned below them in the same text.

Many servers append the returned message to their notice without any MIME structure. It begins where header fields
begin: several in a row, one of them such as every message has.
"""

import html
import re

#: Characters of a notice that are read.
MAX_NOTICE = 64 * 1024

# Zoho puts no blank after the colon of the fields it returns.
_FIELD = re.compile(
    r"[A-Za-z][A-Za-z0-9\-]{1,60}:(?:[ \t]|$)|(?:received|message-id|from|to|subject|date|user-agent|mime-version|content-type):",
    re.IGNORECASE,
)
# Fields that begin or mark a message's header, and seldom stand in prose. Subject and To do: "Your message / To: …".
_TELLING = re.compile(r"(?:received|return-path|message-id|mime-version|x-[a-z\-]+|delivered-to|dkim-signature|from):", re.IGNORECASE)
# Fields of a delivery report (RFC 3464 §2.2), which may stand in the notice itself; those after it, up to a blank line, too.
_OF_REPORT = re.compile(r"(?:reporting-mta|original-recipient|final-recipient|original-envelope-id):", re.IGNORECASE)
_ENOUGH = 3
# What servers write above the message that they return, whether or not a header comes next.
_SEPARATOR = re.compile(
    r"[ \t>|]{0,10}-{2,20} ?(?:this is a copy of|below this line is a copy|(?:original|unsent|returned|undelivered) message|message header|"
    r"the body of the message|copy of your message|the header of the original)",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td|/th)\b[^<>]{0,500}>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script|head)\b[^<>]{0,500}>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[/!?a-z][^<>]{0,5000}>", re.IGNORECASE)


def from_html(markup: str) -> str:
    """Turn HTML into lines of text: blocks end lines, tags and hidden parts go, entities are decoded.

    An address in angle brackets that nobody escaped stays.
    """
    text = _HIDDEN.sub(" ", markup[:MAX_NOTICE])
    text = _TAG.sub(lambda found: found[0] if "@" in found[0] and "=" not in found[0] else "", _BREAK.sub("\n", text))
    return html.unescape(text)


def split(text: str) -> tuple[str, str]:
    """Split *text* into the notice and the header block (with what follows) of a message returned below it, or "".

    Quotation marks (`> `, `| `) before every line of the returned part are taken off.
    """
    text = text[:MAX_NOTICE]
    start, fields, telling, quote, of_report = 0, 0, False, "", False
    at = 0
    for line in text.split("\n"):
        if "--" in line and _SEPARATOR.match(line):
            return _below(text, at + len(line) + 1)
        bare = line[len(quote) :] if fields else _unquoted(line)
        is_labelled = ":" in bare  # of most lines that is all that need be known
        of_report = bool(bare.strip()) and (of_report or (is_labelled and _OF_REPORT.match(bare) is not None))
        if is_labelled and not of_report and _FIELD.match(bare):
            if not fields:
                start, quote, telling = at, line[: len(line) - len(bare)], False
            fields += 1
            telling = telling or _TELLING.match(bare) is not None
            if fields >= _ENOUGH and telling:
                return text[:start], _without(quote, text[start:])
        elif not (fields and bare[:1] in {" ", "\t"}):
            fields = 0
        at += len(line) + 1
    return text, ""


def _below(text: str, start: int) -> tuple[str, str]:
    """Split *text* at *start* or, if blank lines come there, behind them."""
    rest = text[start:].lstrip("\n")
    first = rest.partition("\n")[0]
    return text[: len(text) - len(rest)], _without(first[: len(first) - len(_unquoted(first))], rest)


def _unquoted(line: str) -> str:
    return line.lstrip("> |") if line[:1] in {">", "|"} else line


def _without(quote: str, text: str) -> str:
    return "\n".join(line.removeprefix(quote) for line in text.split("\n")) if quote else text
