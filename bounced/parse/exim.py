"""Exim's reports, and those of hosts that run it (Mail.ru among them) in their own words and language.

What all have in common is the list: a recipient two columns in, what happened four columns in (deliver.c,
`print_address_information`, `print_address_error`). The recipient may be a local part alone, a pipe or a file;
the address that was mailed then stands after "generated from", after "RCPT TO" or in X-Failed-Recipients.
Exim's own delivery reports (RFC 3464) are read by `rfc3464`; this one adds what they lack.
"""

import re
from collections.abc import Iterator

from bounced import address
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.sentences import Sentences
from bounced.parse.warning import is_warning

_SIGN = Sentences((
    r"created automatically by (?:mail delivery software|the smtp relay)",
    r"message that you (?:have )?sent (?:could not|has not yet|contained|was (?:longer|rejected))",
    r"smtp error from remote mail(?:er| server)",
    r"retry time(?:out)? (?:exceeded|not reached)",
    r"following address\(es\) (?:failed|have yet)",
))  # fmt: skip
# Refused as a whole: no list follows, the message went to nobody (moan.c, receive.c).
_WHOLE = re.compile(
    r"message that you sent\s+(?:was\s+(?:longer than|rejected by)|contained one or more recipient|could not be processed)", re.IGNORECASE
)
_HEAD = re.compile(r" {2}(?! )(\S.{0,1000})")
_MORE = re.compile(r" {4}|\t")
_RCPT = re.compile(r"RCPT TO:\s?<([^<>\s]{1,320})>", re.IGNORECASE)
_HOST = re.compile(r"(?:created automatically by .{0,60} on|on the queue on) ([\w.\-]{3,255}\w)", re.IGNORECASE)


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a report in Exim's words."""
    if not mail.is_automatic:
        return Declined("exim", "a person wrote it")
    notice = mail.notice
    if not _SIGN.search(notice):
        return Declined("exim", "nothing that Exim says stands in the text")
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    failures = _failures(mail, kind) or _refused(mail)
    if not failures:
        return Declined("exim", "no recipient is listed")
    host = _HOST.search(notice)
    return Draft(reader="exim", failures=failures, reporting_mta=host[1] if host else None)


def _failures(mail: Mail, kind: Kind) -> list[Failure]:
    failed = address.find(mail.fields.get("x-failed-recipients") or "")
    listed: dict[str, tuple[str, str]] = {}
    for name, words in _list(mail.notice.split("\n")):
        listed.setdefault(_named(name) or name, (name, words))
    failures: dict[str, Failure] = {}
    for number, (name, words) in enumerate(listed.values()):
        spare = failed[number] if len(failed) == len(listed) else failed[0] if len(failed) == 1 else None
        recipient, rest = _recipient(name, words, spare, mail.original.to)
        failures.setdefault(address.fold(recipient.address or name), answer.failure(recipient, rest, kind))
    return list(failures.values())


def _list(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the entries: what stands two columns in, and the lines below it that stand four columns in."""
    name, words = "", []
    for line in [*lines, ""]:
        if name and _MORE.match(line):
            words.append(line)
            continue
        if name and words:
            yield name, "\n".join(words).strip()
        elif "@" in name:  # all on one line: "anna@example.org: reason"
            bare, _, rest = name.partition(": ")
            yield bare, rest.strip()
        found = _HEAD.fullmatch(line)
        name, words = (found[1].strip() if found else ""), []


def _recipient(name: str, words: str, spare: str | None, to: tuple[str, ...]) -> tuple[Recipient, str]:
    """Choose the address that was mailed; return it with the words that are left. *spare* is of X-Failed-Recipients."""
    parent, words = entries.split_parent(words)
    named = _named(name)
    if parent:
        return Recipient(parent, Source.TEXT, named), words
    if named:
        return Recipient(named, Source.TEXT), words
    if spare:
        return Recipient(spare, Source.HEADER), words
    if found := _RCPT.search(words):
        return Recipient(address.unwrap(found[1]), Source.TEXT), words
    if len(to) == 1:
        return Recipient(to[0], Source.RETURNED_MESSAGE), words
    return Recipient(None), words


def _named(name: str) -> str | None:
    """Return the address that *name* is, with or without a display name; None for a pipe, a file, a local part."""
    if name.startswith(("pipe to", "save to", "|", "/", '"|', "<undisclosed")):
        return None
    read = address.read(name.rstrip(":"))
    return read if read and address.is_address(read) else None


def _refused(mail: Mail) -> list[Failure]:
    """Make failures of a report that lists nobody: X-Failed-Recipients names them, or the whole message was refused."""
    notice = mail.notice
    if failed := address.find(mail.fields.get("x-failed-recipients") or ""):
        kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
        return [answer.failure(Recipient(each, Source.HEADER), "", kind) for each in failed]
    if _WHOLE.search(notice):
        return [answer.failure(Recipient(each, Source.RETURNED_MESSAGE), notice) for each in mail.original.to]
    return []
