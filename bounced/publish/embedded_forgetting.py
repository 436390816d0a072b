"""A person who asks to be forgotten, in the embedded queue: events that are over go, those to be read stay until they are."""

from collections.abc import Callable
from pathlib import Path

from bounced.database.file import amending, reading
from bounced.publish.embedded import MIGRATIONS

_PAGE = 500
_NEXT = "SELECT seq, state, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?"


def forget(path: Path, is_named: Callable[[bytes], bool]) -> tuple[int, int]:
    """Delete dead and acknowledged events that name somebody; return how many, and how many a consumer is still to get.

    Raises:
        JournalInvalid: the queue is damaged, or of another release.
        JournalUnavailable: it can't be written now.
    """
    over: list[int] = []
    left = after = 0
    with reading(path, MIGRATIONS) as connection:
        while rows := connection.execute(_NEXT, (after, _PAGE)).fetchall():
            for row in rows:
                if is_named(row["body"]):
                    if row["state"] == "ready":
                        left += 1
                    else:
                        over.append(row["seq"])
            after = rows[-1]["seq"]
    with amending(path, MIGRATIONS) as connection:
        connection.executemany("DELETE FROM events WHERE seq = ? AND state <> 'ready'", [(seq,) for seq in over])
    return len(over), left
