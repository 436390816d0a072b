"""What a client waits at half of full load: alone, while a message of 50 MB comes in, and while the rules are loaded again.

Half of what the daemon took a moment ago is sent at even intervals over 20 sessions that stay open, whatever the answers take. A
transaction runs from MAIL to the last 250.
"""

import asyncio
import smtplib
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.load import BELIEVED, bounces, load
from benchmarks.rig import Rows, middle
from tests.servers.daemon import Served, serve
from tests.servers.rabbitmq import PrivateNode

_SESSIONS = 20
_LARGE = 50_000_000
#: A pack of the site's own, which changes each time that the rules are loaded again.
_PACK = """
[[rule]]
id = "own.closed"
category = "invalid-recipient"
phrases = ["closed for good number {times}"]
examples = ["550 closed for good number {times}"]
"""


async def _nothing(_served: Served, _rules: Path) -> None:
    """Do nothing beside."""


async def _large(served: Served, _rules: Path) -> None:
    """Send a message of 50 MB, and another when that is taken, until cancelled."""
    head, _, tail = next(bounces(1, 1)).replace(b"text/rfc822-headers", b"message/rfc822").rpartition(b"\r\n--")
    raw = head + b"\r\n" + b"Words of a newsletter that nobody read, and an octet for each of them\r\n" * (_LARGE // 71) + b"\r\n--" + tail
    while True:
        await asyncio.to_thread(_send, served.port, raw)


async def _reload(served: Served, rules: Path) -> None:
    """Change the site's pack and have everything loaded again, each second, until cancelled."""
    for times in range(1, 1000):
        await asyncio.to_thread((rules / "own.toml").write_text, _PACK.format(times=times))
        served.hang_up()
        await served.logged("settings.loaded", 10, times=times)
        await asyncio.sleep(1)


_BESIDE: dict[str, Callable[[Served, Path], Awaitable[None]]] = {
    "alone": _nothing,
    "while messages of 50 MB come in, one after the other": _large,
    "while a pack changes and the rules are loaded again, each second": _reload,
}


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, one table."""
    measured: dict[str, list[tuple[float, float]]] = {}
    rates = []
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        node = PrivateNode(Path(folder))
        node.start()
        try:
            for run in range(runs):
                rate, waits = asyncio.run(_measure(Path(folder) / str(run), node.url, run, messages=300 if quick else 3000))
                rates.append(rate)
                for name, pair in waits.items():
                    measured.setdefault(name, []).append(pair)
        finally:
            node.end()
    rows = []
    for name, pairs in measured.items():
        p50, p99 = zip(*pairs, strict=True)
        rows.append((name, middle(p50, 1), middle(p99, 1), f"{statistics.median(high / low for low, high in pairs):.1f}"))
    title = f"Waits at half load: {middle([rate / 2 for rate in rates])} messages/s"
    yield Rows(title, ("meanwhile", "p50 ms", "p99 ms", "p99 : p50"), rows)


async def _measure(folder: Path, url: str, seed: int, messages: int) -> tuple[float, dict[str, tuple[float, float]]]:
    rules = folder / "rules"
    rules.mkdir(parents=True)
    settings = {**BELIEVED, "SMTP__MAX_MESSAGE_BYTES": str(2 * _LARGE), "RULES__FOLDER": str(rules)}
    async with serve(folder, url, LOG__LEVEL="info", **settings) as served:
        full = await load(served.port, messages, _SESSIONS, messages, 10 * seed)
        rate = messages / full["seconds"]
        waits = {}
        for number, (name, beside) in enumerate(_BESIDE.items(), 1):
            async with _meanwhile(beside(served, rules)):
                sent = await load(served.port, messages, _SESSIONS, messages, 10 * seed + number, rate / 2)
            waits[name] = (sent["p50"], sent["p99"])
        return rate, waits


@asynccontextmanager
async def _meanwhile(doing: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(doing)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


def _send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.sendmail("", ["return@bounce.example.com"], raw)
