"""Two nodes that count in one PostgreSQL: every bounce reaches both at once, and none may count twice or be decided twice.

`python -m tests.chaos.together` plays it with a cluster of three RabbitMQ nodes and prints a line of JSON; exit code 1: something is wrong.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import psycopg

from bounced import client
from bounced.publish.event import CloudEvent
from tests.chaos.cluster import Cluster
from tests.reports import block, report
from tests.servers.daemon import Served, serve
from tests.servers.postgresql import PrivateServer, programs

_SESSIONS = 8
_SILENCE_SECONDS = 60
#: Half are of readers who are not there, half of full mailboxes, in turns for each address.
_STATUSES = ("4.2.2", "5.1.1")


async def play(folder: Path, history: str, urls: list[str], bounces: int, addresses: int) -> dict:
    """Hand so many *bounces* about so many *addresses* to two nodes at once; give what was counted and published.

    *history* is the address of an empty database, *urls* are the brokers'.
    """
    settings = {
        "HISTORY__STORE": "postgresql",
        "HISTORY__URL": history,
        "LOG__LEVEL": "info",
        "JOURNAL__COMMIT_SECONDS": "30",
    }
    began = time.monotonic()
    async with contextlib.AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(serve(folder / name, ",".join(urls), NODE__SITE="site", NODE__NAME=name, **settings))
            for name in ("a", "b")
        ]
        numbers = iter(range(bounces))
        async with asyncio.TaskGroup() as group:
            consuming = group.create_task(_consume(urls, 2 * bounces))
            for _ in range(_SESSIONS):
                group.create_task(_hand_in(nodes, numbers, addresses))
        events = consuming.result()
        for node in nodes:
            await node.end()
    return _judged(events) | _counted(history) | {"seconds": round(time.monotonic() - began)}


def is_good(result: dict, bounces: int, addresses: int) -> bool:
    """Whether *result* is what one node alone would have made of it, said by both."""
    wanted = {
        "reports": bounces,
        "said_by_both": bounces,
        "said_otherwise": 0,
        "counted": result["full"],
        "suppressed": {"1 of generation 1": addresses},
        "days_doubled": 0,
    }
    return wanted.items() <= result.items()


async def _hand_in(nodes: list[Served], numbers: "iter[int]", addresses: int) -> None:
    """Take number after number, and hand each to all *nodes* at the same moment, in a session with each."""
    sessions = [await asyncio.open_connection("127.0.0.1", node.port) for node in nodes]
    for session in sessions:
        await _say(session, b"EHLO mx.example.net\r\n", b"220", b"250")
    for number in numbers:
        status = _STATUSES[number // addresses % 2]
        bounce = report(block(f"reader{number % addresses}@example.org", status=status), message_id=f"<report-{number}@mx.example.net>")
        await asyncio.gather(*(_mail(session, bounce.replace(b"\n", b"\r\n")) for session in sessions))
    for _, writer in sessions:
        writer.close()


async def _mail(session: tuple[asyncio.StreamReader, asyncio.StreamWriter], bounce: bytes) -> None:
    await _say(session, b"MAIL FROM:<>\r\nRCPT TO:<return@bounce.example.com>\r\nDATA\r\n", b"250", b"250", b"354")
    await _say(session, bounce + b".\r\n", b"250")


async def _say(session: tuple[asyncio.StreamReader, asyncio.StreamWriter], said: bytes, *codes: bytes) -> None:
    reader, writer = session
    writer.write(said)
    async with asyncio.timeout(_SILENCE_SECONDS):
        for code in codes:
            line = b"   -"
            while line[3:4] == b"-":
                line = await reader.readuntil(b"\n")
            assert line[:3] == code, line


async def _consume(urls: list[str], number: int) -> list[CloudEvent]:
    """Take so many events, however often each was delivered; fail when nothing comes any more."""
    events: dict[tuple[str, str], CloudEvent] = {}
    async with contextlib.aclosing(client.decisions(*urls)) as deliveries:
        while len(events) < number:
            async with asyncio.timeout(_SILENCE_SECONDS):
                delivery = await anext(deliveries)
            async with delivery:
                events[delivery.event.data.node, delivery.event.id] = delivery.event
    return list(events.values())


def _judged(events: list[CloudEvent]) -> dict:
    """Compare what the nodes said of each report."""
    said = defaultdict(list)
    for event in events:
        said[event.data.report_id].append((event.id, event.data.decision, event.data.history))
    return {
        "reports": len(said),
        "said_by_both": sum(len(each) == 2 for each in said.values()),
        "said_otherwise": sum(len(each) == 2 and each[0] != each[1] for each in said.values()),
        "full": sum(each[0][1].category == "mailbox-full" for each in said.values()),
    }


def _counted(history: str) -> dict:
    """Read what was counted: how often each address's suppression was made or changed, and whether a day scored more than once."""
    with psycopg.connect(history) as connection:
        rows = connection.execute("SELECT times, generation, scores FROM addresses").fetchall()
        (counted,) = connection.execute("SELECT count(*) FROM failures WHERE category = 'mailbox-full' AND points > 0").fetchone()
    standings = Counter(f"{times} of generation {generation}" for times, generation, _ in rows)
    days = [[score["first"][:10] for score in json.loads(scores)] for *_, scores in rows]
    return {
        "counted": counted,
        "suppressed": dict(standings),
        "days_doubled": sum(len(each) != len(set(each)) for each in days),
    }


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.together", description=__doc__)
    parser.add_argument("--bounces", type=int, default=50_000, help="handed to both nodes (default: %(default)s)")
    parser.add_argument("--addresses", type=int, default=1000, help="that they are about (default: %(default)s)")
    arguments = parser.parse_args()
    os.nice(5)
    folder = Path(tempfile.mkdtemp(prefix="bounced-together-"))
    folder.chmod(0o755)
    cluster = Cluster(folder)
    (folder / "postgresql").mkdir()
    server = PrivateServer(folder / "postgresql", programs())
    try:
        cluster.start()
        server.start()
        urls = [node.url for node in cluster.nodes]
        result = asyncio.run(play(folder, server.new_database(), urls, arguments.bounces, arguments.addresses))
    finally:
        server.stop()
        cluster.end()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result), flush=True)  # noqa: T201 the result
    return int(not is_good(result, arguments.bounces, arguments.addresses))


if __name__ == "__main__":
    sys.exit(_main())
