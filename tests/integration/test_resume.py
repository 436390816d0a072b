"""What a run left to judge: taken up by the next, unless judging it is what ends the process."""

from bounced.pipeline.settler import MOST_BEGUN
from bounced.store import Journal
from tests.journal_samples import SETTINGS, arrival
from tests.reports import block, report
from tests.servers.daemon import serve


async def test_begun_too_often(tmp_path):
    """An arrival whose judging never ended is set aside with the reason; the one behind it is judged, and mail is taken."""
    async with Journal(tmp_path, SETTINGS) as journal:
        for number in (1, 2):
            await journal.keep(arrival(number, report(block(f"reader{number}@example.org"))))
        for _ in range(MOST_BEGUN):
            await journal.begin(arrival(1).id)
    async with serve(tmp_path) as daemon:
        failed = await daemon.logged("arrival.failed")
        await daemon.logged("arrival.done", arrival_id=arrival(2).id)
        await daemon.end()
    async with Journal(tmp_path, SETTINGS) as journal:
        (held,) = await journal.held(10)

    assert (arrival(1).id, arrival(1).id, failed["reason"]) == (failed["arrival_id"], held.id, held.reason)
