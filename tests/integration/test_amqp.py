"""The sink of RabbitMQ on a real broker: where events land, and what is said when they can't."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aio_pika import AMQPException

from bounced.config import Sink
from bounced.errors import EventReturned, SinkRefused, SinkUnavailable
from bounced.model import Event
from bounced.publish import sink_for
from bounced.publish.amqp import AmqpSink
from tests.events import NOW
from tests.events import numbered as event
from tests.servers.rabbitmq import Broker, PrivateNode


def settings(broker: Broker, **others) -> Sink:
    return Sink(**{"urls": (broker.url,), "publish_seconds": 5, "connect_seconds": 5} | others)


@pytest.fixture
async def sink(broker) -> AsyncIterator[AmqpSink]:
    sink = sink_for(settings(broker), Path())
    yield sink
    await sink.close()


async def drain(broker: Broker, queue: str) -> list:
    """Take all messages out of *queue*, as a client that knows nothing of bounced; wait for a leader where there is none yet."""
    messages = []
    async with asyncio.timeout(30):
        while True:
            try:
                async with await broker.connect() as connection:
                    found = await (await connection.channel()).declare_queue(queue, passive=True)
                    while (message := await found.get(fail=False)) is not None:
                        await message.ack()
                        messages.append(message)
            except AMQPException:
                await asyncio.sleep(0.1)
            else:
                return messages


async def reason(sink: AmqpSink, events: list[Event]) -> str:
    """Publish *events* and give the one reason why none went."""
    try:
        outcomes = await sink.publish(events)
    except SinkUnavailable as error:
        return str(error)
    (found,) = {outcome.detail for outcome in outcomes if isinstance(outcome, SinkUnavailable)}
    return found


async def until_published(sink: AmqpSink, one: Event) -> None:
    """Publish *one* again and again, as the pipeline does, until it is confirmed."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(SinkUnavailable):
                if await sink.publish([one]) == [None]:
                    return
            await asyncio.sleep(0.1)


async def test_queues(broker, sink):
    """A suppression lands in bounced.suppress and a retry in bounced.retry, nowhere else; of what nobody need read nothing is kept."""
    outcomes = await sink.publish([event(1), event(2, "retry"), event(3, "none")])

    found = {name: [m.message_id for m in await drain(broker, name)] for name in ("bounced.suppress", "bounced.retry", "bounced.dead")}

    assert outcomes == [None, None, None]
    assert found == {"bounced.suppress": ["b1-1"], "bounced.retry": ["b1-2"], "bounced.dead": []}


async def test_properties(broker, sink):
    """A message has the properties that a consumer may sort and trace by, and the event as its body."""
    await sink.publish([event(1, reference="c42-17")])

    (message,) = await drain(broker, "bounced.suppress")

    assert message.body == event(1).body
    assert (message.message_id, message.type, message.app_id, message.correlation_id) == (
        "b1-1",
        "io.bounced.bounce.v1",
        "bounced",
        "c42-17",
    )
    assert (message.content_type, message.delivery_mode, message.timestamp) == (
        "application/cloudevents+json",
        2,
        NOW.replace(microsecond=0),
    )
    assert {name: value for name, value in message.headers.items() if name.startswith("ce-")} == {
        "ce-specversion": "1.0",
        "ce-id": "b1-1",
        "ce-source": "urn:bounced:example.net",
        "ce-type": "io.bounced.bounce.v1",
        "ce-subject": "anna@example.org",
        "ce-time": "2026-11-23T11:46:51.120000+00:00",
    }


async def test_many(broker, sink):
    """More events than fit into the window all arrive, in the order in which they were given."""
    events = [event(number) for number in range(1000)]

    outcomes = await sink.publish(events)

    assert outcomes == [None] * 1000
    assert [m.message_id for m in await drain(broker, "bounced.suppress")] == [e.id for e in events]


async def test_long_reference(broker, sink):
    """A reference longer than AMQP's short strings does not keep its event from being published."""
    outcomes = await sink.publish([event(1, reference="r" * 300)])

    assert outcomes == [None]
    assert [m.correlation_id for m in await drain(broker, "bounced.suppress")] == [None]


async def test_unroutable(broker, sink):
    """An event for which no queue is bound is not confirmed; it is said that nobody is bound; others go on."""
    await sink.open()
    async with await broker.connect() as connection:
        await (await connection.channel()).queue_delete("bounced.suppress")

    outcomes = await sink.publish([event(1), event(2, "retry")])

    assert isinstance(outcomes[0], EventReturned)
    assert "none is bound to exchange bounced.v1 for bounce.suppress.recipient.invalid-recipient.news" == outcomes[0].detail
    assert outcomes[1] is None


async def test_poison(broker, sink):
    """A message that the broker won't have is refused for good, and those in flight beside it are published."""
    outcomes = await sink.publish([event(1), event(2, body=b"x" * 2_000_000), event(3)])

    assert [type(outcome) for outcome in outcomes] == [type(None), SinkRefused, type(None)]
    assert {m.message_id for m in await drain(broker, "bounced.suppress")} == {"b1-1", "b1-3"}


async def test_next_broker(broker):
    """Where the first broker is away, the next is used."""
    sink = AmqpSink(settings(broker, urls=("amqp://127.0.0.1:1/", broker.url)))

    outcomes = await sink.publish([event(1)])
    await sink.close()

    assert outcomes == [None]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"password": "hunter2"}, "refuses this user name or password"),
        ({"path": "/nowhere"}, "nowhere: it refuses the virtual host"),
        ({"port": 1}, "Connect call failed"),
    ],
)
async def test_no_entry(broker, parts, words):
    """A broker that lets us not in is named with its reason, and the password with nothing."""
    sink = AmqpSink(settings(broker, urls=(broker.url_with(**parts),)))

    found = await reason(sink, [event(1)])

    assert words in found
    assert "127.0.0.1" in found
    assert "hunter2" not in found


async def test_tls(own_broker: PrivateNode):
    """Over TLS a broker is used if its certificate is of an authority that we were told to trust, and not otherwise."""
    trusting = AmqpSink(settings(own_broker, urls=(f"{own_broker.tls_url}?cafile={own_broker.certificate}",)))
    doubting = AmqpSink(settings(own_broker, urls=(own_broker.tls_url,)))

    outcomes = await trusting.publish([event(1)])
    await trusting.close()

    assert outcomes == [None]
    assert "certificate verify failed" in await reason(doubting, [event(2)])


async def test_passive(broker):
    """Declared passively, what is missing is named, and nothing is made."""
    sink = AmqpSink(settings(broker, declare="passive"))

    found = await reason(sink, [event(1)])

    assert 'queue bounced.suppress does not exist: create it, or set sink.declare = "active"' in found


async def test_foreign_arguments(broker):
    """A queue that an operator made otherwise is named, left as it is, and used when declared passively."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("bounced.v1", "topic", durable=True)
        for name in ("bounced.suppress", "bounced.retry"):
            await (await channel.declare_queue(name, durable=True)).bind(exchange, "#")
    active, passive = AmqpSink(settings(broker)), AmqpSink(settings(broker, declare="passive"))

    found = await reason(active, [event(1)])
    outcomes = await passive.publish([event(1)])
    await passive.close()

    assert 'queue bounced.suppress exists with other arguments: delete it, or set sink.declare = "passive"' in found
    assert outcomes == [None]


async def test_nothing_declared(broker):
    """Taken for granted, an exchange that is not there is named when the first event goes to it."""
    sink = AmqpSink(settings(broker, declare="none"))

    found = await reason(sink, [event(1)])
    await sink.close()

    assert "no exchange 'bounced.v1'" in found


async def test_full_queue(own_broker, sink):
    """A queue that refuses what goes over its length makes the event wait."""
    await sink.open()
    own_broker.ctl("set_policy", "short", "^bounced.suppress$", '{"max-length": 2}', "--apply-to", "queues")

    outcomes = []
    for number in range(100):  # a quorum queue counts behind: it takes some more than its length
        outcomes += await sink.publish([event(number)])
        if outcomes[-1] is not None:
            break
    own_broker.ctl("clear_policy", "short")

    assert isinstance(outcomes[-1], SinkUnavailable)
    assert "nack" in str(outcomes[-1])


async def test_alarm(own_broker):
    """A broker short of memory takes nothing and says so; when it is well again the same connection goes on."""
    sink = AmqpSink(settings(own_broker, publish_seconds=1))
    await sink.open()
    own_broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        first = await reason(sink, [event(1)])
        second = await reason(sink, [event(2)])
    finally:
        own_broker.ctl("set_vm_memory_high_watermark", "absolute", "4GB")
    await until_published(sink, event(3))
    await sink.close()

    assert "short of memory or disk" in first
    assert "short of memory or disk" in second
    assert "b1-3" in {m.message_id for m in await drain(own_broker, "bounced.suppress")}


async def test_stopped(own_broker: PrivateNode, sink):
    """A broker that is stopped makes events wait; when it is back they go, and what was confirmed before is still there."""
    before = await sink.publish([event(1)])
    await asyncio.to_thread(own_broker.stop)
    found = await reason(sink, [event(2)])
    await asyncio.to_thread(own_broker.start)

    after = await sink.publish([event(2)])

    assert (before, after) == ([None], [None])
    assert own_broker.url.rpartition("@")[2].rstrip("/") in found
    assert [m.message_id for m in await drain(own_broker, "bounced.suppress")] == ["b1-1", "b1-2"]


async def test_killed(own_broker: PrivateNode, sink):
    """A broker that is killed under publishing loses nothing that it had confirmed; each event has an outcome."""
    outcomes, is_under_way = {}, asyncio.Event()
    await sink.open()
    await asyncio.to_thread(
        own_broker.restart
    )  # RabbitMQ 3.10 (2026-11) may not find a queue again that was made a moment before a SIGKILL

    async def publish() -> None:
        for first in range(0, 5000, 500):
            events = [event(number) for number in range(first, first + 500)]
            with contextlib.suppress(SinkUnavailable):
                outcomes.update(zip((e.id for e in events), await sink.publish(events), strict=True))
            is_under_way.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(publish())
        await is_under_way.wait()
        await asyncio.to_thread(own_broker.kill)
    await asyncio.to_thread(own_broker.start)
    kept = {m.message_id for m in await drain(own_broker, "bounced.suppress")}

    assert any(outcomes.values()), "the broker was killed too late"
    assert {identity for identity, outcome in outcomes.items() if outcome is None} <= kept
    assert {type(outcome) for outcome in outcomes.values()} == {type(None), SinkUnavailable}


async def test_silent(own_broker: PrivateNode):
    """A broker that stands still is given up within the limit, with all that was given to it, and used again afterwards."""
    sink = AmqpSink(settings(own_broker, publish_seconds=1, connect_seconds=1))
    await sink.open()
    with own_broker.frozen():
        async with asyncio.timeout(20):
            first = await reason(sink, [event(number) for number in range(500)])
            second = await reason(sink, [event(1)])

    await until_published(sink, event(1))
    await sink.close()

    assert "no confirm within 1 s" in first
    assert "no answer within 1 s" in second
