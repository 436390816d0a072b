"""The history in PostgreSQL through daemons: nodes count together, and mail is taken whether the server is there or not."""

import asyncio

from tests.integration.test_daemon import consumed
from tests.integration.test_history import full
from tests.reports import block, report
from tests.servers.daemon import serve


def settings(url, **more):
    """Name the settings for a history at *url*."""
    return {"HISTORY__STORE": "postgresql", "HISTORY__URL": url, "JOURNAL__COMMIT_SECONDS": "2", **more}


async def only(folder):
    """Give the one event of *folder*'s queue."""
    (event,) = await consumed("embedded:", folder=folder)
    return event.data


async def test_together(tmp_path, postgresql):
    """What one node counts, the other knows."""
    url = postgresql.new_database()
    async with serve(tmp_path / "a", **settings(url)) as first, serve(tmp_path / "b", **settings(url)) as second:
        for number, node in enumerate((first, second)):
            await node.send(full(number))
            await node.logged("arrival.done")
            await node.end()

    assert [(0.0, True), (1.0, True)] == [((await only(tmp_path / each)).history.points, True) for each in "ab"]


async def test_same_report(tmp_path, postgresql):
    """A report that reaches both nodes at once counts once, and both say the same."""
    url = postgresql.new_database()
    bounce = report(block(), message_id="<1@mx.example.net>")
    async with serve(tmp_path / "a", **settings(url)) as first, serve(tmp_path / "b", **settings(url)) as second:
        await asyncio.gather(*(node.send(bounce) for node in (first, second)))
        for node in (first, second):
            await node.logged("arrival.done")
        await first.end()
        await second.end()
    events = [each.data for name in "ab" for each in await consumed("embedded:", folder=tmp_path / name)]

    assert ["suppress", "suppress"] == [each.decision.disposition for each in events]
    assert 1 == len({(each.report_id, each.decision.because, each.decision.until) for each in events})


async def test_waits(tmp_path, postgresql):
    """Mail is taken when the server is away at the start; it is decided, with all that is known, when the server is back."""
    url = postgresql.new_database()
    postgresql.stop()
    async with serve(tmp_path, **settings(url)) as node:
        assert ["250"] == [reply[:3] for reply in await node.send(full(1))]
        await node.logged("node.degraded", cause="history-unavailable")
        await node.until_ready()
        postgresql.start()
        await node.logged("node.recovered", cause="history-unavailable")
        await node.logged("arrival.done")
        await node.end()

    assert (await only(tmp_path)).history.known


async def test_decides(tmp_path, postgresql):
    """With `when_away = "decide"` the decision says that the history was not asked; a dead address is suppressed all the same."""
    url = postgresql.new_database()
    async with serve(tmp_path, **settings(url, HISTORY__WHEN_AWAY="decide")) as node:
        postgresql.stop()
        await node.send(report(block(), message_id="<1@mx.example.net>"), full(2))
        await node.logged("node.degraded", cause="history-unavailable")
        await node.logged("arrival.done", times=2)
        await node.end()
    events = [event.data for event in await consumed("embedded:", folder=tmp_path)]

    assert {("suppress", False), ("retry", False)} == {(each.decision.disposition, each.history.known) for each in events}


async def test_cut_off(tmp_path, postgresql):
    """A server that ends in the midst of work loses nothing that was answered, and counts nothing twice."""
    url = postgresql.new_database()
    async with serve(tmp_path, **settings(url)) as node:
        for number in range(20):
            await node.send(full(number, f"reader{number % 5}@example.org"))
            if number % 7 == 3:
                postgresql.stop()
                postgresql.start()
        await node.logged("arrival.done", times=20)
        await node.end()
    events = [event.data for event in await consumed("embedded:", folder=tmp_path)]

    assert 20 == len({each.report_id for each in events})
    assert {0.0, 1.0} == {each.history.points for each in events}  # one day counts once, however often it is asked
    assert all(each.history.known for each in events)
