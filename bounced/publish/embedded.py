"""The embedded sink: a durable queue in a file beside the journal, for a site without a broker.

A file of its own, so that consumers, who write their acknowledgements into it, never hold up the journal's one writer.
Read by `embedded_reader.py`. An event is kept once by its id. Suppressions stay until they are acknowledged; all else
is bounded by length and age like the broker's queue, so that nobody's disk fills with what nobody reads.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from bounced import config
from bounced.database import Database
from bounced.database.file import File, scripts
from bounced.errors import BouncedError, ConfigInvalid, JournalHeld, JournalUnavailable, SinkUnavailable
from bounced.model import Disposition, Event

FILE_NAME = "queue.db"
MIGRATIONS = scripts(files("bounced.publish") / "sql")
SCHEMA_VERSION = len(MIGRATIONS)

#: How long the ids of acknowledged events are remembered: a daemon that crashed publishes again what it was about,
#: and may have been down over a weekend.
_REMEMBER_SECONDS = 7 * 24 * 3600
_PRUNE_EVERY_SECONDS = 60
_PRUNE_ROWS = 5000

_INSERT = """
INSERT INTO events (id, key, disposition, changed_at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_FORGET_OLD = """
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events
    WHERE (state = 'acked' AND changed_at < :forget_before)
       OR (state <> 'acked' AND disposition <> :kept AND changed_at < :drop_before)
    LIMIT :rows)
"""
_DROP_HEAD = """
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events WHERE state = 'ready' AND disposition <> :kept
    ORDER BY seq LIMIT min(:rows, max(0, (SELECT count(*) FROM events WHERE state = 'ready' AND disposition <> :kept) - :most)))
"""


def path_of(url: str, folder: Path | None) -> Path:
    """Tell where the queue of `embedded:` or `embedded:FOLDER` lies; *folder* is the journal's.

    Raises:
        ConfigInvalid: neither says.
    """
    named = url.partition(":")[2].removeprefix("//")
    if not named and folder is None:
        raise ConfigInvalid("embedded: wants the journal's folder, as in embedded:/var/lib/bounced")
    return (folder or Path()) / named / FILE_NAME


class EmbeddedSink:
    """Keeps events in `queue.db` in *folder*; confirmed means committed and synced."""

    def __init__(self, settings: config.Sink, folder: Path) -> None:
        self._settings = settings
        file = File(path_of(settings.urls[0], folder), MIGRATIONS)
        self._database = Database(file, commit_seconds=settings.publish_seconds, thread_name="bounced-queue")
        self._opening = asyncio.Lock()
        self._is_open = False
        self._pruned_at = float("-inf")

    async def open(self) -> None:
        """Open the file, made if need be.

        Raises:
            SinkUnavailable: it can't be opened now, or another process has it.
            JournalInvalid: it is damaged, or of a newer release.
        """
        async with self._opening:
            if self._is_open:
                return
            try:
                await self._database.open()
            except JournalHeld as error:
                raise SinkUnavailable(f"another process has the queue open: {error.detail}") from error
            except JournalUnavailable as error:
                raise SinkUnavailable(error.detail) from error
            self._is_open = True

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Keep *events*, all or none; one that is there already is confirmed as it is."""
        await self.open()
        rows = [(event.id, event.key, event.key.split(".")[1], time.time(), event.body) for event in events]

        def keep(connection: sqlite3.Connection) -> None:
            connection.executemany(_INSERT, rows)
            self._prune(connection)

        try:
            await self._database.write(keep)
        except JournalUnavailable as error:
            raise SinkUnavailable(error.detail) from error
        return [None] * len(events)

    async def close(self) -> None:
        """Close the file; what is in it stays for its consumer."""
        if self._is_open:
            self._is_open = False
            await self._database.close()

    def _prune(self, connection: sqlite3.Connection) -> None:
        """Let go of old ids and of what nobody reads, some rows at a time. Runs in the database's thread."""
        if time.monotonic() - self._pruned_at < _PRUNE_EVERY_SECONDS:
            return
        self._pruned_at = time.monotonic()
        now = time.time()
        bounds = {
            "kept": Disposition.SUPPRESS,
            "forget_before": now - _REMEMBER_SECONDS,
            "drop_before": now - self._settings.retry_max_age_seconds,
            "most": self._settings.retry_max_length,
            "rows": _PRUNE_ROWS,
        }
        connection.execute(_FORGET_OLD, bounds)
        connection.execute(_DROP_HEAD, bounds)
