"""A journal that a disk has damaged: it opens with all it had, or is refused by its name; nothing is held up for ever."""

import asyncio
import random
import shutil

import pytest

from bounced.errors import JournalInvalid
from bounced.store import Journal
from tests.journal_samples import NOON, SETTINGS, arrival, draft

ARRIVALS = 40
#: So many places are tried, each one's seed its number.
PLACES = range(100)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Make a journal with arrivals of every state; give it as it is closed, and as a power cut would leave it, with its WAL."""
    folder = tmp_path_factory.mktemp("samples")
    asyncio.run(fill(folder / "closed", folder / "crashed"))
    return folder / "closed", folder / "crashed"


async def fill(closed, crashed):
    """Make the journal in *closed*; in *crashed*, its copy before it was closed."""
    async with Journal(closed, SETTINGS) as journal:
        for number in range(ARRIVALS):
            raw = random.Random(number).randbytes(200 * number)  # noqa: S311 no secret
            await journal.keep(arrival(number, raw=raw, for_postmaster=number % 5 == 4))
            if number % 5 == 1:
                await journal.settle(arrival(number).id, [draft(f"r{number}")])
            if number % 5 == 2:
                await journal.settle(arrival(number).id, [])
            if number % 5 == 3:
                await journal.set_aside(arrival(number).id, "ValueError")
            if number == ARRIVALS // 2:
                await journal.archive(NOON)
                await journal.database.read(lambda connection: connection.execute("PRAGMA wal_checkpoint").fetchone())
        shutil.copytree(closed, crashed, ignore=shutil.ignore_patterns("*-shm", "*.lock"))


def damage(folder, dice):
    """Cut a file of *folder* short somewhere, or overwrite some octets of it; say which, and what was done."""
    file = dice.choice([file for name in ("journal.db", "journal.db-wal") if (file := folder / name).exists()])
    octets = bytearray(file.read_bytes())
    place = dice.randrange(len(octets))
    if cut := dice.random() < 0.5:
        del octets[place:]
    else:
        octets[place : place + 64] = dice.randbytes(min(dice.choice([1, 8, 64]), len(octets) - place))
    file.write_bytes(octets)
    return file.name, "cut" if cut else "overwritten"


async def is_there(journal, arrival_id):
    """Whether the message of an arrival can be read; a damaged one is named."""
    try:
        return await journal.find(arrival_id) is not None
    except JournalInvalid as error:
        if arrival_id not in str(error):
            raise
        return False


async def use(journal):
    """Do all that a daemon does: take mail, judge what waits, publish, archive, prune; say what is left waiting, and what is there."""
    await journal.keep(arrival(1000))
    for _ in range(ARRIVALS):  # as often as there can be work; a daemon would go on without end
        for item in await journal.waiting(None, 10):
            await journal.settle(item.id, [draft(item.id)])
        await journal.published([event.id for event in await journal.pending(10)])
    left = len(await journal.waiting(None, 10)) + len(await journal.pending(10))
    await journal.archive(NOON)
    await journal.held(100)
    await journal.account()
    there = [number for number in range(ARRIVALS) if await is_there(journal, arrival(number).id)]
    await journal.prune(NOON)
    return left, there


@pytest.mark.parametrize("seed", PLACES)
async def test_damaged_anywhere(samples, tmp_path, seed):
    """Whatever octet is lost or wrong: refused by name, or all that is readable is dealt with; the files are left for a person."""
    dice = random.Random(seed)  # noqa: S311 to be thrown again the same way
    folder = tmp_path / "journal"
    shutil.copytree(dice.choice(samples), folder)
    file, how = damage(folder, dice)
    before = (folder / file).read_bytes()
    journal = Journal(folder, SETTINGS)
    refusal = None
    try:
        await journal.open()
    except JournalInvalid as error:
        refusal = str(error)
    if refusal is not None:
        assert f"{folder / 'journal.db'}: " in refusal
        assert before == (folder / file).read_bytes()
        return
    try:
        left, there = await use(journal)
    finally:
        await journal.close()

    assert left == 0
    if file == "journal.db" and how == "cut":
        assert list(range(ARRIVALS)) == there
