"""Files as older releases wrote them, made by those releases' own scripts."""

import contextlib
import sqlite3

from bounced.database.file import scripts
from bounced.publish import embedded
from bounced.store.files import journal_file
from bounced.store.statements import MIGRATIONS
from tests.events import numbered
from tests.journal_samples import NOON, arrival, event
from tests.reports import block, report

SCRIPTS = scripts(MIGRATIONS)
STATES = ("waiting", "decided", "done", "unread", "aside")


def older(folder, version):
    """Make the journal of the release whose schema was *version*, with an arrival of every state, as that release wrote it."""
    with contextlib.closing(sqlite3.connect(folder / journal_file(1))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for script in SCRIPTS[:version]:
            connection.executescript(script)
        for number, state in enumerate(STATES):
            item = arrival(number)
            values = (
                number + 1,
                item.id,
                item.at.isoformat(timespec="microseconds"),
                item.peer,
                item.helo,
                "",
                item.size,
                item.sha256,
                state,
            )
            connection.execute(
                "INSERT INTO arrivals (seq, id, at, peer, helo, mail_from, rcpt_to, size, sha256, stream, tls, for_postmaster, state)"
                " VALUES (?, ?, ?, ?, ?, ?, '[\"bounces@example.net\"]', ?, ?, 'default', NULL, 0, ?)",
                values,
            )
            connection.execute("INSERT INTO messages (seq, raw) VALUES (?, ?)", (number + 1, item.raw))
        for seq, name, state in ((2, "r1", "waiting"), (2, "r2", "aside"), (3, "r3", "published")):
            made = event(f"{name}/0")
            values = (seq, made.id, made.key, made.type, made.source, made.subject, made.time.isoformat(timespec="microseconds"), made.body)
            connection.execute(
                "INSERT INTO outbox (arrival, event_id, key, type, source, subject, time, body, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, state),
            )
            connection.execute("INSERT INTO reports VALUES (?, 1, 0, ?, ?)", (name, made.id, NOON.isoformat(timespec="microseconds")))
        octets = sum(len(arrival(number).raw) for number in range(len(STATES)))
        connection.execute("UPDATE account SET accepted = 5, done = 1, made = 3, published = 1, kept_bytes = ?", (octets,))
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


def deliverable(folder):
    """Make what waits in that journal a report and an event that consumers can read."""
    with contextlib.closing(sqlite3.connect(folder / journal_file(1))) as connection:
        connection.execute("UPDATE outbox SET body = ? WHERE state = 'waiting'", (numbered(2).body,))
        connection.execute("UPDATE messages SET raw = ? WHERE seq = 1", (report(block("anna@example.org")),))
        connection.commit()


def older_queue(folder, version, *events):
    """Make the embedded queue of the release whose schema was *version*, with *events* that nobody has taken yet."""
    with contextlib.closing(sqlite3.connect(folder / embedded.FILE_NAME)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for script in embedded.MIGRATIONS[:version]:
            connection.executescript(script)
        connection.executemany(
            "INSERT INTO events (id, key, disposition, changed_at, body) VALUES (?, ?, 'suppress', 0, ?)",
            [(item.id, item.key, item.body) for item in events],
        )
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
