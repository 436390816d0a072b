"""The contract that every sink keeps, on files, queues and a real broker alike; a new sink is one more parameter."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bounced import client
from bounced.config import Sink as Settings
from bounced.errors import ConfigInvalid, SinkUnavailable
from bounced.publish import SCHEMES, Sink, sink_for
from bounced.publish.file import LinesSink
from bounced.publish.memory import MemorySink
from tests.events import numbered as event


@dataclass
class Subject:
    """A kind of sink: how to make one, again on the same place, and how a stranger reads what it confirmed."""

    make: Callable[[], Sink]
    read: Callable[[], Awaitable[list[str]]]


async def _ids_in_queue(url: str, folder: Path) -> list[str]:
    """Take everything out of the queues, as a consumer does."""
    found = []
    async for delivery in client.decisions(url, folder=folder, follow=False):
        found.append(json.loads(delivery.body)["id"])
        await delivery.ack()
    return found


def _amqp(request, folder):
    broker = request.getfixturevalue("broker")
    return Subject(lambda: sink_for(Settings(urls=(broker.url,)), folder), lambda: _ids_in_queue(broker.url, folder))


def _embedded(_request, folder):
    return Subject(lambda: sink_for(Settings(), folder), lambda: _ids_in_queue("embedded:", folder))


def _file(_request, folder):
    async def read() -> list[str]:
        return [json.loads(line)["id"] for line in (folder / "out.jsonl").read_text().splitlines()]

    return Subject(lambda: sink_for(Settings(urls=("file:out.jsonl",)), folder), read)


def _stdout(request, folder):
    capture = request.getfixturevalue("capfd")

    async def read() -> list[str]:
        return [json.loads(line)["id"] for line in capture.readouterr().out.splitlines()]

    return Subject(lambda: sink_for(Settings(urls=("stdout:",)), folder), read)


def _memory(_request, folder):
    sink = sink_for(Settings(urls=("memory:",)), folder)
    assert isinstance(sink, MemorySink)

    async def read() -> list[str]:
        return [one.id for one in sink.events]

    return Subject(lambda: sink, read)


def _webhook(request, folder):
    receiver = request.getfixturevalue("receiver")

    async def read() -> list[str]:
        return [json.loads(body)["id"] for _, body in receiver.taken]

    # One connection: with more the order is that of the network.
    return Subject(lambda: sink_for(Settings(urls=(receiver.url,), webhook_connections=1), folder), read)


SUBJECTS = {"amqp": _amqp, "embedded": _embedded, "file": _file, "memory": _memory, "stdout": _stdout, "http": _webhook}


@pytest.fixture(params=SUBJECTS)
def subject(request, tmp_path) -> Subject:
    return SUBJECTS[request.param](request, tmp_path)


@pytest.fixture
async def sink(subject) -> AsyncIterator[Sink]:
    sink = subject.make()
    yield sink
    await sink.close()


def test_all_schemes():
    """Every kind of sink is held to the contract."""

    assert set(SCHEMES) - {"amqps", "https"} == set(SUBJECTS)


async def test_confirmed_is_readable(subject, sink):
    """What is confirmed can be read by another at once, in the order in which it was published."""
    await sink.open()
    outcomes = await sink.publish([event(1), event(2), event(3)])
    outcomes += await sink.publish([event(4)])

    assert outcomes == [None] * 4
    assert await subject.read() == ["b1-1", "b1-2", "b1-3", "b1-4"]


async def test_opens_itself(sink):
    """A sink that nobody opened opens itself at the first event; opening it twice does no harm."""
    outcomes = await sink.publish([event(1)])
    await sink.open()
    outcomes += await sink.publish([event(2)])

    assert outcomes == [None, None]


async def test_nothing(sink):
    """To publish nothing is no error."""

    assert await sink.publish([]) == []


async def test_twice_by_id(subject, sink):
    """The same event published again is confirmed again, and who drops by id has it once."""
    outcomes = await sink.publish([event(1), event(1), event(2)])
    outcomes += await sink.publish([event(1)])

    assert outcomes == [None] * 4
    assert list(dict.fromkeys(await subject.read())) == ["b1-1", "b1-2"]


async def test_reopened(subject, sink):
    """What was confirmed outlives the sink, and one made anew on the same place adds to it."""
    await sink.publish([event(1)])
    await sink.close()
    again = subject.make()
    await again.publish([event(2)])
    await again.close()

    assert await subject.read() == ["b1-1", "b1-2"]


async def test_together(subject, sink):
    """Several callers at a time each get their own events' outcomes, and nothing is lost between them."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(sink.publish([event(number), event(number + 100)])) for number in range(50)]

    assert [task.result() for task in tasks] == [[None, None]] * 50
    assert set(await subject.read()) == {f"b1-{number}" for number in [*range(50), *range(100, 150)]}


@pytest.mark.parametrize("url", ["kafka://broker/", "nonsense", ""])
def test_unknown_scheme(url, tmp_path):
    """A URL of no known kind is refused, and the known ones are listed."""
    with pytest.raises(ConfigInvalid, match="amqp:, amqps:, embedded:, file:, http:, https:, memory:, stdout:"):
        sink_for(Settings(urls=(url,)), tmp_path)


@pytest.mark.parametrize("url", ["amqp:", "amqp://", "amqp://user:hunter2@host:99999/", "file:", "file:/"])
def test_malformed(url, tmp_path):
    """A malformed address is refused at once, without its password."""
    with pytest.raises(ConfigInvalid) as caught:
        sink_for(Settings(urls=(url,)), tmp_path)

    assert "hunter2" not in str(caught.value)


async def test_acknowledged_stays_away(tmp_path):
    """An acknowledged event that a daemon publishes again after a crash is not delivered again by the embedded queue."""
    sink = sink_for(Settings(), tmp_path)
    await sink.publish([event(1)])
    first = await _ids_in_queue("embedded:", tmp_path)
    await sink.publish([event(1)])
    second = await _ids_in_queue("embedded:", tmp_path)
    await sink.close()

    assert (first, second) == (["b1-1"], [])


async def test_unread_is_bounded(tmp_path):
    """Of what asks for a retry the embedded queue keeps the latest; a suppression is never dropped."""
    sink = sink_for(Settings(retry_max_length=2), tmp_path)
    await sink.publish([event(0), *(event(number, "retry") for number in range(1, 6))])
    await sink.close()

    assert await _ids_in_queue("embedded:", tmp_path) == ["b1-0", "b1-4", "b1-5"]


async def test_torn_line(tmp_path):
    """A line that a crash tore in two does not spoil the next one."""
    (tmp_path / "out.jsonl").write_text('{"id": "torn')
    sink = LinesSink(tmp_path / "out.jsonl")
    await sink.publish([event(1)])
    await sink.close()

    assert (tmp_path / "out.jsonl").read_bytes() == b'{"id": "torn\n' + event(1).body + b"\n"


async def test_rotated(tmp_path):
    """A file that was moved away is left alone, and the next event goes to a new one."""
    sink = LinesSink(tmp_path / "out.jsonl")
    await sink.publish([event(1)])
    (tmp_path / "out.jsonl").rename(tmp_path / "out.jsonl.1")
    await sink.publish([event(2)])
    await sink.close()

    assert (tmp_path / "out.jsonl.1").read_bytes() == event(1).body + b"\n"
    assert (tmp_path / "out.jsonl").read_bytes() == event(2).body + b"\n"


async def test_disk_trouble():
    """A disk that takes nothing makes the events wait, with the file's name and the system's reason."""
    sink = LinesSink(Path("/dev/full"))
    with pytest.raises(SinkUnavailable, match="/dev/full: No space left on device"):
        await sink.publish([event(1)])
    await sink.close()


async def test_queue_is_held(tmp_path):
    """The embedded queue has one writer: a second daemon is told, and by whom it is held."""
    holder, second = sink_for(Settings(), tmp_path), sink_for(Settings(), tmp_path)
    await holder.open()
    with pytest.raises(SinkUnavailable, match="another process has the queue open"):
        await second.publish([event(1)])
    await second.close()
    await holder.close()


async def test_memory_troubles():
    """The sink for tests can be made to fail: as a whole, or for one event."""
    sink = MemorySink()
    sink.refused = {"b1-1"}
    (refused, taken) = await sink.publish([event(1), event(2)])
    sink.outage = "down"

    with pytest.raises(SinkUnavailable, match="down"):
        await sink.publish([event(3)])
    assert (refused.temporary, taken) == (False, None)
    assert [one.id for one in sink.events] == ["b1-2"]
