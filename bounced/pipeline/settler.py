"""From kept to decided: arrivals are taken out of the journal, parsed and judged, and what follows is committed.

Publishing is not its business. An arrival that can't be judged is set aside for a person, and holds nobody up.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

import structlog

from bounced.errors import BouncedError
from bounced.judging import Case, Verdict
from bounced.model import Arrival, Form, Kind, Report
from bounced.pipeline import storms
from bounced.pipeline.drafting import draft
from bounced.pipeline.patience import Patience
from bounced.pipeline.reading import read
from bounced.pipeline.remembering import Asked, Remembering
from bounced.pipeline.site import Terms
from bounced.pipeline.steps import Reached, Step
from bounced.store import Draft, Journal, Settled

log = structlog.get_logger()

#: Arrivals judged before their decisions are committed together.
BATCH = 100
#: A message over so many octets is judged in a thread: on the loop, everybody would wait for it.
LONG_MESSAGE = 32 * 1024
#: Octets of messages read on the loop without a break: somebody waits for its turn meanwhile.
_AT_A_STRETCH = 16 * 1024
#: Between two batches, so that what comes meanwhile shares three commits; nobody waits for that, but who waits for the sink anyhow.
_GATHER_SECONDS = 0.02
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
            elif found < BATCH:
                await asyncio.sleep(_GATHER_SECONDS)

    async def _resume(self, left: set[str], listening: Listening) -> None:
        """Judge what the last run *left*, each counted once a run: one that ends the process is not begun for ever.

        What is begun for the first time is judged together; when that ends the process, each is begun alone, and the culprit is found.
        """
        while arrivals := [arrival for arrival in await self._journal.waiting(None, BATCH) if arrival.id in left]:
            left.difference_update(arrival.id for arrival in arrivals)
            first = await self._journal.begin_first([arrival.id for arrival in arrivals])
            await self._settle_all([arrival for arrival in arrivals if arrival.id in first], listening)
            for arrival in arrivals:
                if arrival.id in first:
                    continue
                if await self._journal.begin(arrival.id) > MOST_BEGUN:
                    reason = f"judging it began after {MOST_BEGUN} starts and never ended"
                    log.error("arrival.failed", arrival_id=arrival.id, reason=reason)
                    await self._journal.set_aside(arrival.id, reason)
                else:
                    await self._settle([arrival], listening)
        left.clear()

    async def _judge_some(self, listening: Listening) -> int:
        """Judge the next arrivals, whose decisions then share a commit; return how many."""
        arrivals = await self._journal.waiting(None, BATCH)
        await self._settle_all(arrivals, listening)
        return len(arrivals)

    async def _settle_all(self, arrivals: Sequence[Arrival], listening: Listening) -> None:
        """Settle *arrivals*, those that take their own time beside the others."""
        async with asyncio.TaskGroup() as group:
            for apart in filter(_is_apart, arrivals):
                group.create_task(self._settle([apart], listening))
            if usual := [arrival for arrival in arrivals if not _is_apart(arrival)]:
                group.create_task(self._settle(usual, listening))

    async def _settle(self, arrivals: Sequence[Arrival], listening: Listening) -> None:
        """Judge *arrivals* and commit what follows; whatever one holds, the others are not held up."""
        try:
            if arrivals[0].form is Form.RELEASE:
                await self._release(arrivals[0], listening)
            else:
                await self._commit(await self._judge(arrivals, self.terms), listening)
        except BouncedError:
            raise
        except Exception as error:  # whatever one message holds, a fault of ours in judging it must not stop the others
            if len(arrivals) > 1:
                for arrival in arrivals:  # those that are settled already stay so
                    await self._settle([arrival], listening)
                return
            arrival_id = arrivals[0].id
            log.exception("arrival.failed", arrival_id=arrival_id)
            await self._journal.set_aside(arrival_id, f"{type(error).__name__}: {error}")
            listening.left(arrival_id)

    async def _judge(self, arrivals: Sequence[Arrival], terms: Terms) -> list["_Judged"]:
        """Read *arrivals* and decide on them, all by the same *terms*."""
        read = []
        octets = 0
        for arrival in arrivals:
            if len(arrival.raw) > LONG_MESSAGE:
                read.append((arrival, *await asyncio.to_thread(_read, arrival, terms)))
            else:
                read.append((arrival, *_read(arrival, terms)))
            octets += len(arrival.raw)
            if octets >= _AT_A_STRETCH:
                octets = 0
                await asyncio.sleep(0)  # let the listener have its turn
        asked = [Asked(arrival, case, storms.watch(terms, arrival, report, case)) for arrival, report, cases in read for case in cases]
        told = iter(await self._memory.verdicts(terms.judge, asked))
        self._reached(Step.JUDGED)
        return [_judged(terms, arrival, report, list(islice(told, len(cases)))) for arrival, report, cases in read]

    async def _release(self, arrival: Arrival, listening: Listening) -> None:
        """Carry out the order that *arrival* brings."""
        released = await self._memory.release(storms.order_of(arrival).report_ids, arrival.id, arrival.at)
        self._reached(Step.JUDGED)
        drafts = [made for each in released if (made := storms.release(each)) is not None]
        settled = await self._journal.settle(arrival.id, drafts)
        self._reached(Step.SETTLED)
        if not settled.repeated:
            listening.settled(arrival.id, {"kind": arrival.form, "released": len(released)}, done=settled.done)

    async def _commit(self, judged: Sequence["_Judged"], listening: Listening) -> None:
        for each in judged:
            if each.report.kind is Kind.NOT_A_REPORT:
                await self._leave(each.arrival, listening)
        reports = [each for each in judged if each.report.kind is not Kind.NOT_A_REPORT]
        settled = await self._journal.settle_all([(each.arrival.id, each.drafts) for each in reports]) if reports else []
        self._reached(Step.SETTLED)
        for each, done in zip(reports, settled, strict=True):
            if done.repeats_waiting:
                listening.repeated(each.arrival.id)
            if not done.repeated:
                listening.settled(each.arrival.id, _summary(each, done), done=done.done)

    async def _leave(self, arrival: Arrival, listening: Listening) -> None:
        await self._journal.unread(arrival.id, "no reader knows it as a report")
        log.info("arrival.unread", arrival_id=arrival.id, peer=arrival.peer, size_bytes=arrival.size)
        listening.left(arrival.id)


class _Judged(NamedTuple):
    """An arrival, what it says, and what was decided on it."""

    arrival: Arrival
    report: Report
    verdicts: list[Verdict]
    drafts: list[Draft]


def _judged(terms: Terms, arrival: Arrival, report: Report, verdicts: list[Verdict]) -> _Judged:
    drafts = [draft(terms, arrival, report, verdict) for verdict in verdicts]
    for storm, decision in storms.begun(verdicts):
        log.warning("storm.began", receiver=storm.receiver, addresses=storm.addresses, reports=storm.reports, usual=storm.usual)
        drafts.append(storms.notice(terms.site, arrival, storm, decision))
    return _Judged(arrival, report, verdicts, drafts)


def _summary(judged: _Judged, settled: Settled) -> dict[str, object]:
    """Sum up for the log what became of an arrival."""
    return {
        "kind": judged.report.kind,
        "reader": judged.report.reader,
        "trust": judged.verdicts[0].decision.trust.grade,
        "decisions": _count(judged.verdicts),
        "duplicates": settled.duplicates,
    }


def _is_apart(arrival: Arrival) -> bool:
    """Whether *arrival* takes its own time, and the others are not to wait for it."""
    return arrival.form is Form.RELEASE or len(arrival.raw) > LONG_MESSAGE


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
