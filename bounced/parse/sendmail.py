"""Sendmail's reports, of version 5 to 8, and those of servers that use its banners (Mirapoint, Biglobe, McAfee, PMDF …).

Sections under `----- title -----` (savemail.c, `errbody`): lists of recipients with `(reason: …)` and `(expanded from:
…)`, then the transcript of the session (see `dialogue`). Version 5 has the transcript alone. Sendmail's delivery report
(RFC 3464) is read by `rfc3464`; this reader adds the answer and the command that it lacks.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from bounced import address, status
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, dialogue, entries
from bounced.parse.draft import Declined, Draft
from bounced.parse.mail import Mail
from bounced.parse.warning import is_warning

_BANNER = re.compile(r"[ \t|]{0,20}-{2,80}[ \t]{0,20}([A-Za-z][^\n]{2,100}?):?[ \t]{0,20}-{2,80}[ \t|]{0,20}")

# What the titles of the sections announce, the first that is found in one; the kind is of the recipients listed there.
_LISTS = (
    (re.compile(r"transient non-fatal error|delayed|still (?:trying|being)", re.IGNORECASE), Kind.DELAY),
    (re.compile(r"successful delivery|delivery notification|were delivered", re.IGNORECASE), Kind.DELIVERY),
    (
        re.compile(
            r"address(?:es|\(es\))? (?:had|have|has|failed|follow)|failed (?:addresses|recipients?)|recipients of this delivery",
            re.IGNORECASE,
        ),
        Kind.BOUNCE,
    ),
)
_TRANSCRIPT = re.compile(r"transcript|message log", re.IGNORECASE)
_REASON_BELOW = re.compile(r"non-?delivered information|reasons? for|error (?:message|details)", re.IGNORECASE)

_FINAL = re.compile(r"fatal|permanent", re.IGNORECASE)
_EXPANDED = re.compile(r"\(expanded from: <?([^<>\s()]{1,320})>?\)", re.IGNORECASE)
_REASON = "(reason: "
_FILLER = re.compile(r"unrecoverable error|conversion.{0,40}|relayed to.{0,80}|successfully delivered.{0,80}", re.IGNORECASE)
_PROGRAM = re.compile(r'[ \t]*(?:"\||\||"/|/|:include:)')


class _Section(Struct):
    """The lines under a banner; those above the first have no title."""

    title: str
    lines: list[str]


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* as a report with Sendmail's banners."""
    if not mail.is_automatic:
        return Declined("sendmail", "a person wrote it")
    sections = list(_sections(mail.notice))
    if len(sections) == 1:
        return Declined("sendmail", "the text has no banners")
    talk = dialogue.read([line for section in sections if _TRANSCRIPT.search(section.title) for line in section.lines])
    below = answer.unfold(" ".join(line for section in sections if _REASON_BELOW.search(section.title) for line in section.lines))
    unless_final = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE  # once: a long notice may have a thousand banners
    failures = [failure for section in sections for failure in _listed(section, talk, below, unless_final, mail)]
    if not failures:
        names = [name for name in talk.by_recipient if address.is_address(name)]
        failures = [_failure(Recipient(name, Source.TEXT), "", talk.of(name), unless_final) for name in names]
    if not failures:
        return Declined("sendmail", "no recipient stands below the banners")
    return Draft(reader="sendmail", failures=failures)


def _sections(notice: str) -> Iterator[_Section]:
    section = _Section("", [])
    for line in notice.split("\n"):
        if found := _BANNER.fullmatch(line):
            yield section
            section = _Section(found[1].strip(), [])
        else:
            section.lines.append(line)
    yield section


def _listed(section: _Section, talk: dialogue.Dialogue, below: str, unless_final: Kind, mail: Mail) -> list[Failure]:
    """Make the failures of the recipients that *section* lists; they are *unless_final* where its title leaves it open."""
    kind = next((kind for pattern, kind in _LISTS if pattern.search(section.title)), None)
    if kind is None or not section.title:
        return []
    if kind is Kind.BOUNCE and not _FINAL.search(section.title):
        kind = unless_final
    listed = entries.read(_with_programs(section.lines))
    return [_failure(_recipient(entry, mail), _reason(entry) or below, talk.of(entry.name), kind) for entry in listed]


def _with_programs(lines: list[str]) -> list[str]:
    """Let a pipe or a file, which is no address, stand as the address that it was expanded from."""
    replaced = list(lines)
    for number, line in enumerate(lines):
        if _PROGRAM.match(line) and (found := _EXPANDED.search("\n".join(lines[number + 1 : number + 4]))):
            replaced[number] = f"<{found[1]}>"
    return replaced


def _recipient(entry: entries.Entry, mail: Mail) -> Recipient:
    """Choose the address that was mailed: the one that the entry was expanded from; a bare alias is the returned mail's To."""
    parent, source = entry.parent, Source.TEXT
    if parent is None and _EXPANDED.search(entry.words) and len(mail.original.to) == 1:
        parent, source = mail.original.to[0], Source.RETURNED_MESSAGE
    if parent is None or address.fold(parent) == address.fold(entry.name):
        return Recipient(entry.name, Source.TEXT)
    return Recipient(parent, source, entry.name)


def _reason(entry: entries.Entry) -> str:
    """Return what the list says of the recipient, out of its `(reason: …)`."""
    words = _EXPANDED.sub("", entry.words).strip()
    if words.startswith(_REASON):
        words = words.removeprefix(_REASON).removesuffix(")").strip()
    return "" if _FILLER.fullmatch(words) or words.isdecimal() else words  # digits: a program's exit status


def _failure(recipient: Recipient, reason: str, said: dialogue.Said | None, kind: Kind) -> Failure:
    """Make a failure of the *reason* in the list and of what the transcript says, where it is about the same answer."""
    if said is None:
        return answer.failure(recipient, reason, kind)
    of_reason, of_said = status.find_codes(reason).reply, status.find_codes(said.words).reply
    if of_reason not in {None, of_said}:
        return answer.failure(recipient, reason, kind)
    if of_reason is None and reason and not said.is_remote and reason.lower() not in said.words.lower():
        words = f"{reason} {said.words}"
    elif of_reason is None or len(said.words) > len(reason):  # the list has the first line of an answer alone
        words = said.words
    else:
        words = reason
    return answer.failure(recipient, words, kind, said.command, said.host)
