"""Several nodes behind one name, restarted one after the other under load, as an upgrade does it: no bounce is lost or refused."""

import asyncio
import itertools
import smtplib
from contextlib import AsyncExitStack, aclosing

from bounced import client
from tests.integration.test_daemon import bounce
from tests.older import deliverable, older
from tests.servers.daemon import Served, serve
from tests.servers.rabbitmq import _free_ports

_SENDERS = 4
#: Messages after each restart.
_BETWEEN = 30


class Load:
    """Hands in one bounce after the other, each to the first of *ports* that takes it, as a mail server goes through MX hosts."""

    def __init__(self, ports: list[int]) -> None:
        #: The numbers of those that were answered with 250, and replies that refused one for good.
        self.taken: set[int] = set()
        self.refused: list[str] = []
        self.is_over = False
        self._ports = ports
        self._numbers = itertools.count()

    async def run(self) -> None:
        """Send until it is over; what was begun is handed in."""
        async with asyncio.TaskGroup() as group:
            for first in range(_SENDERS):
                group.create_task(self._send(first))

    async def go_on(self) -> None:
        """Wait until so many more were taken."""
        enough = len(self.taken) + _BETWEEN
        async with asyncio.timeout(60):
            while len(self.taken) < enough:  # noqa: ASYNC110 the senders are many
                await asyncio.sleep(0.01)

    async def _send(self, first: int) -> None:
        while not self.is_over:
            number = next(self._numbers)
            for turn in itertools.count(first):
                if await asyncio.to_thread(self._offer, self._ports[turn % len(self._ports)], number):
                    break
            self.taken.add(number)

    def _offer(self, port: int, number: int) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as sender:
                sender.sendmail("", ["return@bounce.example.com"], bounce(number).replace(b"\n", b"\r\n"))
        except smtplib.SMTPResponseException as refusal:
            if refusal.smtp_code >= 500:
                self.refused.append(f"{refusal.smtp_code} {refusal.smtp_error!r}")
            return False
        except (smtplib.SMTPException, OSError):
            return False  # it is away, or has just gone: another takes it
        return True


async def test_one_after_the_other(tmp_path, broker):
    """Each node is told to end and started again, one with two workers, one on the journal of an older release; all is published once."""
    ports = _free_ports(3)
    settings = [
        {"SMTP__LISTEN": f"127.0.0.1:{port}", "NODE__WORKERS": str(workers), "HISTORY__STORE": "embedded" if workers == 1 else "none"}
        for port, workers in zip(ports, (1, 2, 1), strict=True)
    ]
    folders = [tmp_path / f"node{number}" for number in range(3)]
    load = Load(ports)
    statuses = []

    async def restart(stack: AsyncExitStack, number: int, running: Served | None) -> Served:
        if running is not None:
            statuses.append(await running.end())
        return await stack.enter_async_context(serve(folders[number], broker.url, **settings[number]))

    async with AsyncExitStack() as stack:
        nodes = [await restart(stack, number, None) for number in range(2)]
        sending = asyncio.create_task(load.run())
        await load.go_on()
        folders[2].mkdir()
        older(folders[2], 1)
        deliverable(folders[2])
        nodes.append(await restart(stack, 2, None))
        for number in range(3):
            await load.go_on()
            nodes[number] = await restart(stack, number, nodes[number])
        await load.go_on()
        load.is_over = True
        await sending
        statuses += [await node.end() for node in nodes]
    async with AsyncExitStack() as stack:
        for number in range(3):
            await settled(await restart(stack, number, None))
    events = [delivery.event async for delivery in _all(broker.url)]
    handled = [event.subject for event in events if (event.subject or "").startswith("reader")]

    assert [] == load.refused
    assert {0} == set(statuses)
    assert {f"reader{number}@example.org" for number in load.taken} == set(handled)
    assert len({event.id for event in events}) == len({(event.subject, event.data.report_id) for event in events})


async def settled(node: Served) -> None:
    """Wait until nothing of it is left to do."""
    async with asyncio.timeout(60):
        while True:
            account = (await node.status())["account"]
            if account and not account["arrivals"]["waiting"] + account["arrivals"]["decided"]:
                return
            await asyncio.sleep(0.05)


async def _all(url):
    async with aclosing(client.decisions(url, follow=False)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                yield delivery
