"""Signed return paths through a daemon: a stranger's report suppresses whom it was signed for, and RCPT refuses what it should."""

from datetime import UTC, datetime, timedelta

from bounced.keyring import new, read_keys
from bounced.return_path import Keys, sign
from tests.integration.test_daemon import consumed
from tests.reports import block, report
from tests.servers.daemon import serve

REFUSING = {"TRUST__FORGED": "refuse", "TRUST__EXPIRED": "refuse"}


async def test_believed(tmp_path):
    """Neither peer nor reporter, but the return path proves it: one is suppressed, with the sender's reference, the other is not."""
    new(tmp_path / "keys", datetime.now(UTC))
    signed = sign("reader1@example.org", "bounce.example.com", read_keys(tmp_path / "keys"), datetime.now(UTC), reference="c42-17")
    folder = tmp_path / "journal"
    async with serve(folder, configured=True, TRUST__RETURN_PATH_KEYS=str(tmp_path / "keys")) as daemon:
        await daemon.send(report(block("reader1@example.org"), block("reader2@example.org")), to=signed)
        await daemon.logged("arrival.done")
        await daemon.end()
    events = {event.subject: event.data for event in await consumed("embedded:", folder=folder)}

    assert ("suppress", None, "signed", "c42-17") == facts(events["reader1@example.org"])
    assert ("retry", "unproven", "none", None) == facts(events["reader2@example.org"])


def facts(data):
    """Give what matters here of an event."""
    return data.decision.disposition, data.decision.withheld, data.trust.grade, data.message.reference


async def test_refused_at_rcpt(tmp_path):
    """A forged and an old return path get 550; a valid one, and one that is not signed at all, are taken. New keys count after SIGHUP."""
    path = tmp_path / "keys"
    new(path, datetime.now(UTC))
    keys, now = read_keys(path), datetime.now(UTC)
    others = Keys({1: b"x" * 32})
    asked = {
        "valid": sign("anna@example.org", "bounce.example.com", keys, now),
        "old": sign("anna@example.org", "bounce.example.com", keys, now - timedelta(days=40)),
        "forged": sign("anna@example.org", "bounce.example.com", others, now),
        "unsigned": "return@bounce.example.com",
    }
    async with serve(tmp_path / "journal", configured=True, TRUST__RETURN_PATH_KEYS=str(path), **REFUSING) as daemon:
        commands = [f"RCPT TO:<{address}>" for address in asked.values()]
        before = (await daemon.talk("EHLO me", "MAIL FROM:<>", *commands))[2:]
        path.unlink()
        path.write_text(f"1 2026-11-27 {(b'x' * 32).hex()}\n", encoding="ascii")
        path.chmod(0o600)
        daemon.hang_up()
        await daemon.logged("settings.loaded")
        after = (await daemon.talk("EHLO me", "MAIL FROM:<>", *commands))[2:]

    assert ["250", "550", "550", "250"] == [reply[:3] for reply in before]
    assert ["550", "550", "250", "250"] == [reply[:3] for reply in after]
    assert "too old" in before[1]
