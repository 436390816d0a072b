"""Deliveries and live replies by queues: what is acknowledged is committed, what is none goes to the dead letters."""

import asyncio
import json
import signal
from contextlib import aclosing

import aio_pika

from bounced import client
from bounced.publish.amqp.topology import DEAD
from bounced.publish.queues import DELIVERIES, REPLIES
from tests.reports import block, report
from tests.servers.daemon import serve

GONE = "550 5.1.1 User unknown"


async def put(broker, queue, *bodies):
    """Publish *bodies* to *queue*, and wait for the confirms."""
    async with await broker.connect() as connection:
        exchange = (await connection.channel()).default_exchange
        for body in bodies:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            await exchange.publish(aio_pika.Message(raw, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), queue)


async def left(broker, queue):
    """Say how many messages are in *queue*, under way ones too."""
    async with await broker.connect() as connection:
        return (await (await connection.channel()).declare_queue(queue, passive=True)).declaration_result.message_count


async def distinct(url, number):
    """Consume so many events that differ by their ids: over a kill one may be published twice."""
    events = {}
    async with asyncio.timeout(60), aclosing(client.decisions(url)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                events[delivery.event.id] = delivery.event
            if len(events) == number:
                break
    return list(events.values())


def reply(number):
    """A reply about a reader."""
    return {"recipient": f"reader{number}@example.org", "text": GONE, "id": f"i{number}"}


async def test_replies(tmp_path, own_broker):
    """Replies become events, once each, though the daemon is killed among them; a malformed message is a dead letter."""
    async with serve(tmp_path, own_broker.url, SINK__INPUTS="true") as daemon:
        await put(own_broker, REPLIES, *({"replies": [reply(number)]} for number in range(300)), b"{", {"replies": [{"text": "x"}]})
        await daemon.logged("replies.taken", times=20)
        await daemon.end(signal.SIGKILL)
    async with serve(tmp_path, own_broker.url, SINK__INPUTS="true") as daemon:
        events = await distinct(own_broker.url, 300)
        async with asyncio.timeout(30):
            while (await left(own_broker, DEAD)) < 2:  # noqa: ASYNC110 a broker gives no sign of it
                await asyncio.sleep(0.1)
        assert 0 == await left(own_broker, REPLIES)

    assert {f"reader{number}@example.org" for number in range(300)} == {event.subject for event in events}
    assert {"suppress"} == {event.data.decision.disposition for event in events}


async def test_deliveries(tmp_path, own_broker):
    """A delivery lifts; while the broker is away nothing happens, and afterwards it goes on."""
    async with serve(tmp_path, own_broker.url, SINK__INPUTS="true") as daemon:
        await daemon.send(report(block("anna@example.org")))
        await daemon.logged("arrival.done")
        await asyncio.to_thread(own_broker.restart)
        await put(own_broker, DELIVERIES, {"addresses": ["anna@example.org", "bob@example.org"]})
        taken = await daemon.logged("deliveries.taken")

    assert (2, 1, DELIVERIES) == (taken["count"], taken["lifted"], taken["by"])
