"""An upgrade with everything under way: the new release starts on the old one's files and carries on."""

import asyncio

from bounced import client
from tests.events import numbered
from tests.journal_samples import arrival
from tests.older import deliverable, older, older_queue
from tests.servers.daemon import serve


async def test_upgrade(tmp_path):
    """What the first release had accepted, decided or queued is delivered by this one, each once."""
    older(tmp_path, 1)
    older_queue(tmp_path, 1, numbered(1))
    deliverable(tmp_path)
    found = []
    async with serve(tmp_path) as daemon:
        await daemon.logged("arrival.done", arrival_id=arrival(0).id)
        await daemon.logged("arrival.done", arrival_id=arrival(1).id)
        async with asyncio.timeout(30):
            async for delivery in client.decisions("embedded:", folder=tmp_path, follow=False):
                async with delivery:
                    found.append(delivery.event.id)

    assert 3 == len(found) == len(set(found))
    assert {numbered(1).id, numbered(2).id} < set(found)
