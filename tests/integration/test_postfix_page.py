"""deploy/postfix/README.md does what it says: a real Postfix set up by it takes its bounces to where bounced listens."""

import asyncio
from collections.abc import Callable

from tests.servers.namespace import Host
from tests.servers.postfix import StartPostfix, block
from tests.servers.smtp_script import ScriptedServer, scripted_server

MAIN_CF, MASTER_CF = "/etc/postfix/main.cf", "/etc/postfix/master.cf"
TRANSPORT = "/etc/postfix/transport"


async def test_own_bounces_reach_the_listener(start_postfix: StartPostfix) -> None:
    """A refusal during delivery becomes a bounce with the null sender, handed to the listener at the page's address."""
    receiver = ScriptedServer(at_rcpt={"nobody": "550 5.1.1 <nobody@example.org>: no such user"})
    async with scripted_server(receiver), scripted_server(ScriptedServer()) as listener:
        transport = block(TRANSPORT).replace(":2525", f":{listener.port}") + f"example.org smtp:[127.0.0.1]:{receiver.port}\n"
        postfix = await asyncio.to_thread(start_postfix, main_cf=block(MAIN_CF), master_cf=block(MASTER_CF), transport=transport)
        await asyncio.to_thread(postfix.submit, "news@bounces.example.net", ["nobody@example.org"], "Subject: test\n\nHello\n")
        async with asyncio.timeout(30):
            bounce = await listener.messages.get()

    assert ("", ("news@bounces.example.net",)) == (bounce.mail_from, bounce.rcpt_to)
    assert b"\r\nReporting-MTA: dns; mail.example.net\r\n" in bounce.content
    assert b"\r\nStatus: 5.1.1\r\n" in bounce.content


async def test_strangers_host(start_host: Callable[[str], Host], start_postfix: StartPostfix) -> None:
    """A Postfix in a network namespace is another host: it comes with its own address and its own name."""
    stranger = await asyncio.to_thread(start_host, "mx.stranger.example")
    async with scripted_server(ScriptedServer(), stranger.ours) as listener:
        main_cf, transport = (
            "transport_maps = texthash:/etc/postfix/transport\n",
            f"bounces.example.net smtp:[{stranger.ours}]:{listener.port}\n",
        )
        postfix = await asyncio.to_thread(start_postfix, main_cf=main_cf, transport=transport, on=stranger)
        await asyncio.to_thread(postfix.submit, "news@bounces.example.net", ["olga@mx.stranger.example"], "Subject: test\n\nHello\n")
        async with asyncio.timeout(30):
            bounce = await listener.messages.get()

    assert (stranger.address, "") == (bounce.peer, bounce.mail_from)
    assert b"\r\nReporting-MTA: dns; mx.stranger.example\r\n" in bounce.content
