"""The rules of a running daemon: taken anew, whole, on SIGHUP; and what its journal shows that no rule knew."""

from contextlib import aclosing

from click.testing import CliRunner

from bounced import cli, client
from tests.reports import block, report
from tests.servers.daemon import serve

RULE = """
[[rule]]
id = "site.wombat"
category = "{category}"
phrases = ["the wombat declines"]
examples = ["550 the wombat declines"]
"""


def bounce(number):
    """Make a bounce of its own for each *number*, in words that no shipped rule knows."""
    return report(
        block(f"r{number}@example.org", status=None, diagnostic_code="smtp; 550 the wombat declines"),
        message_id=f"<{number}@mx.example.net>",
    )


async def judged(folder):
    """Take what is in the queue; give the category and the version of the rules of each event, in the order of the decisions."""
    found = []
    async with aclosing(client.decisions("embedded:", folder=folder, follow=False)) as deliveries:
        async for delivery in deliveries:
            async with delivery:
                found.append((delivery.event.subject, delivery.event.data.decision.category, delivery.event.data.decision.rules_version))
    return [each[1:] for each in sorted(found)]


async def test_reload(tmp_path):
    """New packs are in force after SIGHUP, and told in each event; broken ones are reported, and the last good ones stay."""
    site, journal = tmp_path / "rules.d", tmp_path / "journal"
    site.mkdir()
    pack = site / "site.toml"
    async with serve(journal, RULES__FOLDER=str(site)) as daemon:
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done", times=1)
        pack.write_text(RULE.format(category="mailbox-full"), encoding="utf-8")
        daemon.hang_up()
        loaded = await daemon.logged("settings.loaded")
        await daemon.send(bounce(2))
        await daemon.logged("arrival.done", times=2)
        pack.write_text(RULE.format(category="wombats") + RULE, encoding="utf-8")
        daemon.hang_up()
        refused = await daemon.logged("settings.refused")
        await daemon.send(bounce(3))
        await daemon.logged("arrival.done", times=3)
        pack.write_text(RULE.format(category="greylisted"), encoding="utf-8")
        daemon.hang_up()
        again = await daemon.logged("settings.loaded", times=2)
        await daemon.send(bounce(4))
        await daemon.logged("arrival.done", times=4)
        status = await daemon.end()
    found = await judged(journal)

    assert 0 == status
    assert ["unknown", "mailbox-full", "mailbox-full", "greylisted"] == [category for category, _ in found]
    assert [loaded["rules_version"], loaded["rules_version"], again["rules_version"]] == [version for _, version in found[1:]]
    assert len({version for _, version in found}) == 3
    assert f"{pack}:4: site.wombat: there is no category 'wombats'" in refused["reason"]


async def test_unmatched_in_the_journal(tmp_path):
    """Beside the running daemon, `bounced rules unmatched` finds in its journal what no rule knew, and changes nothing there."""
    async with serve(tmp_path) as daemon:
        await daemon.send(bounce(1), bounce(2))
        await daemon.logged("arrival.done", times=2)
        result = CliRunner().invoke(
            cli._bounced, ["rules", "unmatched"], env={"BOUNCED_CONFIG": None, "BOUNCED_JOURNAL__FOLDER": str(tmp_path)}
        )
        await daemon.send(bounce(3))
        await daemon.logged("arrival.done", times=3)
        status = await daemon.end()

    assert None is result.exception
    assert 'phrases = ["the wombat declines"]' in result.stdout
    assert "# 2 times: 550 the wombat declines" in result.stdout
    assert 0 == status
