"""Storms in a process: what is held shows in its health, and what nobody looked at in time is dropped or released.

Several that share a history may all do it: what one has released or dropped, the others do not find.
"""

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bounced.config import Storm
from bounced.database.engine import Connection
from bounced.errors import BouncedError
from bounced.health import Cause, Health
from bounced.model import Arrival, Envelope, Form
from bounced.pipeline.storms import Order
from bounced.receive import ulid
from bounced.store import storms
from bounced.store.history import Histories

log = structlog.get_logger()

#: Seconds between two looks.
LOOK_SECONDS = 5.0
#: Failures that one order releases: it is a transaction, and others wait meanwhile.
_AT_ONCE = 100


def orders(report_ids: Iterable[str], now: datetime, random: Callable[[int], bytes], by: str) -> Iterator[Arrival]:
    """Make the arrivals that order *report_ids* to be released; *by* says who wants it."""
    left = iter(report_ids)
    while some := tuple(itertools.islice(left, _AT_ONCE)):
        raw = Order(some).encode()
        yield Arrival(
            id=ulid.make(now, random),
            at=now,
            peer=by,
            helo="",
            envelope=Envelope(),
            raw=raw,
            size=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            form=Form.RELEASE,
        )


class Warden:
    """Looks after what is held in *histories*, as *settings* say, which may be replaced.

    *keep* takes its orders, *health* shows what is held.
    *clock* tells the time (aware), *random* gives so many octets of chance.
    """

    def __init__(
        self,
        histories: Histories,
        settings: Storm,
        keep: Callable[[Arrival], Awaitable[None]],
        health: Health,
        *,
        clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        self._histories = histories
        self.settings = settings
        self._keep = keep
        self._health = health
        self._clock = clock
        self._random = random

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            with contextlib.suppress(BouncedError):  # whoever has work for the history or the journal says it
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Say what is held, and end what is held for too long."""
        now = self._clock()
        standing = await self._histories.database.read(storms.standing)
        if not standing:
            self._health.clear(Cause.HELD)
            return
        held = "; ".join(f"{each.number} of {each.receiver} since {each.since:%Y-%m-%d %H:%M} UTC" for each in standing[-5:])
        self._health.degrade(Cause.HELD, f"{held}: see `bounced storm`")
        due = timedelta(hours=self.settings.hold_hours)
        if any(now - each.since >= due for each in standing):
            report_ids = await self._histories.database.read(partial(_due, before=now - due))
            await self._end(report_ids, now)

    async def _end(self, report_ids: Sequence[str], now: datetime) -> None:
        if self.settings.afterwards == "drop":
            dropped = await self._histories.database.write(partial(storms.drop, report_ids=report_ids))
            if dropped:  # another node may have been there first
                log.warning("storm.dropped", count=dropped)
            return
        for arrival in orders(report_ids, now, self._random, by="storm.hold_hours"):
            await self._keep(arrival)
        log.warning("storm.released", count=len(report_ids))


def _due(connection: Connection, before: datetime) -> list[str]:
    return [each.report_id for each in itertools.islice(storms.held(connection, before=before), 10 * _AT_ONCE)]
