"""Postfix and Exim in front, by SMTP, LMTP and pipe, set up as their pages say: what they bounce arrives once, and is believed."""

import asyncio
import contextlib
import os
import pwd
import shutil
import smtplib
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.integration.test_daemon import consumed
from tests.servers.daemon import serve
from tests.servers.exim import PAGE as EXIM_PAGE
from tests.servers.exim import USER, exim
from tests.servers.postfix import PAGE as POSTFIX_PAGE
from tests.servers.postfix import block
from tests.servers.privilege import run_as_root
from tests.servers.smtp_script import ScriptedServer, scripted_server

RETURN_PATH = "news@bounces.example.net"
RECEIVER = ScriptedServer(at_rcpt={"gone": "550 5.1.1 <gone@example.org>: Recipient address rejected: User unknown"})
MESSAGE = "From: news@example.net\nTo: gone@example.org\nMessage-ID: <1@news.example>\nSubject: News\n\nHello\n"
WAYS = ["", "by LMTP", "by pipe"]


@pytest.fixture
def open_folder():
    """Give a folder that a mail server's user may enter; pytest's own is closed to him."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.asynccontextmanager
async def daemon(folder, page):
    """Run the daemon with the page's trust and a socket of LMTP that every user may connect to."""
    (folder / "bounced.toml").write_text(block("/etc/bounced/bounced.toml", page=page).split("[admin]")[0])
    sockets = {"SMTP__LMTP_LISTEN": f"unix:{folder}/lmtp.sock", "CONFIG": str(folder / "bounced.toml")}
    async with serve(folder / "journal", configured=True, **sockets) as served:
        (folder / "lmtp.sock").chmod(0o666)
        yield served


def python(folder):
    """Give a command for our Python that the pipe's user may run. Root's may lie where nobody else can look: then he runs it as root."""
    if os.geteuid():
        return sys.executable
    run_as_root(
        "install", "-o", "root", "-g", str(pwd.getpwnam(USER).pw_gid), "-m", "4750", shutil.which("env") or "", str(folder / "as-root")
    )
    return f"{folder}/as-root {sys.executable}"


def adapted(text, folder, port):
    """Give *text* of the page with the places of this test."""
    program = f"{python(folder)} -m bounced ingest - --server 127.0.0.1:{port}"
    places = {"2525": str(port), "/run/bounced/lmtp.sock": f"{folder}/lmtp.sock", "/opt/bounced/bin/bounced ingest -": program}
    users = {"user=bounced": f"user={USER}", "user = bounced": f"user = {USER}", "  group = bounced\n": ""}
    for old, new in (places | users).items():
        text = text.replace(old, new)
    return text


async def told(served, folder):
    """Wait for the one report, end the daemon, and give what is in its queue."""
    await served.logged("arrival.done")
    assert 0 == await served.end()
    return [(event.subject, event.data.decision.disposition, event.data.trust.peer) for event in await consumed("embedded:", folder=folder)]


@pytest.mark.parametrize("way", WAYS)
async def test_postfix(open_folder, start_postfix, way):
    """A bounce of Postfix's own comes once, and suppresses."""
    async with scripted_server(RECEIVER), daemon(open_folder, POSTFIX_PAGE) as served:

        def page(name):
            return adapted(block(name, way), open_folder, served.port)

        main_cf = block("/etc/postfix/main.cf").split("smtpd_recipient_restrictions")[0] + (
            page("/etc/postfix/main.cf") if way == "by pipe" else ""
        )
        transport = page("/etc/postfix/transport") + f"example.org smtp:[127.0.0.1]:{RECEIVER.port}\n"
        master_cf = page("/etc/postfix/master.cf") + "lmtp unix - - n - - lmtp\npipe unix - n n - - pipe\n"
        postfix = await asyncio.to_thread(start_postfix, main_cf=main_cf, master_cf=master_cf, transport=transport)
        await asyncio.to_thread(postfix.submit, RETURN_PATH, ["gone@example.org"], MESSAGE)
        found = await told(served, open_folder / "journal")

    assert [("gone@example.org", "suppress", "127.0.0.1")] == found


def hand_in(port):
    """Hand in the message as an application on the machine does."""
    for _ in range(100):
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                return client.sendmail(RETURN_PATH, ["gone@example.org"], MESSAGE)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("Exim does not listen")


@pytest.mark.parametrize("way", WAYS)
async def test_exim(open_folder, way):
    """A bounce of Exim's own comes once, and suppresses."""
    async with scripted_server(RECEIVER), daemon(open_folder, EXIM_PAGE) as served:
        routers, transports = (
            adapted(block(f"/etc/exim4/{name}", way, EXIM_PAGE), open_folder, served.port) for name in ("routers", "transports")
        )
        with exim(routers=routers, transports=transports, outside=RECEIVER.port) as server:
            await asyncio.to_thread(hand_in, server.port)
            found = await told(served, open_folder / "journal")

    assert [("gone@example.org", "suppress", "127.0.0.1")] == found
