"""Dead letters, in a real broker and in the embedded queue: none is lost, each can be looked at, put back and exported."""

import asyncio
from contextlib import aclosing

import aio_pika
import pytest
from click import UsageError
from click.testing import CliRunner

from bounced import client
from bounced.cli.queue import command
from bounced.client.dead import dead_letters
from bounced.config import Sink as Settings
from bounced.errors import InputUnreadable
from bounced.publish import sink_for
from bounced.publish.released import DELIVERY_LIMIT
from tests.events import numbered as event

NUMBERS = range(5)
KEY = event(0).key


@pytest.fixture(params=["amqp", "embedded"])
def url(request, tmp_path):
    """Give the address of a sink with queues."""
    return request.getfixturevalue("broker").url if request.param == "amqp" else f"embedded:{tmp_path}"


@pytest.fixture
async def run(url, tmp_path):
    """Have five suppressions, of which the odd ones were rejected; run a command there."""
    sink = sink_for(Settings(urls=(url,)), tmp_path)
    await sink.publish([event(number) for number in NUMBERS])
    await sink.close()
    async for delivery in client.suppressions(url, follow=False):
        if delivery.event.id in {"b1-1", "b1-3"}:
            await delivery.reject()

    async def run(*arguments):
        environ = {"BOUNCED_SINK__URLS": url, "BOUNCED_JOURNAL__FOLDER": str(tmp_path)}
        return await asyncio.to_thread(CliRunner().invoke, command, arguments, env=environ, standalone_mode=False, catch_exceptions=False)

    return run


async def shown(run, dead):
    """Wait until the queues say that so many are dead (a broker moves them by and by); give what they say."""
    async with asyncio.timeout(30):
        while True:
            rows = [line.split("\t")[:2] for line in (await run("show")).stdout.splitlines()]
            if dict(rows)["bounced.dead"] == str(dead):
                return dict(rows)
            await asyncio.sleep(0.1)


async def ready(url):
    """Give the ids and keys of what stands in the queue of suppressions, and leave it there."""
    return sorted([(delivery.event.id, delivery.key) async for delivery in client.suppressions(url, follow=False)])


async def test_looked_at(url, run):
    """Looking shows each with its queue, the reason and its key, and changes nothing, however often."""
    stands = await shown(run, 2)
    lists = [(await run("dead")).stdout for _ in range(3)]

    assert {"bounced.suppress": "3", "bounced.retry": "0", "bounced.dead": "2"} == stands
    assert [["b1-1", "bounced.suppress", "rejected", KEY], ["b1-3", "bounced.suppress", "rejected", KEY]] == sorted(
        line.split("\t") for line in lists[0].splitlines()
    )
    assert {tuple(sorted(lists[0].splitlines()))} == {tuple(sorted(text.splitlines())) for text in lists}
    assert 3 == len(await ready(url))


async def test_put_back(url, run):
    """Put back, a dead letter is delivered again like any other, under its key; a running consumer sees it; the rest stays dead."""
    await shown(run, 2)
    seen = []
    async with asyncio.timeout(30), aclosing(client.suppressions(url)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                seen.append((delivery.event.id, delivery.key))
            if len(seen) == 3:
                await run("requeue", "b1-3")
            if len(seen) == 4:
                break
    stands = await shown(run, 1)

    assert ("b1-3", KEY) == seen[-1]
    assert {"bounced.suppress": "0", "bounced.retry": "0", "bounced.dead": "1"} == stands


async def test_all_put_back(url, run):
    """All of them go back at one word; without a name or that word, none does."""
    await shown(run, 2)
    with pytest.raises(UsageError):
        await run("requeue")
    await run("requeue", "--all")

    assert [(f"b1-{number}", KEY) for number in NUMBERS] == await ready(url)
    assert "" == (await run("dead")).stdout


async def test_exported(run, tmp_path):
    """An export has the events as they were published; only with --remove do they leave the dead letters."""
    await shown(run, 2)
    await run("export", str(tmp_path / "one"), "b1-1")
    await shown(run, 2)
    await run("export", str(tmp_path / "all"), "--remove")

    assert [event(1).body] == (tmp_path / "one").read_bytes().splitlines()
    assert sorted([event(1).body, event(3).body]) == sorted((tmp_path / "all").read_bytes().splitlines())
    assert "0" == (await shown(run, 0))["bounced.dead"]


async def test_unknown(run):
    """A name that is none of a dead letter is told."""
    await shown(run, 2)
    with pytest.raises(InputUnreadable, match="not among the dead letters: b1-2"):
        await run("requeue", "b1-2")


async def test_given_back_too_often(url, run):
    """An event that every consumer gives back is dead after its deliveries are used up, and is there."""
    await shown(run, 2)
    for _ in range(DELIVERY_LIMIT + 1):
        async for delivery in client.suppressions(url, follow=False):
            await (delivery.release() if delivery.event.id == "b1-0" else delivery.ack())
    stands = await shown(run, 3)

    assert {"bounced.suppress": "0", "bounced.retry": "0", "bounced.dead": "3"} == stands
    assert ["b1-0", "bounced.suppress", "delivery_limit", KEY] in [line.split("\t") for line in (await run("dead")).stdout.splitlines()]


async def test_no_queue_for_the_dead(broker, tmp_path):
    """Rejected while somebody has deleted the queue of dead letters, an event stays with the broker, and is there when the queue is.

    The daemon declares the queue whenever it connects.
    """
    settings = Settings(urls=(broker.url,))
    sink = sink_for(settings, tmp_path)
    await sink.publish([event(1)])
    await sink.close()
    async with await aio_pika.connect(broker.url) as connection:
        await (await connection.channel()).queue_delete("bounced.dead")
    async for delivery in client.suppressions(broker.url, follow=False):
        await delivery.reject()
    sink = sink_for(settings, tmp_path)
    await sink.open()
    await sink.close()
    async with asyncio.timeout(400):  # a broker with its own settings tries again after three minutes
        while not (found := await dead(broker.url)):  # noqa: ASYNC110 a broker gives no sign of it
            await asyncio.sleep(0.1)

    assert ["b1-1"] == found


async def dead(url):
    """Give the ids of the dead letters."""
    async with aclosing(dead_letters([url], None)) as found:
        return [letter.id async for letter in found]
