"""The intake: closed when nothing can be kept, and open again as soon as anything can."""

from msgspec.structs import replace

from bounced.errors import JournalFull
from bounced.health import Health
from bounced.pipeline import Intake, nobody
from bounced.store import Journal
from tests.journal_samples import NOON, SETTINGS, arrival

#: More than are archived at a look.
COUNT = 700


async def test_full_and_busy(tmp_path):
    """A full journal in which much is done takes mail before all of that is archived: while it is being drained there is no end of it."""
    octets = len(arrival(0).raw)
    settings = replace(SETTINGS, max_bytes=COUNT * octets, min_free_bytes=0)
    async with Journal(tmp_path, settings) as journal:
        intake = Intake(journal, settings, Health(), lambda: NOON, reached=nobody)
        for number in range(COUNT):
            await intake.keep(arrival(number))
            await journal.settle(arrival(number).id, [])
        try:
            await intake.keep(arrival(COUNT))
        except JournalFull:
            refused = intake.refusal
        await intake.look()
        left = (await journal.measure()).kept_bytes // octets
        await intake.keep(arrival(COUNT))

        assert isinstance(refused, JournalFull)
        assert 0 < left < COUNT
        assert intake.refusal is None
