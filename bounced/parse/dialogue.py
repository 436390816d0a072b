"""SMTP dialogues as reports show them: who was talked to, what was sent, what was answered, to which recipient.

`... while talking to host.:`, `>>> RCPT To:<anna@example.org>`, `<<< 550 5.1.1 no such user` (Sendmail since version 5,
Courier, Mirapoint), `Sent <<<` and `Received >>>` (InterScan: the words count), `-->` and `<--` behind a time (MDaemon).
Between them stand the server's own lines: `550 5.1.1 <anna@example.org>... User unknown`. RFC 5321 §4.2 for the replies.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from bounced import address, status

#: Lines of a dialogue that are read.
MAX_LINES = 5000

_MARKED = re.compile(r"[^<>\n]{0,60}?(?:(sent|received)[ \t]?)?(>>>|-->|<<<|<--)[ \t]?(.{0,2000})", re.IGNORECASE)
_MARKS = (">>>", "-->", "<<<", "<--")
_TALKING = re.compile(r"(?:\.\.\. ?)?while talking to ([A-Za-z0-9\-.]{1,255})", re.IGNORECASE)
_ADDRESS_IN_COMMAND = re.compile(r"(?:RCPT TO|MAIL FROM) ?: ?<?([^<>\s]{1,320})", re.IGNORECASE)
_OWN = re.compile(r"(?:([2-5]\d\d)[ \-](?:[245]\.\d{1,3}\.\d{1,3} )?)?<?([^<>\s@]{1,64}@[^<>\s@]{1,255}?)>?\.\.\. (.{1,2000})")
_OWN_WITHOUT_ADDRESS = re.compile(r"[45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?\S.{0,1000}")
#: What a program that delivers locally complained of: `mail.local: unknown user: anna`.
_PROGRAM = re.compile(r"[A-Za-z][\w.\-]{1,40}: \S.{0,1000}")
_CONTINUED = re.compile(r"([2-5]\d\d)-")
_REFUSED = re.compile(r"[45]\d\d(?![\d.])")
_SEQUENCE_ERROR = 503


class Said(Struct, frozen=True):
    """What was answered about a recipient, to which command, by which server; `command` None for the server's own words."""

    words: str
    command: str | None = None
    host: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether the other server said it."""
        return self.command is not None


class Dialogue(Struct):
    """What a dialogue tells: of each recipient (folded address, in order), and of the message as a whole; whom it was sent to."""

    by_recipient: dict[str, Said]
    of_all: Said | None
    rcpts: list[str]

    def of(self, name: str) -> Said | None:
        """Return what was said of the recipient *name*, else of the message as a whole."""
        return self.by_recipient.get(address.fold(name)) or self.of_all


def is_in(text: str) -> bool:
    """Whether *text* marks anything as sent or received."""
    return any(mark in text for mark in _MARKS)


def read(lines: Sequence[str]) -> Dialogue:
    """Read the dialogue among *lines*; empty where there is none."""
    reading = _Reading()
    for line in lines[:MAX_LINES]:
        reading.take(line)
    return reading.finish()


class _Reading:
    """The state in which the next line is understood."""

    def __init__(self) -> None:
        self.host: str | None = None
        self.command: str | None = None
        self.named: str | None = None
        self.senders: set[str] = set()
        self.reply: list[str] = []
        self.last: Said | None = None
        self.program = ""
        self.of_all: list[Said] = []
        self.own: list[Said] = []
        self.by_recipient: dict[str, Said] = {}
        self.rcpts: dict[str, str] = {}

    def take(self, line: str) -> None:
        line = line.strip()
        marked = _MARKED.match(line)
        if marked and _is_answer(marked):
            self._answered(marked[3].strip())
            return
        self._close_reply()
        if marked:
            self._sent(marked[3].strip())
        elif talking := _TALKING.match(line):
            self.host, self.command, self.named = talking[1].rstrip(".:"), "CONNECT", None
        elif own := _OWN.match(line):
            self._told(own)
        elif _OWN_WITHOUT_ADDRESS.fullmatch(line):
            self.own.append(Said(line))
        elif _PROGRAM.fullmatch(line):
            self.program = line

    def finish(self) -> Dialogue:
        self._close_reply()
        telling = [said for said in self.of_all if not said.words.startswith(str(_SEQUENCE_ERROR))]
        of_all = next(iter([*telling, *self.of_all, *self.own]), None)
        return Dialogue(self.by_recipient, of_all, list(self.rcpts.values()))

    def _sent(self, line: str) -> None:
        verb = line.partition(" ")[0].partition(":")[0].upper()
        self.command = {"HELO": "EHLO", ".": "DATA"}.get(verb, verb) if verb.isalpha() or verb == "." else "DATA"
        found = _ADDRESS_IN_COMMAND.search(line)
        self.named = address.fold(found[1]) if found and self.command == "RCPT" else None
        if found and self.command == "RCPT":
            self.rcpts.setdefault(address.fold(found[1]), found[1])
        elif found:
            self.senders.add(address.fold(found[1]))

    def _answered(self, line: str) -> None:
        """Take one line of a reply; a reply of several has the same code in each, and a hyphen after it but in the last."""
        if self.reply and not (_CONTINUED.match(self.reply[-1]) and line[:3] == self.reply[-1][:3]):
            self._close_reply()
        self.reply.append(line)

    def _close_reply(self) -> None:
        if not self.reply:
            return
        words, self.reply = "\n".join(self.reply), []
        if not _REFUSED.match(words):
            return
        said = Said(words, self.command or "CONNECT", self.host)
        self.last = said
        about = self.named or self._mentioned(words)
        if about:
            self.by_recipient.setdefault(about, said)
        else:
            self.of_all.append(said)

    def _mentioned(self, words: str) -> str | None:
        """Return the recipient that a reply to DATA or to pipelined commands names."""
        found = [folded for each in address.find(words, 5) if (folded := address.fold(each)) not in self.senders]
        return next((each for each in found if not self.rcpts or each in self.rcpts), None)

    def _told(self, own: re.Match[str]) -> None:
        """Take the server's own line about a recipient: the reply just before it is the reason, where there is one."""
        name, words = address.fold(own[2]), own[3]
        if name not in self.by_recipient:
            has_code = status.find_codes(words).reply is not None
            told = words if has_code or not own[1] else own[0]
            self.by_recipient[name] = self.last or Said(f"{told} ({self.program})" if self.program else told)
        self.last, self.program = None, ""


def _is_answer(marked: re.Match[str]) -> bool:
    """Whether a marked line was received: by the word before the mark, else by the mark."""
    return marked[1].lower() == "received" if marked[1] else marked[2] in {"<<<", "<--"}
