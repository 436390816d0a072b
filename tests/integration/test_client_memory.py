"""A consumer that remembers: nothing twice across restarts, nothing lost; what it keeps failing on goes to the dead letters."""

import asyncio
import sys
from contextlib import aclosing

import pytest

from bounced import client
from bounced.client.memory import remembering
from bounced.config import Sink as Settings
from bounced.errors import SinkUnavailable
from bounced.publish import sink_for
from tests.events import numbered as event
from tests.journal_samples import subprocess_environ

#: Consumes into a file, a line an event, and never ends by itself.
CONSUMER = """
import asyncio, pathlib, sys
from bounced import client

async def main(url, memory, lines):
    with open(lines, "a") as file:
        async for delivery in client.suppressions(url, memory=pathlib.Path(memory)):
            async with delivery:
                print(delivery.event.id, file=file, flush=True)
            print(".", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture(params=["amqp", "embedded"])
def url(request, tmp_path):
    """Give the address of a sink with queues."""
    return request.getfixturevalue("broker").url if request.param == "amqp" else f"embedded:{tmp_path}"


async def publish(url, folder, *events):
    sink = sink_for(Settings(urls=(url,)), folder)
    await sink.publish(events)
    await sink.close()


async def taken(url, memory, **options):
    """Consume and acknowledge what is there, with *memory*."""
    found = []
    async with asyncio.timeout(30), aclosing(client.suppressions(url, memory=memory, follow=False, **options)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                found.append(delivery.event.id)
    return found


async def test_twice_on_the_wire(broker, tmp_path):
    """What is published twice is delivered once, also to a consumer that was started anew; it leaves the queue all the same."""
    found = []
    for _ in range(3):
        await publish(broker.url, tmp_path, event(1), event(2))
        found.append(await taken(broker.url, tmp_path / "memory"))

    assert [["b1-1", "b1-2"], [], []] == found
    assert [] == [delivery async for delivery in client.suppressions(broker.url, follow=False)]


async def test_killed(url, tmp_path):
    """Killed at any moment and started again, a consumer handles nothing twice but what it was about, and misses nothing."""
    await publish(url, tmp_path, *(event(number) for number in range(200)))
    lines = tmp_path / "lines"
    for handled in (1, 7, 30, 60):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CONSUMER, url, tmp_path / "memory", lines, stdout=asyncio.subprocess.PIPE, env=subprocess_environ()
        )
        for _ in range(handled):
            await process.stdout.readline()
        process.kill()
        await process.communicate()
    rest = await taken(url, tmp_path / "memory")
    handled = lines.read_text().split()

    assert {f"b1-{number}" for number in range(200)} == {*handled, *rest}
    assert len(handled) - len(set(handled)) <= 4  # one a kill, in the moment between handling and remembering
    assert not set(handled[:-1]) & set(rest)


async def test_given_back(url, tmp_path):
    """What is given back is not remembered: it comes again."""
    await publish(url, tmp_path, event(1))
    seen = []
    async with asyncio.timeout(30), aclosing(client.suppressions(url, memory=tmp_path / "memory")) as deliveries:
        async for delivery in deliveries:
            seen.append((delivery.event.id, delivery.is_redelivered))
            if len(seen) == 3:
                await delivery.ack()
                break
            await delivery.release()

    assert [("b1-1", False), ("b1-1", True), ("b1-1", True)] == seen


async def test_second_process(tmp_path):
    """A memory is one consumer's: a second one is refused, with its name."""
    await publish("embedded:", tmp_path, event(1))
    async with remembering(tmp_path / "memory"):
        with pytest.raises(SinkUnavailable, match=r"the memory can't be used: .*memory, process"):
            await taken("embedded:", tmp_path / "memory", folder=tmp_path)


async def test_bounded(tmp_path, monkeypatch):
    """The memory forgets the oldest when it has its number, and nothing else."""
    monkeypatch.setattr("bounced.client.memory._PRUNE_EVERY", 10)
    async with remembering(tmp_path / "memory", most=25) as memory:
        for number in range(100):
            await memory.add(f"e{number}")
        known = [number for number in range(100) if await memory.knows(f"e{number}")]

    assert list(range(75, 100)) == known


async def test_poison(tmp_path, monkeypatch):
    """In the embedded queue, an event that was given back too often is dead, also when its consumers were many; it is kept."""
    monkeypatch.setattr("bounced.publish.embedded_reader.DELIVERY_LIMIT", 3)
    await publish("embedded:", tmp_path, event(1), event(2))
    for _ in range(3):
        async for delivery in client.suppressions("embedded:", folder=tmp_path, follow=False):
            await (delivery.release() if delivery.event.id == "b1-1" else delivery.ack())
    left = [delivery async for delivery in client.suppressions("embedded:", folder=tmp_path, follow=False)]

    assert [] == left
