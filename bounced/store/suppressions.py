"""The suppression list, as it stands in the history: read, and amended by hand or by what was delivered.

Functions of a connection, for an operator's commands beside the daemon.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, structs

from bounced.address import fold
from bounced.database.engine import Connection
from bounced.decide import counting
from bounced.model import Memory, Suppression
from bounced.store import storms
from bounced.store.columns import from_time, to_text, to_time
from bounced.store.hashed import hash_of, key_of
from bounced.store.memories import find, known, memory_of, remember
from bounced.store.statements import statements

_SQL = statements("history.sql")
_PAGE = 1000
_CHECK = _SQL["check"].replace("(:addresses)", f"({', '.join(f':a{number}' for number in range(_PAGE))})")
#: Failures of an address that are shown at most.
_MOST_FAILURES = 100


class Entry(Struct, frozen=True, kw_only=True):
    """What is remembered of an address in a stream."""

    seq: int
    stream: str
    address: str
    memory: Memory


class Counted(Struct, frozen=True, kw_only=True):
    """A failure that was counted, or suppressed."""

    report_id: str
    at: datetime
    category: str
    points: float
    because: str


def suppressed(connection: Connection, now: datetime, stream: str | None = None) -> Iterator[Entry]:
    """Go through the addresses that are suppressed at *now*, in all streams or in one, the oldest first."""
    after, after_seq = "", 0
    while True:
        values = {"after": after, "after_seq": after_seq, "now": to_time(now), "stream": stream, "limit": _PAGE}
        rows = connection.execute(_SQL["suppressed"], values).fetchall()
        yield from map(_entry, rows)
        if len(rows) < _PAGE:
            return
        after, after_seq = rows[-1]["suppressed_at"], rows[-1]["seq"]


def about(connection: Connection, address: str) -> list[Entry]:
    """Read what is remembered of *address*, in each stream."""
    of_hashes = key_of(connection)
    names = [_key(address)] if of_hashes is None else [_key(address), hash_of(of_hashes, address)]
    return [_entry(row) for name in names for row in connection.execute(_SQL["of_address"], {"address": name})]


def failures(connection: Connection, entry: Entry) -> list[Counted]:
    """Read the failures of an address, the newest first, a hundred at most."""
    rows = connection.execute(_SQL["failures_of"], {"seq": entry.seq, "limit": _MOST_FAILURES})
    return [
        Counted(report_id=row["report_id"], at=from_time(row["at"]), category=row["category"], points=row["points"], because=row["because"])
        for row in rows
    ]


def amend(
    connection: Connection, address: str, stream: str | None, change: Callable[[Entry], Memory], now: datetime
) -> list[tuple[Entry, Memory]]:
    """Make of what is remembered of *address*, in all streams or in one, what *change* says; give what was changed, with what it is now.

    What is held of it is dropped.
    """
    changed = []
    for entry in about(connection, address):
        if stream not in {None, entry.stream}:
            continue
        memory = change(entry)
        dropped = storms.drop_of(connection, entry.stream, entry.address)
        if memory != entry.memory or dropped:
            remember(connection, entry.stream, address, entry.memory, memory, now)
            changed.append((entry, memory))
    return changed


def suppress(connection: Connection, stream: str, address: str, suppression: Suppression, now: datetime) -> Memory:
    """Suppress *address* in *stream* by hand, whatever stood before; give what is remembered of it now."""
    memory = known(connection, stream, address)
    changed = structs.replace(memory, suppression=suppression, times=max(memory.times, 1), generation=memory.generation + 1)
    remember(connection, stream, address, memory, changed, now)
    storms.drop_of(connection, stream, address)
    return changed


def adopt(connection: Connection, stream: str, address: str, suppression: Suppression, now: datetime) -> bool:
    """Suppress *address* in *stream* as another list has it; False, and nothing is changed, where it is suppressed already."""
    memory = known(connection, stream, address)
    if counting.standing(memory, now) is not None:
        return False
    before = structs.replace(memory, suppression=None)
    remember(connection, stream, address, before, counting.suppressed(before, suppression), now)
    return True


def matching(connection: Connection, part: str, now: datetime, limit: int) -> list[Entry]:
    """Find up to *limit* addresses that have *part* in them and are suppressed at *now*; it goes through all there are."""
    values = {"part": _key(part), "now": to_time(now), "limit": limit}
    return [_entry(row) for row in connection.execute(_SQL["matching"], values)]


def delivered(
    connection: Connection, stream: str, addresses: Sequence[str], at: datetime, kept: frozenset[str], now: datetime
) -> list[tuple[Entry, Memory]]:
    """Remember that *addresses* got a message in *stream* at a time, and forgive them all but suppressions of *kept* categories.

    Gives those that had anything to forgive, with what is remembered of them now. What is held of any is dropped.
    """
    forgiven = []
    for address in addresses:
        found = find(connection, stream, address)
        before = Memory() if found is None else memory_of(found)
        after = counting.forgive(before, kept, at)
        if after != before:
            remember(connection, stream, address, before, after, now)
        if found is not None:
            storms.drop_of(connection, stream, address)
            if (after.scores, after.suppression) != (before.scores, before.suppression):
                forgiven.append((Entry(seq=found["seq"], stream=stream, address=fold(address), memory=before), after))
    return forgiven


def expire(connection: Connection, entries: Sequence[Entry], now: datetime) -> int:
    """Note of those of *entries* whose suppression has ended by itself that it has; return how many there were."""
    expired = 0
    for entry in entries:
        before = known(connection, entry.stream, entry.address)
        if before.suppression is not None and counting.standing(before, now) is None:
            after = structs.replace(before, suppression=None, generation=before.generation + 1)
            remember(connection, entry.stream, entry.address, before, after, now, ended=True)
            expired += 1
    return expired


def ended(connection: Connection, now: datetime, limit: int) -> list[Entry]:
    """Find up to *limit* addresses whose suppression has ended by itself, and is not noted to have."""
    return [_entry(row) for row in connection.execute(_SQL["ended"], {"now": to_time(now), "limit": limit})]


def check(connection: Connection, addresses: Sequence[str], now: datetime, stream: str | None = None) -> list[Entry]:
    """Find those of *addresses* that are suppressed at *now*, in all streams or in one; each entry has the address folded."""
    of_hashes = key_of(connection)
    whose = {} if of_hashes is None else {hash_of(of_hashes, address): _key(address) for address in addresses}
    keys, found = sorted({_key(address) for address in addresses} | whose.keys()), list[Entry]()
    for start in range(0, len(keys), _PAGE):
        some = keys[start : start + _PAGE]
        # One statement for all pages: a short one is filled up with what is there.
        values = {f"a{number}": some[min(number, len(some) - 1)] for number in range(_PAGE)}
        rows = connection.execute(_CHECK, values | {"now": to_time(now), "stream": stream}).fetchall()
        found += map(_entry, rows)
    return [structs.replace(entry, address=whose.get(entry.address, entry.address)) for entry in found]


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(seq=row["seq"], stream=row["stream"], address=row["address"], memory=memory_of(row))


def _key(address: str) -> str:
    return to_text(fold(address))
