"""The feed of the suppression list's changes to the broker, for who mirrors it (`sink.list_exchange`).

At least once: how far it is published is noted after the broker's confirm. Nodes that share a history publish the same changes under the
same ids; who mirrors the list orders by the address's generation, and drops what is older than what he has.
"""

import asyncio
from functools import partial

import structlog

from bounced.errors import BouncedError, SinkUnavailable
from bounced.pipeline.patience import Patience
from bounced.publish import Sink
from bounced.publish.notice import ListData, list_change
from bounced.store import changes
from bounced.store.changes import Changed
from bounced.store.history import Histories

log = structlog.get_logger()

#: Seconds between two looks, and changes published at once.
LOOK_SECONDS = 1.0
_AT_ONCE = 200


class Feed:
    """Publishes what changes in *histories* to *sink*, whose exchange has that *name*; `site` is what events call us, and may change."""

    def __init__(self, histories: Histories, sink: Sink, name: str, site: str) -> None:
        self.site = site
        self._histories = histories
        self._sink = sink
        self._name = name
        self._patience = Patience()

    async def run(self) -> None:
        """Publish until cancelled. A new feed begins with what changes from now on: what was before, an export has."""
        after: int | None = None
        while True:
            try:
                if after is None:
                    after = await self._begin()
                found = await self._histories.changes(after, _AT_ONCE)
                if found:
                    await self._publish(found)
                    after = found[-1].seq
                    await self._note(after)
                self._patience.restore()
                await asyncio.sleep(0 if len(found) == _AT_ONCE else LOOK_SECONDS)
            except BouncedError as error:
                seconds = self._patience.wait()
                log.warning("feed.waiting", reason=str(error), wait_seconds=seconds)
                await asyncio.sleep(seconds)

    async def _begin(self) -> int:
        database = self._histories.database
        after = await database.read(partial(changes.fed, feed=self._name))
        if after is None:
            after = await database.read(changes.newest)
            await self._note(after)
        return after

    async def _publish(self, found: list[Changed]) -> None:
        events = [list_change(_data(each), each.at, site=self.site) for each in found]
        outcomes = await self._sink.publish(events)
        if trouble := next((outcome for outcome in outcomes if outcome is not None), None):
            raise SinkUnavailable(f"{self._name}: {trouble}")

    async def _note(self, after: int) -> None:
        await self._histories.database.write(partial(changes.feed, name=self._name, seq=after))


def _data(change: Changed) -> ListData:
    return ListData(
        change=change.change,
        address=change.address,
        stream=change.stream,
        since=change.since,
        until=change.until,
        category=change.category,
        because=change.because,
        generation=change.generation,
    )
