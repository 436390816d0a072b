"""How the journal's columns hold what SQLite has no type for: times, and text that a stranger chose."""

from datetime import UTC, datetime


def to_time(moment: datetime) -> str:
    """Write *moment* in UTC and at one length, so that times sort as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_time(column: str) -> datetime:
    """Read a time that `to_time` wrote."""
    return datetime.fromisoformat(column)


def to_text(text: str) -> str:
    """Replace what is no Unicode in *text* (octets that a decoder let pass as lone surrogates): SQLite refuses it."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
