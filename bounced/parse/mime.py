"""The structure of a message (RFC 2045, RFC 2046): a bounded scan over bytes or a memory map.

Nothing is copied until it is asked for: a `Part` is a span of the buffer. Line endings may be CRLF, LF or CR, each
as it comes. The scan is bounded in depth, parts and header size, so its cost is at most `MAX_DEPTH` passes over
the buffer, whatever the bytes; it never raises. It doesn't look into attached messages: `Part.message` does, on demand.
"""

import binascii
import mmap
import quopri
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from bounced.lazy import lazy
from bounced.parse.fields import Fields, decode_text, read_fields

Buffer = bytes | mmap.mmap

#: Multiparts and attached messages within one another; deeper ones are taken as plain text.
MAX_DEPTH = 12
#: Parts of one message; what follows belongs to the last.
MAX_PARTS = 500
#: Octets of one header block.
MAX_HEADER = 256 * 1024
#: Octets of a header whose reading is remembered for when it comes again.
_MOST_REMEMBERED = 300
#: Octets of one part that are decoded as text.
MAX_BODY = 16 * 1024 * 1024

_PARAMETER = re.compile(r";\s*([\w\-]{1,60})(?:\*0?\*?)?\s*=\s*(?:\"((?:[^\"\\]|\\.){0,1000})\"|([^\s;\"]{1,1000}))")
_DELIMITER = re.compile(rb"(?:^|[\r\n])(--[^\s][^\r\n]{3,80}?)[ \t]*(?:\r\n|\n|\r)Content-[A-Za-z\-]{1,40}:", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,500}\)")
_QUOTED_PAIR = re.compile(r"\\(.)")
_NO_HEADER = re.compile(rb"\r?\n|\r")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_BLANK_LINE_OF_CR = re.compile(rb"\r\r")
#: What may stand behind the boundary in a delimiter line (RFC 2046 §5.1.1), of so many octets.
_AFTER_MARK = re.compile(rb"(--)?[ \t\v\f]*(?:\r\n|\n|\r|$)")
_MOST_AFTER_MARK = 80
_NONE: Mapping[str, str] = {}

# The types of messages and their headers; the last two are misspelt by some reporters.
_MESSAGES = frozenset({
    "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers", "text/rfc822-header",
})  # fmt: skip


class Part:
    """One part of a message, or the message itself: its fields, its body, the parts within.

    Offsets are of the buffer: the header block from `start`, the body from `body` to `end`.
    """

    def __init__(self, buffer: Buffer, start: int, end: int, depth: int, default_type: str = "text/plain") -> None:
        self.buffer, self.start, self.end, self.depth = buffer, start, end, depth
        self.head_end, self.body = _head(buffer, start, end)
        self._default_type = default_type
        if self.head_end - start <= _MOST_REMEMBERED:  # as short as those of parts are: the same ones come again and again
            self.fields, stated = _read_head(buffer[start : self.head_end])
            self._content_type = stated or (default_type, _NONE)
            self.type = self._content_type[0]

    @lazy
    def parts(self) -> "list[Part]":
        """The parts within, of a multipart."""
        return _split(self, [MAX_PARTS])

    @lazy
    def header(self) -> str:
        """The header as text; lines end in LF."""
        return decode_text(self.buffer[self.start : self.head_end], None)

    @lazy
    def fields(self) -> Fields:
        """The header fields."""
        return read_fields(self.header)

    @lazy
    def _content_type(self) -> tuple[str, Mapping[str, str]]:
        return _content_type_of(self.fields) or (self._default_type, _NONE)

    @lazy
    def type(self) -> str:
        """The content type in lower case, without parameters."""
        return self._content_type[0]

    @lazy
    def is_message(self) -> bool:
        """Whether the body is a message of its own, or the header of one (RFC 2046 §5.2.1, RFC 6522 §3, RFC 6532 §3.7)."""
        return self.type in _MESSAGES

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the content type."""
        return self._content_type[1].get(name)

    @lazy
    def octets(self) -> bytes:
        """The body with its transfer encoding taken off, at most `MAX_BODY` octets of it."""
        raw = self.buffer[self.body : min(self.end, self.body + MAX_BODY)]
        encoding = (self.fields.get("content-transfer-encoding") or "").partition(";")[0].strip().lower()
        try:
            if encoding == "base64":
                return _base64(raw)
            if encoding == "quoted-printable":
                return quopri.decodestring(raw)
        except ValueError:
            pass  # not what it says it is: it is read as it stands
        return raw

    @lazy
    def text(self) -> str:
        """The body as text; lines end in LF."""
        return decode_text(self.octets, self.parameter("charset"))

    @lazy
    def message(self) -> "Part":
        """The message that this part carries (`is_message`), scanned on demand."""
        encoding = (self.fields.get("content-transfer-encoding") or "").strip().lower()
        if encoding in {"base64", "quoted-printable"}:
            octets = self.octets
            return Part(octets, 0, len(octets), self.depth + 1)
        return Part(self.buffer, self.body, self.end, self.depth + 1)

    @lazy
    def walk(self) -> tuple["Part", ...]:
        """This part and those within, in order, without those of attached messages."""
        return (self, *(within for part in self.parts for within in part.walk)) if self.parts else (self,)


def scan(buffer: Buffer) -> Part:
    """Find the parts of the message in *buffer*."""
    return Part(buffer, 0, len(buffer), 0)


def _split(part: Part, left: list[int]) -> list[Part]:
    """Find the parts within *part*, if it is a multipart; *left* counts down the parts still allowed."""
    if not part.type.startswith("multipart/") or part.depth >= MAX_DEPTH:
        return []
    boundary = part.parameter("boundary")
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    mark = b"--" + boundary.strip().encode("utf-8", "replace") if boundary else b""
    if not mark or part.buffer.find(mark, part.body, part.end) == -1:
        mark = _guess(part)
    if not mark:
        return _whole(part)
    parts: list[Part] = []
    opened: int | None = None
    for at, after, closes in _delimiters(part.buffer, mark, part.body, part.end):
        if opened is not None:
            parts.append(_part(part, opened, at, default, left))
        opened = None if closes else after
        if closes or not left[0]:
            break
    if opened is not None:  # the closing delimiter is missing: the message was cut
        parts.append(_part(part, opened, part.end, default, left))
    return parts


def _guess(part: Part) -> bytes:
    """Find the delimiter of a multipart whose boundary parameter is missing or names another: a line `--…` that a field follows."""
    found = _DELIMITER.search(part.buffer[part.body : min(part.end, part.body + MAX_HEADER)])
    return found[1] if found else b""


def _whole(parent: Part) -> list[Part]:
    """Take the body of a multipart without delimiters as one part of plain text."""
    if parent.body >= parent.end:
        return []
    child = Part(parent.buffer, parent.body, parent.body, parent.depth + 1)  # of nothing, so that nothing is its header
    child.end = parent.end
    child.parts = []
    return [child]


def _part(parent: Part, start: int, end: int, default_type: str, left: list[int]) -> Part:
    """Take what stands from *start* to *end* as a part of *parent*, and find the parts within: all of a message share what is *left*."""
    left[0] -= 1
    child = Part(parent.buffer, start, max(start, end), parent.depth + 1, default_type)
    child.parts = _split(child, left) if left[0] > 0 else []
    return child


def _delimiters(buffer: Buffer, mark: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Yield for each delimiter line where the text before it ends, where its next line begins, and whether it closes."""
    at = buffer.find(mark, start, end)
    while at != -1:
        is_line = at == start or buffer[at - 1 : at] in {b"\n", b"\r"}
        if is_line and (found := _AFTER_MARK.match(buffer, at + len(mark), min(end, at + len(mark) + _MOST_AFTER_MARK))):
            yield _before_line_end(buffer, at, start), found.end(), found[1] is not None
        at = buffer.find(mark, at + len(mark), end)


def _before_line_end(buffer: Buffer, at: int, start: int) -> int:
    """Return where the line before offset *at* ends, its line ending left out (it belongs to the delimiter)."""
    if at - 2 >= start and buffer[at - 2 : at] == b"\r\n":
        return at - 2
    return max(start, at - 1)


class _Head(NamedTuple):
    """A header that is read: its fields, and its content type, None where it states none."""

    fields: Fields
    content_type: tuple[str, Mapping[str, str]] | None


@lru_cache(maxsize=1024)
def _read_head(octets: bytes) -> _Head:
    fields = read_fields(decode_text(octets, None))
    return _Head(fields, _content_type_of(fields))


def _content_type_of(fields: Fields) -> tuple[str, Mapping[str, str]] | None:
    """Read the Content-Type field: the type in lower case, and its parameters (RFC 2045 §5.1); None when there is none."""
    field = fields.get("content-type")
    if field is None:
        return None
    field = _COMMENT.sub("", field) if "(" in field.partition(";")[0] else field
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(field):
        value = bare or (_QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else quoted)
        parameters.setdefault(name.lower(), value)
    return field.partition(";")[0].strip().strip('"').lower(), parameters


def _head(buffer: Buffer, start: int, end: int) -> tuple[int, int]:
    """Return where the header block from *start* ends, and where the body begins."""
    if found := _NO_HEADER.match(buffer, start, end):
        return start, found.end()
    stop = min(end, start + MAX_HEADER)
    found = _BLANK_LINE.search(buffer, start, stop)
    if found is None and buffer.find(b"\n", start, stop) == -1:
        found = _BLANK_LINE_OF_CR.search(buffer, start, stop)
    return found.span() if found else (stop, stop)


def _base64(raw: bytes) -> bytes:
    """Decode base64 whose padding or end may be missing; raise ValueError where it is none at all."""
    compact = b"".join(raw.split())
    return binascii.a2b_base64(compact[: len(compact) - len(compact) % 4] or compact + b"==")
