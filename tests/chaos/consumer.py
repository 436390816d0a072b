"""The consumer, a process of its own: drains the queues with the client's memory of ids, and records what it handled.

Ends at SIGTERM, and prints what came over the wire. `python -m tests.chaos.consumer RECORD MEMORY URL…`
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

from bounced import client
from bounced.client.memory import once
from bounced.errors import SinkUnavailable


class Wire:
    """Counts what the broker delivered, before anything is dropped."""

    def __init__(self) -> None:
        self.deliveries = 0
        #: Came with the mark of a delivery that nobody had acknowledged.
        self.redelivered = 0
        self.ids: Counter[str] = Counter()

    async def counted(self, deliveries: AsyncGenerator[client.Delivery, None]) -> AsyncGenerator[client.Delivery, None]:
        """Pass on *deliveries*."""
        async with contextlib.aclosing(deliveries):
            async for delivery in deliveries:
                self.deliveries += 1
                self.redelivered += delivery.is_redelivered
                self.ids[delivery.event.id] += 1
                yield delivery


async def _consume(record: int, memory: Path, urls: list[str], wire: Wire) -> None:
    async def handle(delivery: client.Delivery) -> None:
        with contextlib.suppress(SinkUnavailable):  # it is delivered again, and dropped by the memory
            async with delivery:
                os.write(record, f"{delivery.event.id} {delivery.event.subject}\n".encode())

    while True:
        try:
            async with asyncio.TaskGroup() as group, contextlib.aclosing(once(wire.counted(client.decisions(*urls)), memory)) as deliveries:
                async for delivery in deliveries:
                    group.create_task(handle(delivery))
        except* SinkUnavailable:
            await asyncio.sleep(0.5)  # the daemon has not declared the queues yet


async def _main(record: Path, memory: Path, urls: list[str]) -> None:
    wire = Wire()
    file = os.open(record, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    consuming = asyncio.ensure_future(_consume(file, memory, urls, wire))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, consuming.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await consuming
    duplicates = wire.deliveries - len(wire.ids)
    print(json.dumps({"deliveries": wire.deliveries, "redelivered": wire.redelivered, "duplicates": duplicates}))  # noqa: T201 its answer


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
