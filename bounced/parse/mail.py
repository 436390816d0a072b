"""A message as the readers see it: its structure, and what several of them ask for."""

import re
from collections.abc import Iterator

from bounced import address
from bounced.lazy import lazy
from bounced.model import Envelope, Original
from bounced.parse import mime, notice, original
from bounced.parse.fields import Fields
from bounced.parse.mime import Part

_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "message/feedback-report"})

#: Received fields that are looked at; a message has at most a hundred hops (RFC 5321 §6.3).
MAX_HOPS = 100

_ROBOT = re.compile(
    r"(?:^|[\s<\"])(?:mailer-?daemon|post[_-]?master|mail[ -]?delivery|mail[ -]system|delivery (?:sub)?system|mdaemon)\b"
    r"|(?:^|[\s<\"])(?:system|mail) administrator\b|^\s*<>\s*$",
    re.IGNORECASE,
)


class Mail:
    """One message, scanned once; everything else is read when it is asked for."""

    def __init__(self, raw: mime.Buffer, envelope: Envelope) -> None:
        self.root = mime.scan(raw)
        self.envelope = envelope

    @lazy
    def fields(self) -> Fields:
        """The header fields of the message."""
        return self.root.fields

    @lazy
    def all_parts(self) -> tuple[Part, ...]:
        """All parts in order, those of a wrapped report included, those of returned messages not."""
        return tuple(part for report in self.reports for part in report.walk)

    @lazy
    def _by_type(self) -> dict[str, list[Part]]:
        found: dict[str, list[Part]] = {}
        for part in self.all_parts:
            found.setdefault(part.type, []).append(part)
        return found

    def parts(self, *types: str) -> Iterator[Part]:
        """Yield the parts of one of these content types, in order."""
        present = [found for each in types if (found := self._by_type.get(each))]
        if len(present) < 2:  # noqa: PLR2004 then their order is known
            return iter(present[0] if present else ())
        return (part for part in self.all_parts if part.type in types)

    def part(self, *types: str) -> Part | None:
        """Return the first part of one of these content types."""
        return next(self.parts(*types), None)

    @lazy
    def is_automatic(self) -> bool:
        """Whether a mail system wrote the message, not a person: one who forwards a report has not bounced.

        Goes by the reverse-path, the From and the Auto-Submitted field (RFC 3834 §5); each alone can be missing.
        """
        return (
            self.has_null_sender
            or self.root.type == "multipart/report"
            or (self.fields.get("auto-submitted") or "no").lower().startswith("auto-")
            or self.is_from_mail_system
        )

    @lazy
    def is_from_mail_system(self) -> bool:
        """Whether the From field names a mail system (MAILER-DAEMON, postmaster), not a person or another program."""
        return _ROBOT.search(self.fields.get("from") or "") is not None

    @lazy
    def has_null_sender(self) -> bool:
        """Whether the message came with the empty reverse-path, as the envelope or its Return-Path field says."""
        return address.is_null_sender(self.envelope.mail_from) or (self.fields.get("return-path") or "").replace(" ", "") == "<>"

    @lazy
    def is_report(self) -> bool:
        """Whether the message itself is a report in form, apart from what it returns or carries."""
        return self.root.type == "multipart/report" or any(part.type in _REPORT_TYPES for part in self.root.walk)

    @lazy
    def reports(self) -> tuple[Part, ...]:
        """The message itself and, where a mail system wrote it, the messages attached to it that carry a report.

        Gateways and list managers wrap a report so. The wrapped one comes last. What a report returns is never looked
        into: there stands whatever our sender, or a forger, wrote.
        """
        if self.is_report or not self.is_automatic:
            return (self.root,)
        attached = [part.message for part in self.root.walk if part.is_message and part is not self.root]
        return (self.root, *(message for message in attached if message.type == "multipart/report"))

    @lazy
    def hops(self) -> tuple[str, ...]:
        """The Received fields, newest first."""
        return tuple(self.fields.all("received")[:MAX_HOPS])

    @lazy
    def text(self) -> str:
        """The text for people: the first plain part that holds any, else the first HTML part without its tags."""
        for part in self.parts("text/plain", "text", ""):
            if part.text.strip():
                return part.text[: notice.MAX_NOTICE]
        markup = self.part("text/html")
        return notice.from_html(markup.text) if markup else ""

    @lazy
    def notice(self) -> str:
        """The text for people, up to where the returned message begins in it."""
        return notice.split(self.text)[0]

    @lazy
    def flat_notice(self) -> str:
        """The notice in lower case on one line, its words a blank apart: as sentences are looked for that a server folds anywhere."""
        return " ".join(self.notice.lower().split())

    @lazy
    def original(self) -> Original:
        """What is known of the returned message: attached as a part, else below the notice."""
        if returned := next((part for part in self.reports[-1].walk if part.is_message), None):
            return original.read(returned)
        _, below = notice.split(self.text)
        return original.read_header(below.partition("\n\n")[0], len(below)) if below else Original()
