"""The changes of the list, as who mirrors it reads them: all of them, once, in the order of their numbers, in each kind of database."""

import asyncio
import random
from datetime import timedelta

import pytest

from bounced.model import Suppression
from bounced.store.changes import Change
from bounced.store.history import Histories, on_server
from tests.service.test_history import engine, tell  # noqa: F401 a fixture
from tests.unit.test_counting import START

NOBODY = frozenset()


@pytest.fixture
async def histories(engine):  # noqa: F811 a fixture
    """An empty history of each kind."""
    async with Histories(engine, commit_seconds=30) as histories:
        yield histories


async def said(histories, after=0, stream=None):
    """Give what changed, to whom, and the generation."""
    return [(each.change, each.address, each.generation) for each in await histories.changes(after, 10_000, stream)]


async def test_each(histories):
    """Made, made longer, lifted by a delivery, made again, ended by itself: each is a change, and what is not, is none."""
    await tell(histories, (0, "bare", "r1"), (0, "list", "r2", "bob@example.org"), (1, "bare", "r3"), (2, "ok", "r4"), (3, "bare", "r5"))
    before = await said(histories)
    early = await histories.expire(START + timedelta(days=32))
    ended = await histories.expire(START + timedelta(days=34))
    again = await histories.expire(START + timedelta(days=35))

    assert (0, 1, 0) == (early, ended, again)
    assert [
        (Change.CREATED, "anna@example.org", 1),
        (Change.CHANGED, "anna@example.org", 2),
        (Change.LIFTED, "anna@example.org", 3),
        (Change.CREATED, "anna@example.org", 4),
    ] == before
    assert [(Change.EXPIRED, "anna@example.org", 5)] == (await said(histories))[4:]


async def test_by_hand(histories):
    """What an operator does is told too; the suppression in it is the one that stood."""
    suppression = Suppression(since=START, until=None, category="manual", because="asked us")
    await histories.suppress("news", "Anna@example.org", suppression, START)
    await histories.forgive(None, "anna@example.org", START)
    created, lifted = await histories.changes(0, 10)

    assert (Change.CREATED, Change.LIFTED, "news", "anna@example.org") == (created.change, lifted.change, lifted.stream, lifted.address)
    assert {("manual", "asked us")} == {(each.category, each.because) for each in (created, lifted)}
    assert [] == await said(histories, stream="other")


async def test_mirrored(histories):
    """Whoever reads page by page, while others write, has what the list has at the end."""
    mirror, after, chance = {}, 0, random.Random(3)  # noqa: S311 variety, not secrecy

    async def write(number):
        address = f"reader{chance.randrange(20)}@example.org"
        if chance.random() < 0.5:
            await tell(histories, (number / 100, "dead", f"r{number}", address))
        else:
            await histories.forgive(None, address, START + timedelta(days=number / 100))

    writing = [asyncio.create_task(write(number)) for number in range(300)]
    while True:
        is_over = all(task.done() for task in writing)
        found = await histories.changes(after, 7)
        for each in found:
            assert each.seq > after
            after = each.seq
            if each.generation > mirror.get(each.address, (0,))[0]:
                mirror[each.address] = (each.generation, each.change in {Change.CREATED, Change.CHANGED})
        if is_over and not found:
            break
        await asyncio.sleep(0)
    await asyncio.gather(*writing)
    listed = await histories.check([f"reader{number}@example.org" for number in range(20)], START + timedelta(days=10))

    assert {entry.address: entry.memory.generation for entry in listed} == {
        address: generation for address, (generation, stands) in mirror.items() if stands
    }


async def test_two_nodes(postgresql):
    """Of two nodes' changes none is passed over by who reads meanwhile: numbers appear in their order."""
    url = postgresql.new_database()
    async with (
        Histories(on_server(url, seconds=30), commit_seconds=30) as one,
        Histories(on_server(url, seconds=30), commit_seconds=30) as other,
        Histories(on_server(url, seconds=30), commit_seconds=30) as reader,
    ):
        writing = [
            asyncio.create_task(tell(node, (0, "dead", f"{name}{number}", f"{name}{number}@example.org")))
            for number in range(200)
            for name, node in (("a", one), ("b", other))
        ]
        seen, after = [], 0
        while len(seen) < 400:
            is_written = all(task.done() for task in writing)  # before the look: what is written during it may be missed by it
            found = await reader.changes(after, 50)
            seen += found
            after = found[-1].seq if found else after
            if not found and is_written:
                break
        await asyncio.gather(*writing)

    assert 400 == len({each.address for each in seen}) == len(seen)


async def test_forgotten(histories):
    """Changes are forgotten with the rest."""
    await tell(histories, (0, "bare", "r1"))
    await histories.forget(START + timedelta(days=500), 400)

    assert [] == await said(histories)
