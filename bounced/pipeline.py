"""The story after acceptance: what the journal has is parsed, judged and published, and then it is done.

One path: every arrival goes through the journal, and after a crash the same loops take up what is there. Each step
can be taken again without harm. Nothing is dropped here: an arrival that can't be judged is set aside for a person,
an event that the sink doesn't take waits.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from msgspec import structs

from bounced.decide import Assessor, decision_id
from bounced.errors import BouncedError, SinkRefused, SinkUnavailable
from bounced.judging import Judge, Verdict
from bounced.model import Arrival, Event, History, Kind, Report
from bounced.parse import parse
from bounced.publish import Sink
from bounced.publish.event import build
from bounced.store import Draft, Journal

log = structlog.get_logger()

#: Arrivals judged before their decisions are committed together.
BATCH = 100
#: A message over so many octets is judged in a thread: on the loop, everybody would wait for it.
LONG_MESSAGE = 256 * 1024
#: Seconds between two tries of what is unavailable: the first, and the longest.
FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0

_NO_HISTORY = History()


class Site(NamedTuple):
    """What a node knows of itself and of its operator's wishes."""

    node: str
    site: str
    rules_version: str
    #: Kinds of decisions that are published (`sink.kinds`).
    kinds: frozenset[str]
    #: Events handed to the sink at once.
    window: int


class Pipeline:
    """Judges and publishes what *journal* keeps. `run` runs until it is cancelled; `keep` is for the listener."""

    def __init__(self, journal: Journal, sink: Sink, judge: Judge, grade: Assessor, site: Site) -> None:
        self._journal = journal
        self._sink = sink
        self._judge = judge
        self._grade = grade
        self._site = site
        self._arrived = asyncio.Event()
        self._decided = asyncio.Event()
        self._summaries: dict[str, dict[str, object]] = {}

    async def keep(self, arrival: Arrival) -> None:
        """Commit *arrival*; it is judged soon after.

        Raises:
            JournalUnavailable: it is not kept.
        """
        await self._journal.keep(arrival)
        self._arrived.set()

    async def run(self) -> None:
        """Judge and publish until cancelled, beginning with what an earlier run left."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._judge_all(), name="judge")
            group.create_task(self._publish_all(), name="publish")

    async def _judge_all(self) -> None:
        wait = FIRST_WAIT
        while True:
            self._arrived.clear()
            trouble: BaseException | None = None
            try:
                found = await self._judge_some()
            except* BouncedError as group:
                trouble = group.exceptions[0]
            if trouble is not None:
                log.warning("journal.unavailable", reason=str(trouble), wait_seconds=wait)
                wait = await _pause(wait)
                continue
            wait = FIRST_WAIT
            if found:
                self._decided.set()
            else:
                await self._arrived.wait()

    async def _judge_some(self) -> bool:
        """Judge the next arrivals, whose decisions then share a commit; False when none waits."""
        arrivals = await self._journal.waiting(None, BATCH)
        async with asyncio.TaskGroup() as group:
            for arrival in arrivals:
                group.create_task(self._settle(arrival))
                await asyncio.sleep(0)  # let the listener have its turn after each
        return bool(arrivals)

    async def _settle(self, arrival: Arrival) -> None:
        """Judge one arrival and commit what follows; whatever it holds, the others are not held up."""
        try:
            if len(arrival.raw) > LONG_MESSAGE:
                report, verdicts = await asyncio.to_thread(self._judged, arrival)
            else:
                report, verdicts = self._judged(arrival)
            await self._commit(arrival, report, verdicts)
        except BouncedError:
            raise
        except Exception as error:
            log.exception("arrival.failed", arrival_id=arrival.id)
            await self._journal.set_aside(arrival.id, f"{type(error).__name__}: {error}")

    async def _commit(self, arrival: Arrival, report: Report, verdicts: Sequence[Verdict]) -> None:
        if report.kind is Kind.NOT_A_REPORT:
            await self._journal.unread(arrival.id, "no reader knows it as a report")
            log.info("arrival.unread", arrival_id=arrival.id, peer=arrival.peer, size_bytes=arrival.size)
            return
        settled = await self._journal.settle(arrival.id, [self._draft(arrival, report, verdict) for verdict in verdicts])
        if settled.repeated:
            return
        summary: dict[str, object] = {
            "kind": report.kind,
            "reader": report.reader,
            "trust": verdicts[0].decision.trust.grade,
            "decisions": _count(verdicts),
            "duplicates": settled.duplicates,
        }
        if settled.done:
            log.info("arrival.done", arrival_id=arrival.id, **summary)
        else:
            self._summaries[arrival.id] = summary

    def _judged(self, arrival: Arrival) -> tuple[Report, list[Verdict]]:
        report = parse(arrival.raw, arrival.envelope)
        return report, self._judge.judge(report, self._grade(report, arrival), _NO_HISTORY, arrival.at)

    def _draft(self, arrival: Arrival, report: Report, verdict: Verdict) -> Draft:
        decision = verdict.decision

        def make(revision: int, supersedes: str | None) -> Event | None:
            if decision.kind not in self._site.kinds:
                return None
            revised = structs.replace(decision, id=decision_id(decision.report_id, revision), revision=revision, supersedes=supersedes)
            return build(
                revised,
                verdict.failure,
                report,
                arrival,
                node=self._site.node,
                site=self._site.site,
                rules_version=self._site.rules_version,
                threshold=self._judge.policy.history.threshold,
            )

        return Draft(
            report_id=decision.report_id,
            trust_rank=decision.trust.grade.rank,
            decision_id=lambda revision: decision_id(decision.report_id, revision),
            make=make,
        )

    async def _publish_all(self) -> None:
        wait = FIRST_WAIT
        while True:
            self._decided.clear()
            try:
                events = await self._journal.pending(self._site.window)
                if not events:
                    await self._decided.wait()
                    continue
                unavailable = await self._publish(events)
            except BouncedError as error:
                unavailable = error
            if unavailable is not None:
                log.warning("sink.unavailable", reason=str(unavailable), wait_seconds=wait)
                wait = await _pause(wait)
            elif wait > FIRST_WAIT:
                log.info("sink.recovered")
                wait = FIRST_WAIT

    async def _publish(self, events: Sequence[Event]) -> BouncedError | None:
        """Hand *events* to the sink and commit its answers; return the trouble that makes another try necessary."""
        outcomes = list(zip(events, await self._sink.publish(events), strict=True))
        done = await self._journal.published([event.id for event, outcome in outcomes if outcome is None])
        for event, outcome in outcomes:
            if isinstance(outcome, SinkRefused):
                log.error("event.refused", event_id=event.id, reason=str(outcome))
                done += await self._journal.refuse(event.id, str(outcome))
        for arrival_id in done:
            log.info("arrival.done", arrival_id=arrival_id, **self._summaries.pop(arrival_id, {}))
        return next((outcome for _, outcome in outcomes if isinstance(outcome, SinkUnavailable)), None)


def _count(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count the decisions by disposition and category, for the log."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        name = f"{verdict.decision.disposition}.{verdict.decision.finding.category}"
        counts[name] = counts.get(name, 0) + 1
    return counts


async def _pause(seconds: float) -> float:
    """Wait about *seconds*, spread so that many nodes don't come back at once; return how long to wait the next time."""
    await asyncio.sleep(seconds * random.uniform(0.5, 1.0))  # noqa: S311 spreads load, guards nothing
    return min(seconds * 2, LONGEST_WAIT)
