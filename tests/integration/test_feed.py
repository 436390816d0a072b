"""The changes of the list at the broker: who binds a queue has all of them, over a kill and a broker that was away."""

import asyncio
import json
import signal

import jsonschema

from bounced.publish.notice import list_schema
from tests.integration.test_api import ANNA, api
from tests.reports import block, report

EXCHANGE = "bounced.list.test"


async def bound(broker, keys="#"):
    """Have a queue of the exchange, made if need be as the daemon would."""
    async with await broker.connect() as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(EXCHANGE, "topic", durable=True)
        queue = await channel.declare_queue("mirror", durable=True)
        await queue.bind(exchange, keys)


async def mirrored(broker, number):
    """Take so many changes out of the queue."""
    found = []
    async with asyncio.timeout(60), await broker.connect() as connection:
        queue = await (await connection.channel()).declare_queue("mirror", passive=True)
        while len(found) < number:
            message = await queue.get(fail=False)
            if message is None:
                await asyncio.sleep(0.1)
                continue
            await message.ack()
            found.append((message.routing_key, json.loads(message.body)))
    return found


async def test_mirror(tmp_path, broker):
    """Changes by reports and by hand arrive in their order, as their schema says; what was before the feed began is not told."""
    await bound(broker)
    async with api(tmp_path, sink=broker.url) as (_, ask):
        await ask("PUT", "/v1/suppressions/earlier@example.org", {})
    async with api(tmp_path, sink=broker.url, SINK__LIST_EXCHANGE=EXCHANGE) as (daemon, ask):
        await daemon.send(report(block("anna@example.org")))
        await daemon.logged("arrival.done")
        await ask("DELETE", ANNA)
        (_, created), (_, lifted) = first = await mirrored(broker, 2)
        await ask("PUT", ANNA, {"because": "asked us", "stream": "news"})
        await daemon.end(signal.SIGKILL)
    async with api(tmp_path, sink=broker.url, SINK__LIST_EXCHANGE=EXCHANGE) as (_, ask):
        events = (await ask("GET", "/v1/events?after=1"))[1]
        after = events["after"]
        none = await ask("GET", f"/v1/events?after={after}")
        waiting = asyncio.create_task(ask("GET", f"/v1/events?after={after}&wait=30"))
        await asyncio.sleep(0.1)
        await ask("DELETE", ANNA)
        (woken,) = (await waiting)[1]["events"]
        last = await mirrored(broker, 2)

    for _, event in (*first, *last):
        jsonschema.validate(event, list_schema())
    assert ["created.invalid-recipient.default", "lifted.invalid-recipient.default", "created.manual.news", "lifted.manual.news"] == [
        key for key, _ in (*first, *last)
    ]
    assert [1, 2] == [created["data"]["generation"], lifted["data"]["generation"]]
    assert 4 == len({event["id"] for _, event in (*first, *last)})
    assert ["created", "lifted", "created"] == [each["change"] for each in events["events"]]
    assert ({"events": [], "after": after}, "lifted") == (none[1], woken["change"])
