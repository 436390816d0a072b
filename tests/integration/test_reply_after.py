"""`smtp.reply_after = "publish"`: nobody hears 250 before the broker has what came of his message."""

import asyncio

from yarl import URL

from tests.chaos.network import Network
from tests.integration.test_daemon import bounce, consumed
from tests.servers.daemon import serve

AFTER = {"SMTP__REPLY_AFTER": "publish"}
NOTE = b"From: anna@example.org\nSubject: hello\n\nhello\n"


async def test_published_first(tmp_path, broker):
    """At the moment of each 250 the event is in the queue; a message that leads to none is answered at once."""
    async with serve(tmp_path, broker.url, **AFTER) as daemon:
        found = []
        for number in range(5):
            (reply,) = await daemon.send(bounce(number))
            found.append((reply[:3], [event.subject for event in await consumed(broker.url)]))
        (note,) = await daemon.send(NOTE)
        status = await daemon.end()

    assert [("250", [f"reader{number}@example.org"]) for number in range(5)] == found
    assert ("250", 0) == (note[:3], status)


async def test_broker_away(tmp_path, broker):
    """While no broker can be reached each client hears 451, also with what it has sent before; afterwards 250, and all is there once."""
    network = Network([URL(broker.url).port])
    await network.open()
    network.refuses = True
    async with serve(tmp_path, broker.url_with(port=network.ports[0]), SMTP__REPLY_SECONDS="1", **AFTER) as daemon:
        first = [(await daemon.send(bounce(1)))[0] for _ in range(2)]
        network.refuses = False
        await daemon.logged("arrival.done", decisions={"suppress.invalid-recipient": 1}, duplicates=0)
        again = (await daemon.send(bounce(1)))[0]
        status = await daemon.end()
    network.close()
    events = await consumed(broker.url)

    assert ["451 4.4.1", "451 4.4.1"] == [reply[:9] for reply in first]
    assert ("250", 0) == (again[:3], status)
    assert ["reader1@example.org"] == [event.subject for event in events]


async def test_lost_with_its_disk(tmp_path, broker):
    """What a node had answered with 250 is in the queue though its disk is gone with it; the rest is with the clients still."""
    acknowledged, some = set(), asyncio.Event()

    async def hand_in(daemon, number):
        (reply,) = await daemon.send(bounce(number))
        if reply.startswith("250"):
            acknowledged.add(f"reader{number}@example.org")
            some.set()

    async with serve(tmp_path / "lost", broker.url, **AFTER) as daemon:
        sending = [asyncio.create_task(hand_in(daemon, number)) for number in range(40)]
        await asyncio.wait_for(some.wait(), 30)
        await daemon.end(9)
        await asyncio.gather(*sending, return_exceptions=True)
    published = {event.subject for event in await consumed(broker.url)}

    assert acknowledged
    assert acknowledged <= published
