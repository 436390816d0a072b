"""From decided to published: events go out of the outbox into the sink, and what it confirmed is noted.

An event that can't go now lets the others by. New events are read from behind the last one that was tried; those that
were left behind are tried again from time to time, a window at once, until none is left. Only trouble of the sink as a
whole stops everything. Nothing is dropped: what the sink refuses for good is, after some tries, set aside for a person.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from bounced.errors import BouncedError, EventRejected, EventReturned, EventUnconfirmed, JournalUnavailable, SinkRefused, SinkUnavailable
from bounced.health import Cause, Health
from bounced.model import Event
from bounced.pipeline.patience import Patience
from bounced.pipeline.steps import Reached, Step
from bounced.publish import Sink
from bounced.store import Journal

log = structlog.get_logger()

#: How often the sink may refuse an event before a person gets it: the broker's limits may be mended meanwhile.
MOST_REFUSALS = 3

_CAUSES: dict[type[BouncedError], Cause] = {
    EventReturned: Cause.RETURNED,
    EventRejected: Cause.REJECTED,
    EventUnconfirmed: Cause.UNCONFIRMED,
    SinkRefused: Cause.REFUSED,
}


class _Round(NamedTuple):
    """What publishing a window came to."""

    #: The last event that the sink had its say about; None when it had none.
    last: str | None
    confirmed: int
    #: Why the sink takes nothing now, whatever the event.
    trouble: SinkUnavailable | None


class Publisher:
    """Publishes what waits in *journal* until it is cancelled, *window* events at once. `outcomes` counts what the sink said."""

    def __init__(self, journal: Journal, sink: Sink, window: int, health: Health, *, reached: Reached) -> None:
        self.outcomes: Counter[str] = Counter()
        self._journal = journal
        self._sink = sink
        self._window = window
        self._health = health
        self._reached = reached
        self._decided = asyncio.Event()
        self._outage = Patience()
        #: The last event tried for the first time; after a start none is known to have been.
        self._newest: str | None = None
        self._leftovers = _Leftovers(health)

    def wake(self) -> None:
        """Look into the outbox: something was decided."""
        self._decided.set()

    async def run(self, on_done: Callable[[str], None], on_trouble: Callable[[JournalUnavailable], None]) -> None:
        """Publish what is there, and then whatever comes; *on_done* hears of arrivals that are done by it."""
        while True:
            self._decided.clear()
            try:
                trouble = await self._publish_some(on_done)
            except JournalUnavailable as error:
                on_trouble(error)
                seconds = self._outage.wait()
                log.warning("journal.unavailable", reason=str(error), wait_seconds=seconds)
                await asyncio.sleep(seconds)
            except BouncedError as error:
                await self._pause(error)
            else:
                if trouble is not None:
                    await self._pause(trouble)
                elif self._outage.is_tried:
                    self._outage.restore()
                    self._health.clear(Cause.SINK)

    async def _publish_some(self, on_done: Callable[[str], None]) -> SinkUnavailable | None:
        """Publish a window of what was left behind, if that is due, else of what is new, else wait until there is either."""
        now = asyncio.get_running_loop().time
        if self._leftovers.is_due(now()):
            events = await self._journal.pending(self._window, self._leftovers.after)
            done = await self._publish(events, on_done)
            self._leftovers.note(done, now(), is_last=len(events) < self._window)
            return done.trouble
        events = await self._journal.pending(self._window, self._newest)
        if events:
            done = await self._publish(events, on_done)
            self._newest = done.last or self._newest
            self._leftovers.begin(now())
            return done.trouble
        try:
            async with asyncio.timeout_at(self._leftovers.due):
                await self._decided.wait()
        except TimeoutError:
            pass  # it is time for what was left behind
        return None

    async def _publish(self, events: Sequence[Event], on_done: Callable[[str], None]) -> _Round:
        """Hand *events* to the sink and commit its answers."""
        if not events:
            return _Round(None, 0, None)
        self._reached(Step.PUBLISHING)
        outcomes = list(zip(events, await self._sink.publish(events), strict=True))
        self._reached(Step.CONFIRMED)
        confirmed = [event.id for event, outcome in outcomes if outcome is None]
        self.outcomes["confirmed"] += len(confirmed)
        done = await self._journal.published(confirmed) if confirmed else []
        last, trouble = None, None
        for event, outcome in outcomes:
            if isinstance(outcome, SinkUnavailable) and not outcome.concerns_event_alone:
                trouble = outcome
                break
            last = event.id
            if outcome is not None:
                done += await self._leave(event, outcome)
        self._reached(Step.PUBLISHED)
        for arrival_id in done:
            on_done(arrival_id)
        return _Round(last, len(confirmed), trouble)

    async def _leave(self, event: Event, outcome: BouncedError) -> Sequence[str]:
        """Leave *event* behind for the time being or, refused too often, for good; return the arrivals done by that."""
        cause = _CAUSES[type(outcome)]
        self.outcomes[cause] += 1
        self._health.degrade(cause, str(outcome))
        self._leftovers.causes.add(cause)
        if not isinstance(outcome, SinkRefused):
            return ()
        refused = await self._journal.refuse(event.id, str(outcome), MOST_REFUSALS)
        if refused.is_aside:
            log.error("event.refused", event_id=event.id, reason=str(outcome))
        return refused.done

    async def _pause(self, trouble: BouncedError) -> None:
        self._health.degrade(Cause.SINK, str(trouble))
        seconds = self._outage.wait()
        log.warning("sink.unavailable", reason=str(trouble), wait_seconds=seconds)
        await asyncio.sleep(seconds)


class _Leftovers:
    """Where the trying again of what was left behind stands: a pass through the outbox, a window at a time.

    A window of which nothing went is followed by a wait, one of which something did by the next at once.
    """

    def __init__(self, health: Health) -> None:
        #: The loop's time of the next try; None while nothing was left behind.
        self.due: float | None = None
        #: The event behind which the next window begins.
        self.after: str | None = None
        #: Why events were left behind in this pass.
        self.causes: set[Cause] = set()
        self._health = health
        self._patience = Patience()

    def is_due(self, now: float) -> bool:
        """Whether it is time for the next window."""
        return self.due is not None and self.due <= now

    def begin(self, now: float) -> None:
        """Begin a pass if anything was left behind and none is under way."""
        if self.causes and self.due is None:
            self.due = now + self._patience.wait()

    def note(self, done: _Round, now: float, *, is_last: bool) -> None:
        """Take in what came of a window; *is_last*: it was the end of the outbox."""
        if done.confirmed:
            self._patience.restore()
        if done.trouble is not None:
            self.after = done.last or self.after
            return
        self.after = done.last
        if is_last:
            self.after = None
            for cause in set(_CAUSES.values()) - self.causes:
                self._health.clear(cause)
            left, self.causes = bool(self.causes), set()
            self.due = now + self._patience.wait() if left else None
        else:
            self.due = now if done.confirmed else now + self._patience.wait()
