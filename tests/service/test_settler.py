"""Judging together what waits: one that is at fault, or that ends the process, costs the others nothing."""

import asyncio

import pytest

from bounced.config import Config
from bounced.pipeline.remembering import Nothing
from bounced.pipeline.settler import MOST_BEGUN, Settler
from bounced.pipeline.steps import nobody
from bounced.service.terms import terms_of
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival
from tests.reports import block, report

TERMS = terms_of(Config())
COUNT = 250


class Ended(BaseException):
    """The process ended."""


class Memory(Nothing):
    """Raises *error* when it is asked about the *culprits*."""

    def __init__(self, error, *culprits):
        self.error, self.culprits = error, {arrival(each).id for each in culprits}
        self.asked = []

    async def verdicts(self, judge, asked):
        """Decide, or raise."""
        self.asked.append(len(asked))
        if self.culprits & {each.arrival.id for each in asked}:
            raise self.error
        return await super().verdicts(judge, asked)


class Listening:
    """Hears nothing."""

    def settled(self, arrival_id, summary, *, done):
        """Hear it."""

    def left(self, arrival_id):
        """Hear it."""

    def repeated(self, arrival_id):
        """Hear it."""


@pytest.fixture
async def journal(tmp_path):
    """A journal in which many arrivals wait."""
    async with Journal(tmp_path, SETTINGS) as journal:
        for number in range(COUNT):
            await journal.keep(arrival(number, report(block(f"reader{number}@example.org"))))
        yield journal


async def run(journal, memory):
    """Run until the process ends, or nothing waits."""
    settler = Settler(journal, TERMS, memory, reached=nobody)
    task = asyncio.create_task(settler.run(Listening(), print))
    while not task.done() and await journal.waiting_ids():  # noqa: ASYNC110 only the journal knows when nothing waits
        await asyncio.sleep(0.01)
    task.cancel()
    (ended,) = await asyncio.gather(task, return_exceptions=True)
    return isinstance(ended, asyncio.CancelledError)


async def test_together(journal):
    """What an earlier run left is judged many at a time."""
    memory = Memory(None)
    await run(journal, memory)

    assert [100, 100, 50] == memory.asked


async def test_fault(journal):
    """A fault in judging two of them sets these aside, and all the others are judged."""
    await run(journal, Memory(ZeroDivisionError("of zero"), 7, 120))

    assert {arrival(7).id, arrival(120).id} == {held.id for held in await journal.held(10)}
    assert COUNT - 2 == (await journal.account()).arrivals.decided


async def test_end(journal):
    """Two that end the process are set aside after some starts, and no other is."""
    memory = Memory(Ended(), 7, 120)
    starts = 1
    while not await run(journal, memory):
        starts += 1

    assert starts <= 2 * (MOST_BEGUN + 1)
    assert {arrival(7).id, arrival(120).id} == {held.id for held in await journal.held(10)}
    assert COUNT - 2 == (await journal.account()).arrivals.decided
