"""What a text for people says of one recipient: codes, the command that was answered so, the server that answered.

Every reader of free text makes its failures here, from the words that belong to one recipient. The words themselves
are judged elsewhere (`classify`); here they are only taken apart.
"""

import re

from bounced import status
from bounced.model import Action, Failure, Kind, Recipient
from bounced.parse.sentences import Sentences

#: Characters of a diagnostic that are kept.
MAX_DIAGNOSTIC = 4096

# A label that stands so close to a code that it would not be taken for one: "ERROR_CODE :550".
_CODE_LABEL = re.compile(r"\b(?:error|reply|response|status)[_ ]?code ?[:=] ?", re.IGNORECASE)
_SUCCESS = 2
_ACTIONS = {Kind.BOUNCE: Action.FAILED, Kind.DELAY: Action.DELAYED, Kind.DELIVERY: Action.DELIVERED}

# How texts name the SMTP command that was answered, the most explicit first; a group takes its name from the text.
_COMMANDS: tuple[tuple[str, str | None], ...] = (
    (r"\(in reply to (?:end of )?(RCPT|MAIL|DATA|EHLO|HELO|STARTTLS|AUTH|BDAT)\b", None),  # Postfix
    (r"\bafter (?:pipelined |sending )?(RCPT|MAIL|DATA|EHLO|HELO|STARTTLS|AUTH|BDAT)\b", None),  # Exim, GMX
    (r"\bafter (?:pipelined )?end of data\b|\bfor TEXT command\b", "DATA"),
    (r"\bfor (RCPT|MAIL|DATA|EHLO|HELO)(?: TO| FROM)? command\b", None),  # 1&1
    (r"\b(?:after|in) initial (?:connection|greeting)\b", "CONNECT"),
    (r"\b(?:error following|did not like our(?: final)?) (RCPT|MAIL|DATA|EHLO|HELO|STARTTLS)\b", None),  # X6, dma
    (r"\[(RCPT|MAIL|DATA|EHLO|HELO)(?:_[A-Z]+)?\]\s*$", None),  # Yahoo
    (r"\bSMTP:(RCPT|MAIL|DATA|EHLO|HELO)\b", None),
    (r"\bSTEP: ?(RCPT|MAIL|DATA|EHLO|HELO)\b", None),
    (r"(?:^|\s)(?:>>>|-->) ?(RCPT|MAIL|DATA|EHLO|HELO|STARTTLS|AUTH|BDAT)\b", None),  # transcripts, Courier
    (r"\bsent: ?(RCPT|MAIL|DATA|EHLO|HELO)\b", None),  # hMailServer
    (r"\bdoes not like recipient\b", "RCPT"),  # qmail-remote
    (r"\bsender was rejected\b", "MAIL"),
    (r"\bmy name was rejected\b", "EHLO"),
    (r"\bfailed (?:on DATA command|after I sent the message)\b", "DATA"),
    (r"\b(?:greeting failed|refused to talk to me|couldn't establish an SMTP connection)\b", "CONNECT"),
    (r"(?:^|[\s:])connect to \S{3,255}: ", "CONNECT"),
)
_NAMING = Sentences([pattern for pattern, _ in _COMMANDS])

_HOST = r"([A-Za-z0-9](?:[A-Za-z0-9\-.:]{0,253}[A-Za-z0-9])?)\.?"
# How texts name the server that answered.
_HOSTS = Sentences(
    (
        rf"\bhost:? (?!said\b){_HOST}(?=\s?\[|:| \(| said| refused|$)",  # Exim, Postfix, GMX
        rf"\bwhile talking to {_HOST}:?(?:\s|$)",  # Sendmail
        rf"\bconnect to {_HOST}\[",
        rf"^{_HOST} \[[0-9A-Fa-f.:]{{3,45}}\](?: did not like|:)",  # dma, Courier
        rf"\bConnected to {_HOST} but\b",  # qmail-remote
        rf"(?:^|\s){_HOST} (?:does not like recipient|failed (?:on DATA command|after I sent the message))",
        rf"\bSMTP server <{_HOST}>",
    ),
    re.MULTILINE,
)


def failure(recipient: Recipient, words: str, kind: Kind = Kind.BOUNCE, command: str | None = None, host: str | None = None) -> Failure:
    """Make the failure of *recipient* of whom the text says *words*; *command* and *host* where the caller knows them better."""
    diagnostic = unfold(words)[:MAX_DIAGNOSTIC]
    codes = status.find_codes(_CODE_LABEL.sub("", diagnostic))
    return Failure(
        recipient=recipient,
        kind=kind,
        action=_ACTIONS[kind],
        diagnostic_status=codes.status,
        # A number of class 2 in what failed is no reply but a size, a port, a program's status.
        reply=codes.reply if kind is Kind.DELIVERY or status.class_of(codes.reply) != _SUCCESS else None,
        diagnostic=diagnostic,
        remote_mta=host or host_in(words),
        command=command or command_in(diagnostic),
    )


def unfold(words: str) -> str:
    """Put *words* on one line."""
    return " ".join(words.split())


def command_in(words: str) -> str | None:
    """Return the SMTP command that was answered, where *words* say it: `RCPT`, `DATA` …; `CONNECT` stands for the greeting."""
    words = words[:MAX_DIAGNOSTIC]
    for number in _NAMING.likely(words):
        if found := _NAMING.patterns[number].search(words):
            return _COMMANDS[number][1] or found[1].upper().replace("HELO", "EHLO")
    return None


def host_in(words: str) -> str | None:
    """Return the server that answered, where *words* (with their lines) name it."""
    words = words[:MAX_DIAGNOSTIC]
    return next((found[1] for number in _HOSTS.likely(words) if (found := _HOSTS.patterns[number].search(words))), None)
