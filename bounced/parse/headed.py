"""Reports whose recipients and reasons stand under headings or behind labels, as most commercial mail products write them.

One grammar: "The following addresses failed: …, Reason: …", in prose, in columns or in the cells of a table. The products,
some thirty in ten languages, are rows of `bounced.parse.headings`. Reads only what a program wrote, and never a quotation.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from bounced import address, status
from bounced.model import Failure, Kind, Recipient, Source
from bounced.parse import answer, entries, sections, words
from bounced.parse.draft import Declined, Draft
from bounced.parse.entries import Entry
from bounced.parse.headings import Role
from bounced.parse.mail import Mail
from bounced.parse.sections import Section
from bounced.parse.sentences import Phrases
from bounced.parse.warning import is_warning

#: Characters after a heading within which an address that begins no line is looked for.
_MAX_SENTENCE = 400
_REFUSED = 400

_FAILURE = Phrases(words.FAILURE_PHRASES)
_TELLING = frozenset({Role.FAILED, Role.STATED})
_BOX = re.compile(r"[\W_]*")
_NO_REPLY = re.compile(r"\b(?:no|do-?not|never)[\-_.]?reply\b", re.IGNORECASE)
# A label that Zoho puts before each code; without it they read like any server's.
_NOISE = re.compile(r"\bERROR_CODE\s?:\s?")


class _Group(Struct):
    """Recipients for whom the same reason is given, above them or below; `finals` is where the mail of some was sent on to."""

    entries: list[Entry] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    finals: dict[str, str] = field(default_factory=dict)
    heading: str = ""
    command: str | None = None
    host: str | None = None
    is_reason_first: bool = False


def read(mail: Mail) -> Draft | Declined:
    """Read *mail* by its headings and labels."""
    if not (mail.is_automatic or _is_from_program(mail)):
        return Declined("headed", "no mail system wrote it")
    found = sections.split(mail.notice)
    groups = _groups(found)
    is_told = any(section.role in _TELLING for section in found)
    if not (is_told or _says_failure(mail.notice, groups)):
        return Declined("headed", "no heading or label tells of undelivered mail")
    kind = Kind.DELAY if is_warning(mail.flat_notice) else Kind.BOUNCE
    failures = _failures(groups, kind, mail) or (_of_addressee(found, groups, kind, mail) if is_told else [])
    if not failures:
        return Declined("headed", "it names no recipient under its headings")
    return Draft(reader="headed", failures=failures, confidence=0.95)


def _is_from_program(mail: Mail) -> bool:
    """Whether a program wrote the mail that is no mail system by its name: list managers, senders that take no replies."""
    return "x-mlserver" in mail.fields or _NO_REPLY.search(mail.fields.get("from") or "") is not None


def _says_failure(text: str, groups: Iterable[_Group]) -> bool:
    replies = (status.find_codes(reason).reply for group in groups for reason in group.reasons)
    return any(reply and reply >= _REFUSED for reply in replies) or _FAILURE.are_in(text.lower())


def _groups(found: Iterable[Section]) -> list[_Group]:
    """Put together what belongs together: recipients and the reasons next to them."""
    groups = [_Group()]
    for section in found:
        group = groups[-1]
        match section.role:
            case Role.FAILED | Role.STATED | Role.RECIPIENT:
                _add_recipients(groups, section)
            case Role.ORIGINAL:
                _rename_last(group, section.text)
            case Role.REASON:
                _add_reason(groups, _paragraph(section.lines))
            case Role.COMMAND:
                group.command = group.command or answer.command_in(f">>> {section.text}")
            case Role.HOST:
                group.host = group.host or _host(section.text)
            case _:
                pass
    if len(groups) > 1 and not groups[-1].entries:  # the last reason belongs to the recipients above it
        groups[-2].reasons += groups.pop().reasons
    return groups


def _add_recipients(groups: list[_Group], section: Section) -> None:
    listed = _entries(section)
    if not listed:
        return
    group = groups[-1]
    if group.entries and group.reasons and not group.is_reason_first:
        groups.append(group := _Group())
    group.is_reason_first = group.is_reason_first or bool(group.reasons and not group.entries)
    group.heading = group.heading or section.heading
    group.entries += listed


def _add_reason(groups: list[_Group], reason: str) -> None:
    if groups[-1].entries and groups[-1].is_reason_first:
        groups.append(_Group())
    if reason:
        groups[-1].reasons.append(reason)


def _rename_last(group: _Group, text: str) -> None:
    """Put the original address that *text* names in the place of the rewritten one before it."""
    names = address.find(text, 1)
    if group.entries and names:
        group.finals[names[0]] = group.entries[-1].name
        group.entries[-1].name = names[0]


def _entries(section: Section) -> list[Entry]:
    """Read the recipients under a heading: a list; else an address within the sentence that the heading begins."""
    lines = _unboxed(section.lines)
    listed = entries.read(lines)
    above = [line for line in lines[: _first(lines)] if line.strip()] if listed else []
    if not listed or address.find("\n".join(above), 1):
        paragraph = _paragraph(lines)[:_MAX_SENTENCE]
        names = address.find(section.heading, 1) or address.find(paragraph, 1)
        above, listed = [], [Entry(address.unwrap(name), [paragraph]) for name in names if not _is_system(name)]
    if section.role is Role.STATED:
        for entry in listed:
            entry.lines = [section.heading, *above, *entry.lines]
    return listed


def _first(lines: Sequence[str]) -> int:
    return next((number for number, line in enumerate(lines) if entries.begins(line)), 0)


def _is_system(name: str) -> bool:
    return name.rpartition("@")[0].lower() in words.SYSTEM_LOCAL_PARTS


def _unboxed(lines: Sequence[str]) -> list[str]:
    """Blank the lines that are drawn, not written: `=======`."""
    return ["" if _BOX.fullmatch(line) else line for line in lines]


def _paragraph(lines: Sequence[str]) -> str:
    """Return the first paragraph; and the next, where the first only announces it."""
    paragraphs = ["\n".join(each) for each in entries.paragraphs(_unboxed(lines))]
    if len(paragraphs) > 1 and paragraphs[0].rstrip().endswith((":", "\uff1a")):
        return "\n".join(paragraphs[:2])
    return paragraphs[0] if paragraphs else ""


def _host(text: str) -> str | None:
    first = (text.strip().removeprefix("dns;").split() or [""])[0]
    return first.strip("<>[]") or None


def _failures(groups: Iterable[_Group], kind: Kind, mail: Mail) -> list[Failure]:
    """Make one failure of each recipient, of all that is said about it; our own return path is none."""
    own = {address.fold(each) for each in mail.envelope.rcpt_to}
    said: dict[str, tuple[_Group, Entry]] = {}
    for group in groups:
        for entry in group.entries:
            folded = address.fold(entry.name)
            lines = [*entry.lines, *group.reasons]
            if folded in said:
                said[folded][1].lines += lines
            elif folded not in own:
                said[folded] = group, Entry(entry.name, lines, entry.parent)
    sender = {address.fold(each) for each in address.find(mail.fields.get("to") or "")}
    chosen = [each for folded, each in said.items() if folded not in sender] or list(said.values())
    return [_failure(group, entry, kind) for group, entry in chosen]


def _failure(group: _Group, entry: Entry, kind: Kind) -> Failure:
    final = entry.name if entry.parent else group.finals.get(entry.name)
    recipient = Recipient(entry.parent or entry.name, Source.TEXT, final)
    return answer.failure(recipient, _NOISE.sub("", entry.words) or group.heading, kind, group.command, group.host)


def _of_addressee(found: Iterable[Section], groups: Iterable[_Group], kind: Kind, mail: Mail) -> list[Failure]:
    """Name the one whom the returned mail was addressed to, where the report names a person and no address."""
    stated = tuple(address.find("\n".join(section.text for section in found if section.role is Role.ADDRESSEE)))
    names, source = (mail.original.to, Source.RETURNED_MESSAGE) if mail.original.to else (stated, Source.TEXT)
    if len(names) != 1 or address.fold(names[0]) in {address.fold(each) for each in mail.envelope.rcpt_to}:
        return []
    said = [section.heading + "\n" + section.text for section in found if section.role in _TELLING]
    reasons = [reason for group in groups for reason in group.reasons]
    return [answer.failure(Recipient(names[0], source), "\n".join([*said, *reasons]), kind)]
