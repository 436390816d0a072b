"""From the outbox into a real broker: what can't go lets the others by, waits with its reason, and goes when it can."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aio_pika import ExchangeType
from msgspec import structs

from bounced import config
from bounced.health import Cause, Health
from bounced.model import Event
from bounced.pipeline.publisher import MOST_REFUSALS, Publisher
from bounced.pipeline.steps import nobody
from bounced.publish import sink_for
from bounced.store import Draft, Journal
from tests.events import numbered
from tests.journal_samples import SETTINGS, arrival
from tests.servers.rabbitmq import Broker

#: More than the broker's limit for a message (max_message_size of tests/servers/rabbitmq.py).
TOO_LARGE = b" " * 1_100_000


class Outbox:
    """A journal with events to publish, and what its publisher says of it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.health = Health()
        self.done: set[str] = set()

    async def decide(self, number: int, event: Event) -> None:
        """Put *event* into the outbox, as what the arrival of *number* led to."""
        await self.journal.keep(arrival(number))
        draft = Draft(report_id=event.id, trust_rank=1, decision_id=lambda _: event.id, make=lambda _revision, _supersedes: event)
        await self.journal.settle(arrival(number).id, [draft])

    def note(self, arrival_id: str) -> None:
        """Be told that an arrival is done."""
        self.done.add(arrival_id)

    async def until_done(self, *numbers: int) -> None:
        """Wait until these arrivals are done."""
        await until(lambda: {arrival(number).id for number in numbers} <= self.done)

    async def until(self, **causes: bool) -> None:
        """Wait until each of *causes* is there, or is not."""
        await until(lambda: all((Cause[name] in self.health.reasons) is there for name, there in causes.items()))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until *is_so*, for a minute at most."""
    async with asyncio.timeout(60):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    """An outbox that is empty."""
    async with Journal(tmp_path, SETTINGS) as journal:
        yield Outbox(journal)


@asynccontextmanager
async def publishing(outbox: Outbox, broker: Broker, *, window: int, **settings: object) -> AsyncIterator[Publisher]:
    """Publish from *outbox* to *broker*, which has an exchange and a queue for retries alone."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("bounced.v1", ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("bounced.retry", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, "*.retry.#")
    sink = sink_for(
        config.Sink(urls=(broker.url,), declare="none", publish_seconds=5, connect_seconds=5, window=window, **settings), Path()
    )
    publisher = Publisher(outbox.journal, sink, window, outbox.health, reached=nobody)
    running = asyncio.create_task(publisher.run(outbox.note, lambda error: pytest.fail(str(error))))
    try:
        yield publisher
    finally:
        running.cancel()
        await asyncio.wait({running})
        await sink.close()


async def bind_suppressions(broker: Broker) -> None:
    """Do what the operator had forgotten."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("bounced.suppress", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind("bounced.v1", "*.suppress.#")


async def test_head_of_the_outbox(broker, outbox):
    """A full window of events that can't be routed, and one that the broker won't have, don't keep those behind them from going."""
    for number in range(4):
        await outbox.decide(number, numbered(number))
    await outbox.decide(4, numbered(4, "retry", body=TOO_LARGE))
    for number in range(5, 25):
        await outbox.decide(number, numbered(number, "retry"))
    async with publishing(outbox, broker, window=5):
        await outbox.until_done(4, *range(5, 25))
        account = await outbox.journal.account()
        reasons = dict(outbox.health.reasons)
        await bind_suppressions(broker)
        await outbox.until_done(0, 1, 2, 3)
        await outbox.until(RETURNED=False, REFUSED=False, SINK=False)
        in_the_end = await outbox.journal.account()

    assert "bounce.suppress" in reasons[Cause.RETURNED]
    assert (20, 4, 1) == (account.decisions.published, account.decisions.waiting, account.decisions.aside)
    assert (24, 0, 1, True) == (
        in_the_end.decisions.published,
        in_the_end.decisions.waiting,
        in_the_end.decisions.aside,
        in_the_end.balanced,
    )


async def test_refusals_are_bounded(broker, outbox):
    """An event that the broker won't have is tried a fixed number of times, then set aside and counted; the node says so meanwhile."""
    await outbox.decide(1, numbered(1, "retry", body=TOO_LARGE))
    async with publishing(outbox, broker, window=5) as publisher:
        await outbox.until(REFUSED=True)
        await outbox.until_done(1)
        await outbox.until(REFUSED=False)

    assert MOST_REFUSALS == publisher.outcomes[Cause.REFUSED]
    assert 1 == (await outbox.journal.account()).decisions.aside


async def test_new_ones_while_others_wait(broker, outbox):
    """What is decided while an event waits for its queue is published at once, not after the next try of the old one."""
    await outbox.decide(0, numbered(0))
    async with publishing(outbox, broker, window=5) as publisher:
        await outbox.until(RETURNED=True)
        for number in range(1, 30):
            await outbox.decide(number, numbered(number, "retry"))
            publisher.wake()
            await outbox.until_done(number)
        tries = publisher.outcomes[Cause.RETURNED]

    assert 29 == publisher.outcomes["confirmed"]
    assert tries < 29  # it is tried by its own clock


async def test_many_left_behind(broker, outbox):
    """More leftovers than fit into several windows all go when they can, though each try begins where the last one ended."""
    for number in range(40):
        await outbox.decide(number, numbered(number))
    async with publishing(outbox, broker, window=7):
        await outbox.until(RETURNED=True)
        await outbox.decide(40, numbered(40, "retry"))
        await outbox.until_done(40)
        await bind_suppressions(broker)
        await outbox.until_done(*range(40))
        await outbox.until(RETURNED=False)

    assert {} == dict(outbox.health.reasons)


async def test_full_queue(broker, outbox):
    """A queue that takes no more (nack) holds up its own events alone, and the node says which kind of trouble it is."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("bounced.v1", ExchangeType.TOPIC, durable=True)
        full = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
        queue = await channel.declare_queue("bounced.suppress", durable=True, arguments=full)
        await queue.bind(exchange, "*.suppress.#")
        for number in range(10):
            await outbox.decide(number, numbered(number))
        await outbox.decide(10, numbered(10, "retry"))
        async with publishing(outbox, broker, window=3):
            await outbox.until(REJECTED=True)
            await outbox.until_done(10)
            async with asyncio.timeout(60):
                while len(outbox.done) < 11:  # the consumer catches up, and what waited follows
                    if (message := await queue.get(fail=False)) is not None:
                        await message.ack()
                    await asyncio.sleep(0.02)
        account = await outbox.journal.account()

    assert (11, 0, 0, True) == (account.decisions.published, account.decisions.waiting, account.decisions.aside, account.balanced)


async def test_frozen_broker(own_broker, outbox):
    """A broker that stops answering costs nothing but time: what it did not confirm is published again, under the same id."""
    events = [numbered(number, "retry") for number in range(20)]
    for number, event in enumerate(events):
        await outbox.decide(number, structs.replace(event, reference=f"r{number}"))
    async with publishing(outbox, own_broker, window=5) as publisher:
        await outbox.until_done(*range(20))
        with own_broker.frozen():
            await outbox.decide(20, numbered(20, "retry"))
            publisher.wake()
            await outbox.until(UNCONFIRMED=True)
        await outbox.until_done(20)
        await outbox.until(UNCONFIRMED=False, SINK=False)

    assert 21 == (await outbox.journal.account()).decisions.published
