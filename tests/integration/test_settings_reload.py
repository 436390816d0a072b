"""The settings of a running daemon: taken anew, all of them or none, on SIGHUP."""

import asyncio
import contextlib
import smtplib
import ssl
from pathlib import Path

import pytest

from tests.integration.test_daemon import bounce, consumed
from tests.servers.certificate import make_certificate
from tests.servers.daemon import SERVE, Served, serve

FILE = """
[smtp]
listen = ["127.0.0.1:0"]
accept = ["{accept}"]
tls_certificate = "{certificate}"
tls_key = "{key}"
[trust]
peers = ["{peer}"]
reporters = ["*"]
[log]
level = "{level}"
[journal]
max_bytes = {max_bytes}
"""
BEFORE = {"accept": "bounce.example.com", "peer": "127.0.0.1", "level": "info", "max_bytes": 1_000_000}


class Settings:
    """The configuration file in *folder*, and the certificate that it names."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "bounced.toml"
        self._folder = folder
        self.write()

    def write(self, host: str = "before.example.net", **changes: object) -> None:
        """Write BEFORE with *changes*, and a new certificate of *host*."""
        tls = make_certificate(self._folder, host)
        self.file.write_text(FILE.format(**BEFORE | {"certificate": tls["tls_certificate"], "key": tls["tls_key"]} | changes))


@contextlib.asynccontextmanager
async def serving(tmp_path, settings):
    """Run the daemon with the file of *settings*."""
    async with serve(tmp_path / "journal", program=(*SERVE, "--config", str(settings.file)), configured=True) as daemon:
        yield daemon


async def certified(daemon: Served) -> str:
    """Give the name in the certificate that a new session is shown."""

    def look() -> str:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with smtplib.SMTP("127.0.0.1", daemon.port, timeout=10) as client:
            client.starttls(context=context)
            der = client.sock.getpeercert(binary_form=True)
        return next(name for name in ("before.example.net", "after.example.net") if name.encode() in der)

    return await asyncio.to_thread(look)


async def test_all_is_taken(tmp_path):
    """Recipients, certificate, trust and the level of the log are the new ones for new sessions, in one go."""
    settings = Settings(tmp_path)
    async with serving(tmp_path, settings) as daemon:
        before = (await daemon.talk("EHLO me", "MAIL FROM:<>", "RCPT TO:<a@bounce.example.com>"))[-1], await certified(daemon)
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done", trust="reporter")
        settings.write("after.example.net", accept="bounce.example.org", peer="192.0.2.1", level="warning")
        daemon.hang_up()
        await daemon.logged("settings.loaded")
        old, new = (f"RCPT TO:<a@bounce.example.{top}>" for top in ("com", "org"))
        after = (await daemon.talk("EHLO me", "MAIL FROM:<>", old, new))[-2:], await certified(daemon)
        kept = len([line for line in daemon.lines if line["event"] == "arrival.kept"])
        status = await daemon.end()

    assert ("250", "before.example.net") == (before[0][:3], before[1])
    assert ((["550", "250"]), "after.example.net") == ([reply[:3] for reply in after[0]], after[1])
    assert (1, 0) == (kept, status)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_bytes": 2_000_000}, "journal.max_bytes can't change while the daemon runs: restart it"),
        ({"accept": "not a domain"}, "smtp.accept: 'not a domain' is neither a domain"),
        ({"certificate": "missing.pem"}, "missing.pem"),
        ({"level": "loud"}, "log.level"),
    ],
)
async def test_or_nothing(tmp_path, changes, reason):
    """What is wrong, or can't change, keeps everything else from changing too, and is named."""
    settings = Settings(tmp_path)
    async with serving(tmp_path, settings) as daemon:
        settings.write(**{"accept": "bounce.example.org", "peer": "192.0.2.1"} | changes)
        daemon.hang_up()
        refused = await daemon.logged("settings.refused")
        reply = (await daemon.talk("EHLO me", "MAIL FROM:<>", "RCPT TO:<a@bounce.example.com>"))[-1]
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done", trust="reporter")
        status = await daemon.end()
    events = await consumed("embedded:", folder=tmp_path / "journal")

    assert reason in refused["reason"]
    assert ("250", 0, "suppress") == (reply[:3], status, events[0].data.decision.disposition)
