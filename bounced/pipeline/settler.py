"""From kept to decided: arrivals are taken out of the journal, parsed and judged, and what follows is committed.

Publishing is not its business. An arrival that can't be judged is set aside for a person, and holds nobody up.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import structlog

from bounced.errors import BouncedError
from bounced.judging import Case, Verdict
from bounced.model import Arrival, Form, Kind, Report
from bounced.pipeline import storms
from bounced.pipeline.drafting import draft
from bounced.pipeline.patience import Patience
from bounced.pipeline.reading import read
from bounced.pipeline.remembering import Remembering
from bounced.pipeline.site import Terms
from bounced.pipeline.steps import Reached, Step
from bounced.store import Draft, Journal

log = structlog.get_logger()

#: Arrivals judged before their decisions are committed together.
BATCH = 100
#: A message over so many octets is judged in a thread: on the loop, everybody would wait for it.
LONG_MESSAGE = 32 * 1024
#: An arrival whose judging began so often after a start, and never ended, is what ends the process.
MOST_BEGUN = 3


class Listening(Protocol):
    """Whoever wants to know what judging an arrival came to."""

    def settled(self, arrival_id: str, summary: dict[str, object], *, done: bool) -> None:
        """It is decided; *done*: nothing is left to publish."""

    def left(self, arrival_id: str) -> None:
        """It is a person's: there will be nothing to publish."""

    def repeated(self, arrival_id: str) -> None:
        """It repeats a report whose decision is still to be published."""


class Settler:
    """Judges what waits in *journal* by *terms*, which may be replaced, and by what *memory* knows, until it is cancelled."""

    def __init__(self, journal: Journal, terms: Terms, memory: Remembering, *, reached: Reached) -> None:
        self.terms = terms
        self._journal = journal
        self._memory = memory
        self._reached = reached
        self._arrived = asyncio.Event()
        self._patience = Patience()
        self._left: set[str] | None = None

    def wake(self) -> None:
        """Look into the journal: something has come."""
        self._arrived.set()

    async def run(self, listening: Listening, on_trouble: Callable[[BouncedError], None]) -> None:
        """Judge what is there, and then whatever comes.

        *listening* hears of it; *on_trouble* hears why the journal, or the history, can't be used just now.
        """
        while True:
            self._arrived.clear()
            trouble: BouncedError | None = None
            try:
                if self._left is None:
                    self._left = await self._journal.waiting_ids()
                if self._left:
                    await self._resume(self._left, listening)
                found = await self._judge_some(listening)
            except* BouncedError as group:
                trouble = next(leaf for leaf in _leaves(group))
            if trouble is not None:
                on_trouble(trouble)
                seconds = self._patience.wait()
                log.warning("journal.unavailable", reason=str(trouble), wait_seconds=seconds)
                await asyncio.sleep(seconds)
                continue
            self._patience.restore()
            if not found:
                await self._arrived.wait()

    async def _resume(self, left: set[str], listening: Listening) -> None:
        """Judge what the last run *left*, one at a time, each counted once a run: one that ends the process is not begun for ever."""
        while arrivals := [arrival for arrival in await self._journal.waiting(None, BATCH) if arrival.id in left]:
            for arrival in arrivals:
                left.discard(arrival.id)
                if await self._journal.begin(arrival.id) > MOST_BEGUN:
                    reason = f"judging it began after {MOST_BEGUN} starts and never ended"
                    log.error("arrival.failed", arrival_id=arrival.id, reason=reason)
                    await self._journal.set_aside(arrival.id, reason)
                else:
                    await self._settle(arrival, listening)
        left.clear()

    async def _judge_some(self, listening: Listening) -> bool:
        """Judge the next arrivals, whose decisions then share a commit; False when none waits."""
        arrivals = await self._journal.waiting(None, BATCH)
        async with asyncio.TaskGroup() as group:
            for arrival in arrivals:
                group.create_task(self._settle(arrival, listening))
                await asyncio.sleep(0)  # let the listener have its turn after each
        return bool(arrivals)

    async def _settle(self, arrival: Arrival, listening: Listening) -> None:
        """Judge one arrival and commit what follows; whatever it holds, the others are not held up."""
        try:
            terms = self.terms
            if arrival.form is Form.RELEASE:
                await self._release(arrival, listening)
                return
            if len(arrival.raw) > LONG_MESSAGE:
                report, cases = await asyncio.to_thread(_read, arrival, terms)
            else:
                report, cases = _read(arrival, terms)
            verdicts = await self._memory.verdicts(terms.judge, arrival, cases, partial(storms.watch, terms, arrival, report))
            self._reached(Step.JUDGED)
            drafts = [draft(terms, arrival, report, verdict) for verdict in verdicts]
            for storm, decision in storms.begun(verdicts):
                log.warning("storm.began", receiver=storm.receiver, addresses=storm.addresses, reports=storm.reports, usual=storm.usual)
                drafts.append(storms.notice(terms.site, arrival, storm, decision))
            await self._commit(arrival, report, drafts, verdicts, listening)
        except BouncedError:
            raise
        except Exception as error:  # whatever one message holds, a fault of ours in judging it must not stop the others
            log.exception("arrival.failed", arrival_id=arrival.id)
            await self._journal.set_aside(arrival.id, f"{type(error).__name__}: {error}")
            listening.left(arrival.id)

    async def _release(self, arrival: Arrival, listening: Listening) -> None:
        """Carry out the order that *arrival* brings."""
        released = await self._memory.release(storms.order_of(arrival).report_ids, arrival.id, arrival.at)
        self._reached(Step.JUDGED)
        drafts = [made for each in released if (made := storms.release(each)) is not None]
        settled = await self._journal.settle(arrival.id, drafts)
        self._reached(Step.SETTLED)
        if not settled.repeated:
            listening.settled(arrival.id, {"kind": arrival.form, "released": len(released)}, done=settled.done)

    async def _commit(
        self, arrival: Arrival, report: Report, drafts: Sequence[Draft], verdicts: Sequence[Verdict], listening: Listening
    ) -> None:
        if report.kind is Kind.NOT_A_REPORT:
            await self._journal.unread(arrival.id, "no reader knows it as a report")
            log.info("arrival.unread", arrival_id=arrival.id, peer=arrival.peer, size_bytes=arrival.size)
            listening.left(arrival.id)
            return
        settled = await self._journal.settle(arrival.id, drafts)
        self._reached(Step.SETTLED)
        if settled.repeated:
            return
        summary: dict[str, object] = {
            "kind": report.kind,
            "reader": report.reader,
            "trust": verdicts[0].decision.trust.grade,
            "decisions": _count(verdicts),
            "duplicates": settled.duplicates,
        }
        if settled.repeats_waiting:
            listening.repeated(arrival.id)
        listening.settled(arrival.id, summary, done=settled.done)


def _read(arrival: Arrival, terms: Terms) -> tuple[Report, list[Case]]:
    report, trusts = read(arrival, terms)
    return report, terms.judge.cases(report, trusts)


def _leaves(group: BaseExceptionGroup[BouncedError]) -> Iterator[BouncedError]:
    """Go through the errors in *group*, however deep."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _count(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count the decisions by disposition and category, for the log."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        name = f"{verdict.decision.disposition}.{verdict.decision.finding.category}"
        counts[name] = counts.get(name, 0) + 1
    return counts
