"""A real Postfix asks before it takes mail for a recipient: the suppressed one is refused, until he is lifted; without us all goes on."""

import asyncio
import smtplib

import pytest
from click.testing import CliRunner

from bounced import cli
from tests.integration.test_haproxy import free_port
from tests.integration.test_postfix_page import MAIN_CF, MASTER_CF
from tests.reports import block as failed
from tests.reports import report
from tests.servers.daemon import serve
from tests.servers.postfix import block
from tests.servers.smtp_script import ScriptedServer, scripted_server


def asked(postfix, recipient):
    """Give what Postfix says to the RCPT of *recipient*."""
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as client:
        client.helo("localhost")
        client.mail("news@example.net")
        code, text = client.rcpt(recipient)
        return code, text.decode()


async def test_refused_until_lifted(tmp_path, start_postfix):
    """As the page says it: refused while suppressed, taken after `bounced list lift`, and taken when the daemon is down."""
    folder, port = tmp_path / "journal", free_port()
    main_cf = block(MAIN_CF).replace(":8026", f":{port}")
    async with scripted_server(ScriptedServer()) as receiver:
        transport = f"example.org smtp:[127.0.0.1]:{receiver.port}\n"
        postfix = await asyncio.to_thread(start_postfix, main_cf=main_cf, master_cf=block(MASTER_CF), transport=transport)
        async with serve(folder, ADMIN__POSTFIX_POLICY=f"127.0.0.1:{port}") as daemon:
            before = await asyncio.to_thread(asked, postfix, "anna@example.org")
            await daemon.send(report(failed()))
            await daemon.logged("arrival.done")
            refused = await asyncio.to_thread(asked, postfix, "Anna@example.org")
            other = await asyncio.to_thread(asked, postfix, "bob@example.org")
            lifted = await asyncio.to_thread(
                CliRunner().invoke, cli._bounced, ["list", "lift", "anna@example.org"], env={"BOUNCED_JOURNAL__FOLDER": str(folder)}
            )
            after = await asyncio.to_thread(asked, postfix, "anna@example.org")
            await daemon.end()
        alone = await asyncio.to_thread(asked, postfix, "anna@example.org")

    assert 0 == lifted.exit_code
    assert [250, 550, 250, 250, 250] == [code for code, _ in (before, refused, other, after, alone)]
    assert "5.7.1" in refused[1]
    assert "suppressed since" in refused[1]
    assert "invalid-recipient" in refused[1]


@pytest.mark.parametrize("store", ["none"])
async def test_nothing_to_ask_for(tmp_path, store):
    """Without a history the daemon says that there is nothing to ask for, and does not start."""
    with pytest.raises(AssertionError, match="there is nothing to ask for"):
        async with serve(tmp_path, HISTORY__STORE=store, ADMIN__POSTFIX_POLICY="127.0.0.1:0"):
            pass
