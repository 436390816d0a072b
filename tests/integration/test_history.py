"""The history through a daemon: failures add up over restarts, shadow withholds, a policy of the site's own is in force after SIGHUP."""

from datetime import UTC, datetime, timedelta

from bounced.judging import Judge
from bounced.pipeline.remembering import Asked, Remembered
from bounced.store.history import Histories, in_folder
from tests.integration.test_daemon import consumed
from tests.reports import block, report
from tests.servers.daemon import SERVE, serve
from tests.service.test_history import arrival, case
from tests.unit.test_counting import START

FULL = {"status": "5.2.2", "diagnostic_code": "smtp; 552 5.2.2 Mailbox full"}


def full(number, recipient="anna@example.org"):
    """A report that the mailbox is full."""
    return report(block(recipient, **FULL), message_id=f"<full-{number}@mx.example.net>")


async def failed_before(folder, what, days):
    """Remember of anna that she failed so many days ago."""
    folder.mkdir(exist_ok=True)
    ago = (datetime.now(UTC) - START) / timedelta(days=1) - days
    async with Histories(in_folder(folder), commit_seconds=30) as histories:
        await Remembered(histories).verdicts(Judge.load(), [Asked(arrival(ago), case(what, f"r{days}"))])


async def told(folder, daemon, *bounces):
    """Hand in *bounces*, end the daemon, and give what was published of each, in order."""
    for bounce in bounces:
        await daemon.send(bounce)
    await daemon.logged("arrival.done", times=len(bounces))
    await daemon.end()
    return [event.data for event in await consumed("embedded:", folder=folder)]


async def test_adds_up(tmp_path):
    """A full mailbox is suppressed for 60 days when it was seen often enough before; the event says what was known, and why."""
    folder = tmp_path / "journal"
    for days in (20, 15, 10, 5):
        await failed_before(folder, "full", days)
    async with serve(folder) as daemon:
        known, other = await told(folder, daemon, full(1), full(2, "bob@example.org"))

    assert ("suppress", 4.0, 4) == (known.decision.disposition, known.history.points, known.history.scoring_days)
    assert "failed on 5 days" in known.decision.because
    assert timedelta(days=59) < known.decision.until - datetime.now(UTC) < timedelta(days=60)
    assert ("retry", 0.0) == (other.decision.disposition, other.history.points)


async def test_remembered(tmp_path):
    """The next run of the daemon knows what the one before it has counted."""
    folder = tmp_path / "journal"
    async with serve(folder) as daemon:
        (first,) = await told(folder, daemon, full(1))
    async with serve(folder) as daemon:
        (second,) = await told(folder, daemon, full(2))

    assert [(0.0, 0), (1.0, 1)] == [(each.history.points, each.history.scoring_days) for each in (first, second)]


async def test_none(tmp_path):
    """Without a history nothing is known, and no file is made."""
    folder = tmp_path / "journal"
    async with serve(folder, HISTORY__STORE="none") as daemon:
        known = await told(folder, daemon, full(1), full(2))

    assert [0.0, 0.0] == [each.history.points for each in known]
    assert not (folder / "history.db").exists()


async def test_shadow(tmp_path):
    """In shadow nothing suppresses; what would says so, the daemon too; live again after SIGHUP, the next failure suppresses."""
    folder, settings = tmp_path / "journal", tmp_path / "bounced.toml"
    text = '[smtp]\naccept = ["bounce.example.com"]\n[trust]\npeers = ["127.0.0.1"]\nreporters = ["*"]\n[policy]\nmode = "{}"\n'
    settings.write_text(text.format("shadow"))
    async with serve(folder, program=(*SERVE, "--config", str(settings)), configured=True) as daemon:
        await daemon.logged("policy.shadow")
        await daemon.send(report(block(), message_id="<1@mx.example.net>"))
        await daemon.logged("arrival.done")
        settings.write_text(text.format("live"))
        daemon.hang_up()
        await daemon.logged("settings.loaded")
        await daemon.send(report(block(), message_id="<2@mx.example.net>"))
        await daemon.logged("arrival.done", times=2)
        await daemon.end()
    shadow, live = sorted((event.data for event in await consumed("embedded:", folder=folder)), key=lambda data: data.raw.arrival_id)

    assert [("retry", "shadow"), ("suppress", None)] == [(each.decision.disposition, each.decision.withheld) for each in (shadow, live)]


async def test_own_policy(tmp_path):
    """A policy of the site's own is in force after SIGHUP; one that is not in order is refused, and the old one stays."""
    folder, policy = tmp_path / "journal", tmp_path / "policy.toml"
    policy.write_text("")
    async with serve(folder, POLICY__FILE=str(policy)) as daemon:
        await daemon.send(full(1))
        policy.write_text("[category.reputation-block]\nweight = 1\n")
        daemon.hang_up()
        refused = await daemon.logged("settings.refused")
        policy.write_text("[category.mailbox-full]\ndisposition = 'suppress'\n")
        daemon.hang_up()
        await daemon.logged("settings.loaded")
        await daemon.send(full(2, "bob@example.org"))
        await daemon.logged("arrival.done", times=2)
        await daemon.end()
    events = {event.subject: event.data.decision.disposition for event in await consumed("embedded:", folder=folder)}

    assert "category.reputation-block: the sender's fault may not count" in refused["reason"]
    assert {"anna@example.org": "retry", "bob@example.org": "suppress"} == events
