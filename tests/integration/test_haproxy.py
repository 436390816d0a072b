"""A real HAProxy in front: the client that it tells is the one whose reports are believed or not."""

import asyncio
import smtplib
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.test_daemon import consumed
from tests.reports import block, report
from tests.servers.daemon import serve
from tests.servers.ports import free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "haproxy" / "haproxy.cfg"


@asynccontextmanager
async def haproxy(folder, daemon, how):
    """Run HAProxy with the shipped configuration, as it is but for its addresses, before *daemon*; give its port."""
    port, text = free_port(), SHIPPED.read_text()
    start, _, _ = text.partition("    server mx1")
    check = daemon.admin.rpartition(":")[2]
    server = f"    server mx1 127.0.0.1:{daemon.port} {how} check port {check} inter 100ms\n"
    config = folder / "haproxy.cfg"
    config.write_text(start.replace("bind :25", f"bind 127.0.0.1:{port}") + server)
    process = await asyncio.create_subprocess_exec("haproxy", "-db", "-f", config, stderr=asyncio.subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        await process.wait()


def hand_in(port, source, message):
    """Hand in *message* from the address *source*, as soon as the proxy lets it through."""
    for _ in range(300):
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=30, source_address=(source, 0)) as client:
                return client.sendmail("", ["return@bounce.example.com"], message.replace(b"\n", b"\r\n"))
        except (OSError, smtplib.SMTPServerDisconnected):
            time.sleep(0.05)  # it is not up yet, or has not asked the node for /ready
    raise AssertionError("HAProxy lets nobody through")


@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2"])
async def test_true_peer(tmp_path, how):
    """Of two clients behind the same proxy one is a peer of ours, and suppresses; the other is a stranger, and doesn't."""
    settings = {"TRUST__PEERS": "127.0.0.2", "TRUST__REPORTERS": "*", "SMTP__PROXIES": "127.0.0.1", "SMTP__ACCEPT": "bounce.example.com"}
    returned = "Received: by mx.example.net (Postfix, from userid 1000) id 1; today\nMessage-ID: <1@news.example.com>\n"
    folder = tmp_path / "journal"
    async with serve(folder, configured=True, **settings) as daemon, haproxy(tmp_path, daemon, how) as port:
        for number, source in ((2, "127.0.0.2"), (3, "127.0.0.3")):
            message = report(block(f"reader{number}@example.org"), message_id=f"<{number}@mx.example.net>", returned=returned)
            await asyncio.to_thread(hand_in, port, source, message)
        await daemon.logged("arrival.done", times=2)
        await daemon.end()
    told = {event.subject: event.data for event in await consumed("embedded:", folder=folder)}

    assert {"reader2@example.org": "127.0.0.2", "reader3@example.org": "127.0.0.3"} == {
        name: data.trust.peer for name, data in told.items()
    }
    assert ["suppress", "retry"] == [told[f"reader{number}@example.org"].decision.disposition for number in (2, 3)]


async def test_header_of_a_stranger(tmp_path):
    """Who is no proxy of ours can't say that he comes for a peer of ours."""
    settings = {"TRUST__PEERS": "192.0.2.7", "TRUST__REPORTERS": "*", "SMTP__PROXIES": "192.0.2.1"}
    folder = tmp_path / "journal"
    async with serve(folder, configured=True, **settings) as daemon:
        (refused,) = await daemon.talk("PROXY TCP4 192.0.2.7 192.0.2.1 4711 25")
        await daemon.send(report(block()))
        await daemon.logged("arrival.done")
        await daemon.end()
    (event,) = await consumed("embedded:", folder=folder)

    assert refused.startswith("500")
    assert ("127.0.0.1", "retry", "unproven") == (event.data.trust.peer, event.data.decision.disposition, event.data.decision.withheld)
