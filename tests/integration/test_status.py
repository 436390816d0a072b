"""How a node stands, for people and their monitoring: the pages, the metrics, `bounced status` and `bounced drain`."""

import asyncio
import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bounced.health import Cause
from bounced.metrics import METRICS
from tests.integration.test_daemon import bounce
from tests.reports import block, report
from tests.servers.certificate import make_certificate
from tests.servers.daemon import Served, serve

NOBODY_THERE = "amqp://guest:secret@127.0.0.1:1/"


async def bounced(*arguments: str, folder: Path, **settings: str) -> tuple[int, str]:
    """Run a command of ours on the journal in *folder*; give its exit status and what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")} | {
        "BOUNCED_JOURNAL__FOLDER": str(folder),
        **{f"BOUNCED_{name}": value for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bounced", *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode()


async def metrics(daemon: Served) -> dict[str, dict[str, float]]:
    """Fetch `/metrics`; give the number of each label value ("" where there is no label) by name."""
    families = text_string_to_metric_families((await daemon.page("/metrics"))[1])
    samples = [sample for family in families for sample in family.samples]
    found: dict[str, dict[str, float]] = {}
    for sample in samples:
        found.setdefault(sample.name, {})[next(iter(sample.labels.values()), "")] = sample.value
    return found


async def test_pages(tmp_path):
    """Alive and ready are 200, what is no page is 404, and nothing can be changed."""
    async with serve(tmp_path) as daemon:
        pages = {
            path: (await daemon.page(path))[0]
            for path in ("/live", "/ready", "/status", "/metrics", "/", "/mend", "/nothing", "/status/../etc")
        }

    assert {
        "/live": 200,
        "/ready": 200,
        "/status": 200,
        "/metrics": 200,
        "/": 200,
        "/mend": 403,
        "/nothing": 404,
        "/status/../etc": 404,
    } == pages


async def test_broker_away_is_not_unready(tmp_path):
    """Without a broker the node is degraded, with the reason and no password, and still ready: it can take mail."""
    async with serve(tmp_path, NOBODY_THERE) as daemon:
        await daemon.send(bounce(1))
        await daemon.logged("node.degraded", cause="sink-unavailable")
        ready, status, measured = (await daemon.page("/ready"))[0], await daemon.status(), await metrics(daemon)

    assert (200, True) == (ready, status["ready"])
    assert ["sink-unavailable"] == list(status["degraded"])
    assert "127.0.0.1:1" in status["degraded"]["sink-unavailable"]
    assert "secret" not in json.dumps(status)
    assert (1, 1) == (measured["bounced_degraded"]["sink-unavailable"], measured["bounced_arrivals"]["decided"])
    assert status["oldest_undelivered"] is not None


async def test_metrics_are_the_table(tmp_path):
    """Every metric of the table is served, and no other; labels take the values that stand there; the sums are right."""
    tls = {f"SMTP__{name.upper()}": value for name, value in make_certificate(tmp_path).items()}
    listed = block(
        "a@example.org", status="5.7.1", diagnostic_code="smtp; 550 5.7.1 blocked using bl.example", remote_mta="dns; mx.google.com"
    )
    async with serve(tmp_path, **tls) as daemon:
        await daemon.send(bounce(1), bounce(1), report(listed), b"Subject: hello\n\nno report\n")
        await daemon.logged("arrival.unread")
        await daemon.logged("arrival.done", duplicates=1)
        await daemon.logged("arrival.done", times=3)
        found = await metrics(daemon)

    receivers = {"bounced_decided_by_receiver_total": {"gmail", "other"}, "bounced_sender_faults_total": {"gmail"}}
    expected = {metric.name: set(metric.values or [""]) for metric in METRICS} | receivers
    assert expected == {name: set(values) for name, values in found.items()}
    assert [2] * 4 == [sum(found[f"bounced_decided_by_{name}_total"].values()) for name in ("disposition", "fault", "grade", "receiver")]
    assert 1.5 * 86400 < found["bounced_certificate_expires_timestamp_seconds"][""] - time.time() < 2.5 * 86400
    assert 4 == found["bounced_accepted_total"][""] == sum(found["bounced_arrivals"].values())
    assert 3 == found["bounced_decided_total"][""] == sum(found["bounced_decisions"].values())
    assert (1, 1) == (found["bounced_balanced"][""], found["bounced_ready"][""])
    assert {str(cause): 0 for cause in Cause} == found["bounced_degraded"]


async def test_status_of_a_running_daemon(tmp_path):
    """`bounced status` shows what `/status` serves; JSON for programs."""
    async with serve(tmp_path) as daemon:
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done")
        code, text = await bounced("status", folder=tmp_path, ADMIN__LISTEN=daemon.admin)
        _, as_json = await bounced("status", "--json", folder=tmp_path, ADMIN__LISTEN=daemon.admin)
        served = await daemon.status()

    assert 0 == code
    assert f"accepts mail on 127.0.0.1:{daemon.port}" in text
    assert "arrivals: 1 accepted = 1 done + 0 waiting" in text
    assert served["account"] == json.loads(as_json)["account"]


async def test_status_without_a_daemon(tmp_path):
    """With no daemon to ask, the journal tells what it holds."""
    async with serve(tmp_path, NOBODY_THERE) as daemon:
        await daemon.send(bounce(1), bounce(2))
        async with asyncio.timeout(30):
            while (await daemon.status())["account"]["arrivals"]["decided"] < 2:
                pass
        await daemon.end()
    code, text = await bounced("status", folder=tmp_path, ADMIN__LISTEN="127.0.0.1:1")

    assert 0 == code
    assert "No daemon answers" in text
    assert "arrivals: 2 accepted = 0 done + 0 waiting + 2 decided" in text


async def test_something_else_answers(tmp_path):
    """What is not bounced at that address is named, and taken for nothing else."""
    async with serve(tmp_path) as daemon:
        code, text = await bounced("status", folder=tmp_path, ADMIN__LISTEN=f"127.0.0.1:{daemon.port}")

    assert (66, True) == (code, text.startswith("bounced: An input can't be read"))


async def test_imbalance_is_an_alarm(tmp_path):
    """An account that does not balance is told by the log, the status, the metrics and the exit status of `bounced status`."""
    async with serve(tmp_path) as daemon:
        await daemon.send(bounce(1))
        await daemon.logged("arrival.done")
        with closing(sqlite3.connect(tmp_path / "journal.db")) as other, other:
            other.execute("UPDATE account SET accepted = accepted + 1")
        status, found = await daemon.status(), await metrics(daemon)
        await daemon.logged("account.unbalanced")
        code, text = await bounced("status", folder=tmp_path, ADMIN__LISTEN=daemon.admin)

    assert (False, ["account-unbalanced"], 0) == (status["balanced"], list(status["degraded"]), found["bounced_balanced"][""])
    assert (1, True) == (code, "THE ACCOUNT DOES NOT BALANCE" in text)


async def test_drain(tmp_path):
    """A node whose broker was away is emptied by `bounced drain`: all is published, and it says when it could not."""
    decisions = tmp_path / "decisions.jsonl"
    async with serve(tmp_path, NOBODY_THERE) as daemon:
        await daemon.send(*(bounce(number) for number in range(5)), b"Subject: hello\n\nno report\n")
        await daemon.logged("arrival.unread")
        held = await bounced("drain", folder=tmp_path, SINK__URLS=f"file:{decisions}")
        await daemon.end()
    in_vain = await bounced("drain", "--seconds", "1", folder=tmp_path, SINK__URLS=NOBODY_THERE)
    done = await bounced("drain", folder=tmp_path, SINK__URLS=f"file:{decisions}")

    assert (75, True) == (held[0], "Another process has the journal open" in held[1])
    assert (75, True) == (in_vain[0], "5 messages are left: 0 to be judged, 5 to be published" in in_vain[1])
    assert (0, True) == (done[0], "1 messages wait for a person" in done[1])
    assert 5 == len(decisions.read_text().splitlines())
