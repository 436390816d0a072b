"""One run of one mail server inside the sandbox: `python -m tests.mtas.inside SERVER give-up|wait ROOT CACHE OUT`.

Started by `tests.mtas.sandbox` as the first process of new namespaces (mounts, host name, network, processes): it lays a file
system over this machine's, which is gone with it, and installs there. Whatever it starts ends with it.
"""

import asyncio
import os
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.mtas import SERVERS
from tests.mtas.dns import CLIENT_ADDRESS, OWN_ADDRESS, OWN_NAME, Dns
from tests.mtas.message import compose
from tests.mtas.receiver import Receiver
from tests.mtas.scenario import Scenario, Table, load
from tests.mtas.server import SMTP_PORT, MailServer, run, write
from tests.mtas.truth import describe, named

_WAIT_SECONDS = 100  # for all reports of a run
_QUIET_SECONDS = 6  # after the last that was waited for: a report too many would come by then


def main(server_name: str, mode: str, root: str, cache: str, out: str) -> None:
    """Enter the sandbox, send all scenarios, write the reports that come back below *out*."""
    SERVERS[server_name].fetch(Path(cache) / "other")
    server = SERVERS[server_name](wait=mode == "wait")
    repository = Path(__file__).parents[2]
    _enter(Path(root), (repository, Path(cache), Path(out)))
    os.chdir(repository)
    table = load()
    _bring_up_network()
    _install(server, Path(cache))
    receiver = Receiver(table)
    threading.Thread(target=asyncio.run, args=[_serve(receiver, table)], daemon=True).start()
    server.aliases = {to.address.partition("@")[0]: to.final for s in table.scenario for to in s.to if to.final}
    server.start()
    scenarios = {scenario.name: scenario for scenario in table.scenario if server.can(scenario)}
    for scenario in scenarios.values():
        server.submit(scenario, compose(scenario, datetime.now(UTC)))
    reports = _collect(server, receiver, scenarios)
    _write(Path(out) / server.name, server, scenarios, reports)


def _enter(root: Path, shared: tuple[Path, ...]) -> None:
    """Make *root* a copy of this machine on top of it, with the folders *shared* as they are, and go there."""
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "tmpfs", str(root))
    for name in ("upper", "work", "root"):
        (root / name).mkdir()
    inner = root / "root"
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={root / 'upper'},workdir={root / 'work'}", str(inner))
    run("mount", "-t", "proc", "proc", str(inner / "proc"))
    run("mount", "--rbind", "/dev", str(inner / "dev"))
    run("mount", "-t", "tmpfs", "tmpfs", str(inner / "run"))
    for folder in shared:
        run("mount", "--bind", str(folder), str(inner) + str(folder))
    os.chroot(inner)
    os.chdir("/")


def _bring_up_network() -> None:
    socket.sethostname(OWN_NAME)
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{OWN_ADDRESS}/32", "dev", "lo")
    for network in (f"{CLIENT_ADDRESS}/32", "203.0.113.0/24"):
        # Routes, not addresses: a mail server takes whatever host has an address of its interfaces for itself.
        run("ip", "route", "add", "local", network, "dev", "lo")
    Path("/etc/resolv.conf").unlink(missing_ok=True)
    write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    write("/etc/hosts", f"127.0.0.1 localhost\n{OWN_ADDRESS} {OWN_NAME} mx1\n")
    write("/etc/hostname", f"{OWN_NAME}\n")
    write("/etc/mailname", f"{OWN_NAME}\n")


def _install(server: MailServer, cache: Path) -> None:
    write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)  # no package starts a service
    os.environ.update(DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8", HOME="/root", USER="root", LOGNAME="root")
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if server.packages:
        archives = f"Dir::Cache::archives={cache / 'debs' / server.name}"
        run(
            "apt-get",
            "install",
            "-y",
            "--no-install-recommends",
            "--no-download",
            "-o",
            archives,
            "-o",
            "APT::Sandbox::User=root",
            *server.packages,
        )


async def _serve(receiver: Receiver, table: Table) -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: Dns(table), ("127.0.0.1", 53))
    await receiver.serve(SMTP_PORT)


def _collect(server: MailServer, receiver: Receiver, scenarios: dict[str, Scenario]) -> list[tuple[str, bytes]]:
    """Wait until each recipient that has something to report was reported, and a little longer."""
    waiting = {(name, to.address) for name, scenario in scenarios.items() for to in scenario.to if to.kind != "none"}
    reports: list[tuple[str, bytes]] = []
    last, deadline = time.monotonic(), time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline and (waiting or time.monotonic() < last + _QUIET_SECONDS):
        time.sleep(0.2)
        if time.monotonic() % 1 < 0.2:
            server.nudge()
        while not receiver.reports.empty():
            name, message = receiver.reports.get()
            if name in scenarios:
                reported = {(name, to.address) for to in named(scenarios[name], message)}
                if reported & waiting:  # some servers warn again and again
                    reports.append((name, message))
                waiting -= reported
                last = time.monotonic()
    for name, address in sorted(waiting):
        _say(f"{server.name}: no report of {address} in {name}")
    return reports


def _write(folder: Path, server: MailServer, scenarios: dict[str, Scenario], reports: list[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    count: dict[str, int] = {}
    for name, message in reports:
        count[name] = count.get(name, 0) + 1
        file = folder / (name if count[name] == 1 else f"{name}-{count[name]}")
        Path(f"{file}.eml").write_bytes(message)
        Path(f"{file}.toml").write_text(
            describe(server, server.version(), scenarios[name], message, datetime.now(UTC).date()), encoding="utf-8"
        )
    _say(f"{server.name}: {sum(count.values())} reports of {len(scenarios)} scenarios")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
