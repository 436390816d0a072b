"""Several workers: their share of the mail, their deaths, their settings, their end."""

import asyncio
import contextlib
import os
import signal
import smtplib
import socket
import sys
from pathlib import Path

import pytest

from bounced.store import suppressions
from bounced.store.history import on_server
from tests.integration.test_daemon import bounce, consumed
from tests.reports import block, report
from tests.servers.daemon import SERVE, Served, serve

TWO = {"NODE__WORKERS": "2", "HISTORY__STORE": "none"}


async def workers(daemon: Served, times: int = 1) -> dict[int, int]:
    """Give the process of each of two workers, as of their *times*-th start."""
    return {number: (await daemon.logged("worker.started", worker=number, times=times))["pid"] for number in (1, 2)}


async def hand_in(daemon: Served, numbers: range) -> set[int]:
    """Send these bounces, each in a session of its own, as mail servers do until they are told 250; give those kept at once."""
    at_once = set()
    for number in numbers:
        try:
            (reply,) = await daemon.send(bounce(number))
        except (smtplib.SMTPException, OSError):
            (reply,) = await daemon.send(bounce(number))  # the worker died of it: the next one takes it
        else:
            at_once.add(number)
        assert reply.startswith("250"), reply
    return at_once


def begun(daemon: Served) -> smtplib.SMTP:
    """Begin a message: DATA is answered, and nothing of it is sent."""
    client = smtplib.SMTP("127.0.0.1", daemon.port, timeout=30)
    client.ehlo()
    client.mail("")
    client.rcpt("return@bounce.example.com")
    client.putcmd("DATA")
    assert client.getreply()[0] == 354
    return client


async def settled(daemon: Served) -> dict:
    """Wait until nothing is left to do; give the status then."""
    async with asyncio.timeout(60):
        while True:
            status = await daemon.status()
            account = status["account"]
            if account and account["arrivals"]["done"] == account["arrivals"]["accepted"]:
                return status
            await asyncio.sleep(0.05)


async def test_they_share(tmp_path, broker):
    """Both take mail on one port, each into a journal of its own; status and metrics are those of both."""
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        await workers(daemon)
        await hand_in(daemon, range(40))
        status = await settled(daemon)
        metrics = (await daemon.page("/metrics"))[1]
        ready = await daemon.page("/ready")
        code = await daemon.end()
    kept = [{line["worker"] for line in daemon.lines if line["event"] == event} for event in ("arrival.kept", "arrival.done")]
    events = await consumed(broker.url)

    assert (40, True, True) == (status["account"]["arrivals"]["accepted"], status["balanced"], status["ready"])
    assert "bounced_accepted_total 40.0" in metrics
    assert (200, 0) == (ready[0], code)
    assert [{1, 2}, {1, 2}] == kept
    assert {f"reader{number}@example.org" for number in range(40)} == {event.subject for event in events}


async def test_count_together(tmp_path, broker, postgresql):
    """With the history in PostgreSQL all count together: each of many failures of a few addresses is known once, whoever hears of it."""
    url = postgresql.new_database()
    counting = TWO | {"HISTORY__STORE": "postgresql", "HISTORY__URL": url}
    bounces = [
        report(block(f"reader{number % 10}@example.org", status="4.2.2"), message_id=f"<{number}@mx.example.net>") for number in range(100)
    ]
    async with serve(tmp_path, broker.url, **counting) as daemon:
        await workers(daemon)
        await asyncio.gather(*(daemon.send(each) for each in bounces))  # a session each, so that both workers get some
        await settled(daemon)
        await daemon.end()
    with on_server(url, seconds=30).reading() as connection:
        entries = [entry for number in range(10) for entry in suppressions.about(connection, f"reader{number}@example.org")]
        counted = [len(suppressions.failures(connection, entry)) for entry in entries]

    assert {1, 2} == {line["worker"] for line in daemon.lines if line["event"] == "arrival.done"}
    assert [10] * 10 == counted
    assert {1} == {len(entry.memory.scores) for entry in entries}


async def test_a_worker_is_killed(tmp_path, broker):
    """What a killed worker had accepted is published when it is started again; the other goes on, and nobody is turned away."""
    async with serve(tmp_path, "amqp://guest:guest@127.0.0.1:1/", **TWO) as daemon:
        first = await workers(daemon)
        await hand_in(daemon, range(20))
        os.kill(first[1], signal.SIGKILL)
        os.kill(first[2], signal.SIGKILL)
        second = await workers(daemon, 2)
        await hand_in(daemon, range(20, 30))
        await daemon.end(signal.SIGKILL)
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        status = await settled(daemon)
        code = await daemon.end()
    events = await consumed(broker.url)

    assert not {*first.values()} & {*second.values()}
    assert (30, 0) == (status["account"]["arrivals"]["accepted"], code)
    assert {f"reader{number}@example.org" for number in range(30)} == {event.subject for event in events}
    assert len({event.id for event in events}) == len(events)


async def test_clients_wait_for_a_worker(tmp_path, broker):
    """While no worker is there a client is not refused: it waits, and is served by the one that is started."""
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        for pid in (await workers(daemon)).values():
            os.kill(pid, signal.SIGKILL)
        reply = (await daemon.talk("NOOP"))[0]

    assert "250" == reply[:3]


async def test_one_that_is_down_is_told(tmp_path, broker):
    """A worker that is gone makes the node degraded, with its number and how it ended, until it is back."""
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        os.kill((await workers(daemon))[2], signal.SIGKILL)
        degraded = await daemon.logged("node.degraded", cause="worker-down")
        await daemon.logged("node.recovered", cause="worker-down")

    assert "worker 2 ended with status -9" in degraded["reason"]


async def test_fewer_workers(tmp_path, broker):
    """With one worker in place of three, what the journals of the others hold is published, and counted."""
    async with serve(tmp_path, "amqp://guest:guest@127.0.0.1:1/", NODE__WORKERS="3", HISTORY__STORE="none") as daemon:
        await hand_in(daemon, range(30))
        await daemon.end()
    kept = {line["worker"] for line in daemon.lines if line["event"] == "arrival.kept"}
    async with serve(tmp_path, broker.url) as daemon:
        status = await settled(daemon)
    events = await consumed(broker.url)

    assert {1, 2, 3} == kept
    assert (30, True) == (status["account"]["arrivals"]["accepted"], status["balanced"])
    assert {f"reader{number}@example.org" for number in range(30)} == {event.subject for event in events}


async def test_the_parent_is_killed(tmp_path, broker):
    """Workers whose parent was killed end in good order, and the next daemon waits for them and takes up their journals."""
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        with contextlib.closing(begun(daemon)) as client:
            os.kill(daemon.pid, signal.SIGKILL)  # a worker has a message under way, and lets the client end it
            async with asyncio.TaskGroup() as group:
                next_one = group.create_task(started_and_settled(tmp_path, broker.url))
                await asyncio.sleep(0)
                client.send(bounce(1).replace(b"\n", b"\r\n") + b".\r\n")
                reply = await asyncio.to_thread(client.getreply)
    status = next_one.result()

    assert (250, 1) == (reply[0], status["account"]["arrivals"]["accepted"])


async def started_and_settled(folder, url) -> dict:
    """Start a daemon, and give its status when nothing is left to do."""
    async with serve(folder, url, **TWO) as daemon:
        return await settled(daemon)


async def test_settings_change_together(tmp_path, broker):
    """New settings are in force in all workers, or in none; one started later has them too."""
    file = tmp_path / "bounced.toml"
    text = '[node]\nworkers = 2\n[history]\nstore = "none"\n'
    text += '[smtp]\naccept = ["{}"]\n[trust]\npeers = ["127.0.0.1"]\nreporters = ["*"]\n[rules]\nfolder = "{}"\n'
    rules = tmp_path / "rules.d"
    rules.mkdir()
    file.write_text(text.format("bounce.example.com", rules))
    async with serve(tmp_path / "journal", broker.url, program=(*SERVE, "--config", str(file)), configured=True) as daemon:
        pids = await workers(daemon)
        file.write_text(text.format("bounce.example.org", rules))
        daemon.hang_up()
        await daemon.logged("settings.loaded")
        replies = {(await daemon.talk("EHLO me", "MAIL FROM:<>", "RCPT TO:<a@bounce.example.org>"))[-1][:3] for _ in range(20)}
        (rules / "site.toml").write_text("nonsense")
        file.write_text(text.format("bounce.example.net", rules))
        daemon.hang_up()
        refused = await daemon.logged("settings.refused")
        os.kill(pids[1], signal.SIGKILL)
        await daemon.logged("worker.failed", worker=1)
        (rules / "site.toml").unlink()
        code = await daemon.ended()

    assert {"250"} == replies
    assert "site.toml" in refused["reason"]
    assert code == 78  # a worker that can't start ends the service, with the reason


async def test_killed_while_it_starts(tmp_path, broker):
    """A worker that is killed before it takes mail, whatever for, does not end the start of all: it is started once more."""
    starting = asyncio.create_task(started_and_settled(tmp_path, broker.url))
    killed: set[int] = set()
    async with asyncio.timeout(30):
        while not killed:
            killed = workers_of(tmp_path)
            await asyncio.sleep(0.001)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    status = await starting

    assert status["ready"]


def workers_of(folder: Path) -> set[int]:
    """Find the workers of the daemon in *folder*, whether they take mail yet or not."""
    return {int(entry.name) for entry in Path("/proc").glob("[0-9]*") if is_worker_of(entry, folder)}


def is_worker_of(entry: Path, folder: Path) -> bool:
    """Whether the process of *entry* is a worker of the daemon in *folder*."""
    with contextlib.suppress(OSError):
        return (
            b"bounced.service.workers.worker" in (entry / "cmdline").read_bytes()
            and str(folder).encode() in (entry / "environ").read_bytes()
        )
    return False


async def test_one_that_cannot_start(tmp_path, broker):
    """A journal that can't be used ends the start of all, with the reason and the exit code of that reason; nothing loops."""
    (tmp_path / "journal-2.db").write_bytes(b"no database" * 100)
    with pytest.raises(AssertionError, match=r"worker 2: .*journal-2\.db"):
        async with serve(tmp_path, broker.url, **TWO):
            pass


async def test_a_second_node_on_the_folder(tmp_path, broker):
    """Another daemon on the same folder is refused at once, whoever has how many workers."""
    async with serve(tmp_path, broker.url, **TWO):
        for settings in (TWO, {}):
            with pytest.raises(AssertionError, match="Another process has the journal open"):
                async with serve(tmp_path, broker.url, **settings):
                    pass


async def test_ended_under_load(tmp_path, broker):
    """SIGTERM ends all with 0: a message under way is taken, idle clients hear 421, and what was accepted is published later."""
    async with serve(tmp_path, broker.url, **TWO) as daemon:
        with contextlib.closing(smtplib.SMTP("127.0.0.1", daemon.port, timeout=30)) as idle, contextlib.closing(begun(daemon)) as busy:
            ending = asyncio.create_task(daemon.end())
            told = await asyncio.to_thread(idle.getreply)
            busy.send(bounce(1).replace(b"\n", b"\r\n") + b".\r\n")
            reply = await asyncio.to_thread(busy.getreply)
        code = await ending

    assert (421, 250, 0) == (told[0], reply[0], code)


async def test_socket_unit(tmp_path, broker):
    """Sockets that systemd hands over are shared by all workers."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        program = ("bash", "-c", f"LISTEN_PID=$$ LISTEN_FDS=1 exec {sys.executable} -m bounced serve 3<&{bound.fileno()}")
        port = bound.getsockname()[1]
        async with serve(tmp_path, broker.url, program=program, descriptors=[bound.fileno()], **TWO) as daemon:
            await hand_in(daemon, range(40))
            code = await daemon.end()
    kept = {line["worker"] for line in daemon.lines if line["event"] == "arrival.kept"}

    assert (port, 0) == (daemon.port, code)
    assert {1, 2} == kept


async def test_lmtp(tmp_path, broker):
    """Workers share a socket of LMTP, and each has its own of the TCP port; the status names them."""
    places = f"unix:{tmp_path}/lmtp.sock,127.0.0.1:0"
    async with serve(tmp_path, broker.url, **TWO, SMTP__LMTP_LISTEN=places) as daemon:
        unix, tcp = (await daemon.status())["lmtp_listen"]
        for host, port in ((unix.removeprefix("unix:"), 0), ("127.0.0.1", int(tcp.rpartition(":")[2]))) * 2:
            with smtplib.LMTP(host, port, timeout=30) as client:
                await asyncio.to_thread(client.sendmail, "", ["return@bounce.example.com"], bounce(port))
        status = await settled(daemon)

    assert 4 == status["account"]["arrivals"]["accepted"]
