"""A person who asks to be forgotten: what is remembered of him, and all kept mail that names him, goes.

If he is not to be mailed all the same, a keyed hash stands in place of his address: it tells that an address is his, and not which it is
(to who does not have the key, which lies beside it). Functions of a connection, for an operator's command beside the daemon.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from bounced.address import fold, to_ascii
from bounced.database.engine import Connection
from bounced.decide.counting import standing
from bounced.parse.mime import scan
from bounced.store.archive import delete, unpack
from bounced.store.columns import to_text
from bounced.store.hashed import hash_of, is_hash
from bounced.store.statements import statements
from bounced.store.suppressions import about

_SQL = statements("forgetting.sql")
_PAGE = 100
#: What a local part is made of (RFC 5322 §3.2.3), but for `=`: before an address that stands in a URL, or behind a BATV tag.
_ATOM = rb"A-Za-z0-9.!#$%&'*+/?^_`{|}~-"
_FORGOTTEN = "the person asked to be forgotten, and is not to be mailed"


class Mention(NamedTuple):
    """An arrival that names somebody: its row, its id, and whether it is still being worked off."""

    seq: int
    id: str
    is_open: bool


def forget(connection: Connection, address: str, now: datetime, *, key: str | None) -> tuple[int, int]:
    """Forget *address* in every stream; with a *key* for hashes, suppressions that stand at *now* stay under its hash.

    Gives how many streams knew it, and in how many of them its hash is kept.
    """
    entries = about(connection, address)
    kept = 0
    for entry in entries:
        connection.execute(_SQL["forget_failures_of"], {"seq": entry.seq})
        if key is not None and standing(entry.memory, now) is not None:
            kept += 1
            name = entry.address if is_hash(entry.address) else hash_of(key, entry.address)
            connection.execute(_SQL["keep_hash"], {"seq": entry.seq, "hash": name, "because": _FORGOTTEN})
        else:
            connection.execute(_SQL["forget_address"], {"seq": entry.seq})
    connection.execute(_SQL["forget_changes_of"], {"address": to_text(fold(address))})
    return len(entries), kept


def is_named(address: str) -> Callable[[bytes], bool]:
    """Make the function that says whether octets name *address*: as it is, in a VERP local part, or as xtext or URLs write it."""
    forms = {address.lower(), fold(address), to_ascii(fold(address))}
    written = {
        each
        for form in forms
        for each in (form, form.replace("@", "%40"), form.replace("+", "+2b"), form.replace("@", "+40"), form.replace("=", "+3d"))
    }
    found = re.compile(rb"(?<![" + _ATOM + rb"])" + _any_of(written) + rb"(?![A-Za-z0-9-]|\.[A-Za-z0-9])")
    in_verp = re.compile(rb"(?<![A-Za-z0-9.])" + _any_of({form.replace("@", "=") for form in forms}) + rb"(?![A-Za-z0-9-])")

    def search(octets: bytes) -> bool:
        folded = octets.lower()
        return found.search(folded) is not None or in_verp.search(folded) is not None

    return search


def _any_of(texts: Iterable[str]) -> bytes:
    return b"(?:" + b"|".join(re.escape(text.encode()) for text in sorted(texts)) + b")"


def mentions(connection: sqlite3.Connection, is_named: Callable[[bytes], bool]) -> Iterator[Mention]:
    """Go through the arrivals whose envelope, message (raw, and each of its parts decoded) or events name somebody."""
    after = 0
    while rows := connection.execute(_SQL["kept"], {"after": after, "limit": _PAGE}).fetchall():
        for row in rows:
            if any(is_named(octets) for octets in _all_of(connection, row)):
                yield Mention(row["seq"], row["id"], row["state"] in {"waiting", "decided"})
        after = rows[-1]["seq"]


def erase(connection: sqlite3.Connection, seqs: Sequence[int]) -> int:
    """Delete arrivals that nothing is left to do for, with their messages and events; return how many."""
    rows = [row for seq in seqs if (row := connection.execute(_SQL["rows"], {"seq": seq}).fetchone()) is not None]
    counts = {
        "octets": delete(connection, rows),
        "archived": sum(row["octets"] for row in rows if row["archived_at"] is not None),
        "erased": sum(row["state"] != "done" for row in rows),
        "aside": sum(row["aside"] for row in rows),
    }
    connection.execute(_SQL["count_forgotten"], counts)
    return len(rows)


def _all_of(connection: sqlite3.Connection, row: sqlite3.Row) -> Iterator[bytes]:
    yield "\n".join(str(row[name] or "") for name in ("helo", "mail_from", "rcpt_to", "reason")).encode()
    raw = unpack(row["raw"], row["id"]) if row["archived_at"] else row["raw"]
    yield raw
    for part in scan(raw).walk:
        yield part.header.encode("utf-8", "surrogateescape")
        yield part.octets
        yield part.text.encode("utf-8", "surrogateescape")
    for event in connection.execute(_SQL["events_of"], {"seq": row["seq"]}):
        yield f"{event['subject'] or ''}\n{event['reference'] or ''}".encode()
        yield event["body"]
