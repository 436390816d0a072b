"""The main job with real servers: Postfix bounces, bounced decides, RabbitMQ delivers.

Postfix and bounced are set up as deploy/postfix/README.md says.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from importlib.resources import files
from pathlib import Path

from bounced.client import decisions
from bounced.config import Config, load
from bounced.errors import SinkUnavailable
from bounced.publish.event import CloudEvent
from bounced.service import Daemon
from tests.servers.namespace import Host
from tests.servers.postfix import Postfix, StartPostfix, block
from tests.servers.rabbitmq import Broker
from tests.servers.smtp_script import ScriptedServer, scripted_server

RETURN_PATH = "news@bounces.example.net"
RECEIVER = ScriptedServer(
    at_rcpt={
        "gone": "550 5.1.1 <gone@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
        "full": "552 5.2.2 <full@example.org>: Mailbox is full, over its storage quota",
        "blocking": "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example; see https://bl.example/192.0.2.10",
    }
)


def settings(folder: Path, broker: Broker, *listen: str) -> Config:
    """Take the page's settings, on free ports, with the broker and a folder of the test."""
    path = folder / "bounced.toml"
    path.write_text(block("/etc/bounced/bounced.toml"))
    ports = {"BOUNCED_SMTP__LISTEN": ",".join(listen), "BOUNCED_ADMIN__LISTEN": "127.0.0.1:0", "BOUNCED_ADMIN__POSTFIX_POLICY": ""}
    environ = {"BOUNCED_JOURNAL__FOLDER": str(folder / "journal"), "BOUNCED_SINK__URLS": broker.url, "BOUNCED_NODE__NAME": "test"}
    return load(path, environ | ports)


async def our_postfix(start: StartPostfix, daemon_port: int, *, others: str = "", also_at: str = "") -> Postfix:
    """Start the page's mail.example.net, which hands bounces to the daemon; *also_at* it takes mail from outside."""
    transport = block("/etc/postfix/transport").replace(":2525", f":{daemon_port}") + others
    master_cf = block("/etc/postfix/master.cf") + (f"{also_at} inet n - n - - smtpd\n" if also_at else "")
    return await asyncio.to_thread(start, main_cf=block("/etc/postfix/main.cf"), master_cf=master_cf, transport=transport)


async def strangers_postfix(start: StartPostfix, stranger: Host, port: int) -> Postfix:
    """Start a Postfix on another host that delivers mail for our return path to *port* of this machine."""
    transport = f"bounces.example.net smtp:[{stranger.ours}]:{port}\n"
    return await asyncio.to_thread(start, main_cf="transport_maps = texthash:/etc/postfix/transport\n", transport=transport, on=stranger)


async def take(broker: Broker, queue: str, count: int) -> list[CloudEvent]:
    """Take *count* events off *queue*, by recipient, and what else is there then."""
    events: list[CloudEvent] = []
    async with asyncio.timeout(60):
        while len(events) < count:
            try:
                async with aclosing(decisions(broker.url, queues=[queue])) as deliveries:
                    while len(events) < count:
                        async with await anext(deliveries) as delivery:
                            events.append(delivery.event)
            except SinkUnavailable:  # the daemon has not made the queue yet: the broker was busy, and it tries again
                await asyncio.sleep(0.2)
    async with aclosing(decisions(broker.url, queues=[queue], follow=False)) as rest:
        events += [delivery.event async for delivery in rest]
    return sorted(events, key=lambda event: event.subject or "")


def told(event: CloudEvent) -> tuple[str | None, str, str, str, str | None, str]:
    """Return what the acceptance of this test is about."""
    decision = event.data.decision
    return event.subject, decision.disposition, decision.category, decision.fault, decision.withheld, event.data.trust.grade


async def test_own_bounce(tmp_path: Path, broker: Broker, start_postfix: StartPostfix) -> None:
    """Three recipients fail in three ways; Postfix's own bounce becomes three events in the right queues, each with its reason."""
    async with scripted_server(RECEIVER), Daemon(settings(tmp_path, broker, "127.0.0.1:0")) as daemon:
        others = f"example.org smtp:[127.0.0.1]:{RECEIVER.port}\n"
        postfix = await our_postfix(start_postfix, daemon.addresses[0][1], others=others)
        recipients = ["gone@example.org", "full@example.org", "blocking@example.org"]
        await asyncio.to_thread(postfix.submit, RETURN_PATH, recipients, "Message-ID: <1@news.example>\nSubject: News\n\nHello\n")
        suppressed = await take(broker, "bounced.suppress", 1)
        blocking, full = await take(broker, "bounced.retry", 2)

    assert [("gone@example.org", "suppress", "invalid-recipient", "recipient", None, "reporter")] == [told(event) for event in suppressed]
    assert ("full@example.org", "retry", "mailbox-full", "recipient", None, "reporter") == told(full)
    assert ("blocking@example.org", "retry", "reputation-block", "sender", None, "reporter") == told(blocking)
    assert ["5.1.1", "5.2.2", "5.7.1"] == [event.data.dsn.status for event in (*suppressed, full, blocking)]
    reasons = [event.data.decision.because for event in (*suppressed, full, blocking)]
    assert [] == [
        (word, reason) for word, reason in zip(("no such mailbox", "no room", "blocklist"), reasons, strict=True) if word not in reason
    ]
    assert {"<1@news.example>"} == {event.data.message.message_id for event in (*suppressed, full, blocking)}


async def test_stranger(tmp_path: Path, broker: Broker, start_host: Callable[[str], Host], start_postfix: StartPostfix) -> None:
    """A stranger's report is accepted and judged, and does not suppress."""
    stranger = await asyncio.to_thread(start_host, "mx.stranger.example")
    async with Daemon(settings(tmp_path, broker, f"{stranger.ours}:0")) as daemon:
        postfix = await strangers_postfix(start_postfix, stranger, daemon.addresses[0][1])
        await asyncio.to_thread(postfix.submit, RETURN_PATH, ["olga@mx.stranger.example"], "Subject: News\n\nHello\n")
        events = await take(broker, "bounced.retry", 1)

    assert [("olga@mx.stranger.example", "retry", "invalid-recipient", "recipient", "unproven", "none")] == [
        told(event) for event in events
    ]
    assert [(stranger.address, True)] == [(event.data.trust.peer, event.data.trust.null_sender) for event in events]


async def test_forged_report_by_way_of_ours(
    tmp_path: Path, broker: Broker, start_host: Callable[[str], Host], start_postfix: StartPostfix
) -> None:
    """A report forged in our server's name, which a stranger has our own server relay, does not suppress."""
    stranger = await asyncio.to_thread(start_host, "mx.stranger.example")
    forged = files("bounced").joinpath("samples", "01-unknown-user.eml").read_text()
    async with Daemon(settings(tmp_path, broker, "127.0.0.1:0")) as daemon:
        ours = await our_postfix(start_postfix, daemon.addresses[0][1], also_at=f"{stranger.ours}:2526")
        theirs = await strangers_postfix(start_postfix, stranger, 2526)
        await asyncio.to_thread(theirs.submit, "", [RETURN_PATH], forged)
        events = await take(broker, "bounced.retry", 1)

    assert ours.folder != theirs.folder
    assert [("anna@example.org", "retry", "invalid-recipient", "recipient", "unproven", "none")] == [told(event) for event in events]
    assert "mail.example.net" == events[0].data.dsn.reporting_mta
