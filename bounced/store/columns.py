"""How the journal's columns hold what SQLite has no type for: times, envelopes, and text that a stranger chose."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bounced.model import Envelope


def to_time(moment: datetime) -> str:
    """Write *moment* in UTC and at one length, so that times sort as text."""
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat(timespec="microseconds")


def from_time(column: str) -> datetime:
    """Read a time that `to_time` wrote."""
    return datetime.fromisoformat(column)


def to_text(text: str) -> str:
    """Replace what a database refuses in *text*: lone surrogates (octets that a decoder let pass) in SQLite, NUL in PostgreSQL."""
    text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def to_array(values: Sequence[str] | Sequence[int]) -> str:
    """Write *values* as a JSON array, for a statement that is about them all."""
    return msgspec.json.encode(values).decode()


def from_envelope(row: sqlite3.Row) -> Envelope:
    """Read the envelope in the columns `mail_from` and `rcpt_to` (a JSON array) of *row*."""
    return Envelope(row["mail_from"], tuple(json.loads(row["rcpt_to"])))
