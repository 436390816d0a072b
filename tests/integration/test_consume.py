"""Consuming, from a real broker and from the embedded queue: the iterator and the command."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from msgspec import structs

from bounced import client
from bounced.cli.consume import command, describe
from bounced.client import Delivery
from bounced.config import Sink as Settings
from bounced.errors import ConfigInvalid, EventInvalid, SinkUnavailable
from bounced.model import Withheld
from bounced.publish import Sink, sink_for
from bounced.publish.event import read
from tests.events import ARRIVAL, DECISION, FAILURE, build
from tests.events import numbered as event
from tests.servers.rabbitmq import PrivateNode


@dataclass
class Place:
    """A sink with queues, and the URL by which a consumer finds them."""

    sink: Sink
    url: str

    def decisions(self, **options) -> AsyncGenerator[Delivery, None]:
        return client.decisions(self.url, **options)

    async def rest(self) -> list[str]:
        """Give the ids of what stands in the queues, and leave it there."""
        return [delivery.event.id async for delivery in self.decisions(follow=False)]


@pytest.fixture(params=["amqp", "embedded"])
def url(request, tmp_path) -> str:
    return request.getfixturevalue("broker").url if request.param == "amqp" else f"embedded:{tmp_path}"


@pytest.fixture
async def place(url, tmp_path) -> AsyncIterator[Place]:
    sink = sink_for(Settings(urls=(url,)), tmp_path)
    await sink.open()
    yield Place(sink, url)
    await sink.close()


async def first(deliveries: AsyncGenerator[Delivery, None], number: int) -> list[str]:
    """Take and acknowledge *number* deliveries, and leave."""
    found: list[str] = []
    async with asyncio.timeout(30), aclosing(deliveries):
        async for delivery in deliveries:
            async with delivery:
                found.append(delivery.event.id)
            if len(found) == number:
                break
    return found


async def test_acknowledged(place):
    """What is acknowledged is gone; what is not is delivered to the next consumer, in order."""
    await place.sink.publish([event(number) for number in range(5)])

    taken = await first(place.decisions(), 2)

    assert taken == ["b1-0", "b1-1"]
    assert await place.rest() == ["b1-2", "b1-3", "b1-4"]


async def test_suppressions(place):
    """Whoever asks for suppressions gets nothing else, and leaves the rest where it is."""
    await place.sink.publish([event(1, "retry"), event(2), event(3, "retry"), event(4)])

    taken = await first(client.suppressions(place.url), 2)

    assert taken == ["b1-2", "b1-4"]
    assert await place.rest() == ["b1-1", "b1-3"]


async def test_released(place):
    """An event whose handling raised is delivered again, and says so."""
    await place.sink.publish([event(1)])
    seen: list[tuple[str, bool]] = []

    async def handle(delivery: Delivery) -> None:
        async with delivery:
            seen.append((delivery.event.id, delivery.is_redelivered))
            if len(seen) == 1:
                raise ZeroDivisionError

    async with asyncio.timeout(30), aclosing(place.decisions()) as deliveries:
        async for delivery in deliveries:
            try:
                await handle(delivery)
            except ZeroDivisionError:
                continue
            break

    assert seen == [("b1-1", False), ("b1-1", True)]
    assert await place.rest() == []


async def test_settled_too_late(place):
    """Who acknowledges when the iteration has ended is told that the event will be delivered again."""
    await place.sink.publish([event(1)])

    (delivery,) = [delivery async for delivery in place.decisions(follow=False)]

    with pytest.raises(SinkUnavailable, match="it will be delivered again"):
        await delivery.ack()
    assert await place.rest() == ["b1-1"]


async def test_follows(place):
    """A consumer that waits at the end of the queue gets what is published meanwhile."""
    async with asyncio.TaskGroup() as group:
        taken = group.create_task(first(place.decisions(), 3))
        for number in range(3):
            await place.sink.publish([event(number)])
            await asyncio.sleep(0)

    assert taken.result() == ["b1-0", "b1-1", "b1-2"]


async def test_unreadable(place):
    """An event that can't be read says so to its consumer, who can reject it; then it is no more in the queue."""
    await place.sink.publish([event(1, body=b"{}")])

    async for delivery in place.decisions(follow=False):
        with pytest.raises(EventInvalid):
            _ = delivery.event
        await delivery.reject()

    assert await place.rest() == []


async def test_dead_letter(broker, tmp_path):
    """A rejected suppression is not lost: it stands among the broker's dead letters."""
    place = Place(sink_for(Settings(urls=(broker.url,)), tmp_path), broker.url)
    await place.sink.publish([event(1)])
    async for delivery in place.decisions(follow=False):
        await delivery.reject()
    await place.sink.close()

    assert await first(place.decisions(queues=["bounced.dead"]), 1) == ["b1-1"]


async def test_broker_restarted(own_broker: PrivateNode, tmp_path):
    """A consumer outlives its broker: what it had not acknowledged comes again, and what is published later too."""
    sink = sink_for(Settings(urls=(own_broker.url,)), tmp_path)
    await sink.publish([event(1)])
    seen = []
    async with asyncio.timeout(120), aclosing(client.decisions(own_broker.url)) as deliveries:
        async for delivery in deliveries:
            seen.append(delivery.event.id)
            if len(seen) == 1:
                await asyncio.to_thread(own_broker.restart)
                with pytest.raises(SinkUnavailable, match="it will be delivered again"):
                    await delivery.ack()
                await until_published(sink, 2)
            else:
                await delivery.ack()
            if "b1-2" in seen:
                break
    await sink.close()

    assert seen == ["b1-1", "b1-1", "b1-2"]


async def until_published(sink: Sink, number: int) -> None:
    """Publish event *number* again and again, as the pipeline does, until it is confirmed."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await sink.publish([event(number)]) == [None]:
                    return
            except SinkUnavailable:
                await asyncio.sleep(0.1)


async def test_queue_missing(broker):
    """A consumer of a queue that is not there is told so, at once."""
    with pytest.raises(SinkUnavailable, match="queue nowhere does not exist"):
        await first(client.decisions(broker.url, queues=["nowhere"]), 1)


async def test_file_missing(tmp_path):
    """A consumer who looks for the embedded queue in the wrong folder is told so."""
    with pytest.raises(SinkUnavailable, match=r"queue\.db is not there"):
        await first(client.decisions(f"embedded:{tmp_path}"), 1)


@pytest.mark.parametrize(("url", "queues"), [("file:x", None), ("stdout:", None), ("embedded:/tmp", ["mine"]), ("embedded:", None)])
def test_nothing_to_consume(url, queues):
    """What has no queues, or not this one, is refused before anything is opened."""
    with pytest.raises(ConfigInvalid):
        client.decisions(url, queues=queues)


def run(*arguments: str, **options) -> subprocess.Popen[str]:
    """Start `bounced consume` as a process of its own."""
    program = "from bounced.cli.consume import command; command()"
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


async def test_command(place):
    """The command prints each event as a line, in order, acknowledges it, and ends after as many as were asked for."""
    await place.sink.publish([event(number) for number in range(3)])

    consume = run("--url", place.url, "--count", "2")
    output, complaints = await asyncio.to_thread(consume.communicate, timeout=30)

    assert (consume.returncode, complaints) == (0, "")
    assert output == "".join(event(number).body.decode() + "\n" for number in range(2))
    assert await place.rest() == ["b1-2"]


async def test_command_interrupted(place):
    """Ctrl-C ends the command with status 0 and no complaint; what was printed is acknowledged."""
    await place.sink.publish([event(1)])

    consume = run("--url", place.url)
    line = await asyncio.to_thread(consume.stdout.readline)
    consume.send_signal(signal.SIGINT)
    _, complaints = await asyncio.to_thread(consume.communicate, timeout=30)

    assert json.loads(line)["id"] == "b1-1"
    assert (consume.returncode, complaints) == (0, "")


async def test_command_reader_gone(place):
    """When its reader goes away the command ends with status 0 and no complaint, and what nobody read stays in the queue."""
    consume = run("--url", place.url)
    consume.stdout.close()
    await place.sink.publish([event(1)])
    _, complaints = await asyncio.to_thread(lambda: (consume.wait(30), consume.stderr.read()))
    consume.stderr.close()

    assert (consume.returncode, complaints) == (0, "")
    assert await place.rest() == ["b1-1"]


async def test_command_unreadable(place):
    """An unreadable event does not hold up those behind it: it is moved away, and said so."""
    await place.sink.publish([event(1, body=b"{}"), event(2)])

    consume = run("--url", place.url, "--no-follow")
    output, complaints = await asyncio.to_thread(consume.communicate, timeout=30)

    assert [json.loads(line)["id"] for line in output.splitlines()] == ["b1-2"]
    assert "moved to the dead letters" in complaints
    assert await place.rest() == []


def test_command_pretty(tmp_path):
    """For people the command shows whom it concerns, what to do and why."""

    async def fill() -> None:
        sink = sink_for(Settings(), tmp_path)
        await sink.publish([event(1)])
        await sink.close()

    asyncio.run(fill())
    result = CliRunner().invoke(command, ["--url", f"embedded:{tmp_path}", "--no-follow", "--pretty"])

    assert result.exit_code == 0
    assert [line.strip() for line in result.output.splitlines() if line] == [
        "SUPPRESS anna@example.org  invalid-recipient",
        "because Microsoft 365 refuses this recipient at its edge: no such mailbox",
        "answer 550 5.4.1 Recipient address rejected: Access denied",
        "remedy Stop sending to this address.",
        "trust signed (token bound to this recipient)",
    ]


def test_describe_withheld():
    """A suppression that waits is shown as such."""
    shown = describe(read(build(structs.replace(DECISION, withheld=Withheld.UNPROVEN)).body)).plain

    assert "withheld unproven: a suppression is due, and waits" in shown


def test_describe_hostile():
    """What a stranger wrote can't steer the terminal."""
    failure = structs.replace(FAILURE, diagnostic="550 \x1b]0;owned\x07\r\n\x9b2J\u202eno")
    shown = describe(read(build(DECISION, failure, arrival=ARRIVAL).body)).plain

    assert [character for character in shown if not character.isprintable() and character != "\n"] == []
