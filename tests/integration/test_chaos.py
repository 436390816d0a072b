"""The short form of `make chaos`: some faults of most kinds under a load into a cluster; how a schedule is drawn, a result judged."""

import asyncio
import contextlib
import json
import socket
import sys
import threading
from pathlib import Path

import pytest
import uvloop
from yarl import URL

from bounced.config import Sink
from bounced.errors import SinkUnavailable
from bounced.publish import sink_for
from tests.chaos import results, schedule
from tests.chaos.amqp import FAREWELL, METHODS, Frames
from tests.chaos.network import Network
from tests.events import numbered as event
from tests.integration.test_amqp import until_published

ROOT = Path(__file__).parents[2]
KINDS = (
    "worker-sigkill",
    "daemon-sigkill",
    "parent-sigkill",
    "daemon-sigterm",
    "network-cut",
    "disk-full",
    "disk-slow",
    "journal-stalled",
    "leader-sigkill",
    "broker-frozen",
)


async def test_nothing_lost():
    """Each kind of fault once: what got 250 is handled by the consumer, once by its id, and the account balances."""
    only = [argument for kind in KINDS for argument in ("--only", kind)]
    arguments = ("--seed", "5", "--faults", str(len(KINDS)), "--messages", "300", "--frozen-seconds", "2", *only)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, told = await process.communicate()
    result = json.loads(said or "{}")

    assert result, told.decode()
    assert (0, 0, 0, True) == (result["lost"], result["doubled_by_id"], result["doubled_by_reader"], result["balanced"]), result
    assert (0, dict.fromkeys(sorted(KINDS), 1)) == (process.returncode, dict(sorted(result["faults"].items()))), told.decode()
    assert result["acknowledged"] >= 300


@pytest.mark.parametrize("place", schedule.PLACES)
@pytest.mark.parametrize("method", [method for method in METHODS if method not in FAREWELL])
async def test_cut(broker, method, place):
    """Wherever the connection to the broker is cut, the sink says that it can't publish just now, and then publishes."""
    network = Network([URL(broker.url).port])
    await network.open()
    sink = sink_for(Sink(urls=(broker.url_with(port=network.ports[0]),), publish_seconds=5, connect_seconds=5), Path())
    network.arm(method, place)
    await until_published(sink, event(1))
    reached = await network.reached(1)
    await until_published(sink, event(2))
    await sink.close()
    network.close()

    assert reached


def test_hung_up_at_once():
    """A broker (or the balancer in front of it) that hangs up before the handshake is unavailable, on the event loop that the daemon uses.

    There the library below ended with an exception that nobody expects; a broker that says nothing is seldom that quick with asyncio's.
    """

    def hang_up(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()

    async def reasons(port: int) -> list[str]:
        sink = sink_for(Sink(urls=(f"amqp://guest:guest@127.0.0.1:{port}/",), connect_seconds=5), Path())
        found = []
        for _ in range(20):
            with pytest.raises(SinkUnavailable) as error:
                await sink.open()
            found.append(str(error.value))
        return found

    with socket.create_server(("127.0.0.1", 0)) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        found = runner.run(reasons(server.getsockname()[1]))
        server.shutdown(socket.SHUT_RDWR)

    assert 20 == len(found)


def test_schedule():
    """The same seed gives the same schedule, another one another; the parts are the whole; every method is cut at before one is again."""
    whole = schedule.draw(1, 200)
    parts = [fault for part in range(1, 4) for fault in schedule.part_of(whole, part, 3)]
    cuts = [fault.method for fault in whole if fault.method]

    assert whole == schedule.draw(1, 200) == parts
    assert whole != schedule.draw(2, 200)
    assert set(METHODS) == set(cuts[: len(METHODS)])
    assert set(schedule.KINDS) - {"broker-away"} == {fault.kind for fault in whole}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_frames(size):
    """Frames are named, and given whole, however the stream is cut into pieces."""
    publish = b"\x01\x00\x01\x00\x00\x00\x05\x00\x3c\x00\x28x\xce"
    stream = b"AMQP\x00\x00\x09\x01" + publish + b"\x02\x00\x01\x00\x00\x00\x00\xce"
    frames = Frames()
    found = [frame for start in range(0, len(stream), size) for frame in frames.feed(stream[start : start + size])]

    assert ["protocol-header", "basic.publish", "content.header"] == [name for name, _ in found]
    assert stream == b"".join(octets for _, octets in found)


GOOD = {
    "lost": 0,
    "doubled_by_id": 0,
    "doubled_by_reader": 0,
    "balanced": True,
    "load": {"250": 9, "452": 1, "421": 1},
    "daemon_ends": {"0": 1, "-9": 2},
    "worker_ends": {"-9": 3},
    "faults": {"worker-kill": 3},
}


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"lost": 1}, False),
        ({"doubled_by_id": 1}, False),
        ({"doubled_by_reader": 1}, False),
        ({"balanced": False}, False),
        ({"load": {"552": 1}}, False),  # a refusal for good
        ({"load": {"silence": 1}}, False),  # a client left without an answer
        ({"daemon_ends": {"1": 1}}, False),  # it died of itself
        ({"worker_ends": {"1": 1}}, False),
        ({"daemon_ends": {"74": 1}}, False),
        ({"daemon_ends": {"74": 1}, "faults": {"disk-full": 1}}, True),  # nobody could have opened a journal there
    ],
)
def test_judgement(change, good):
    """A part is good when nothing was lost or doubled, the account balances, no client was refused for good, no daemon died."""

    assert good == results.is_good(GOOD | change)
