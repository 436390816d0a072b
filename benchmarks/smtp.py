"""What receiving a message costs when nothing is done with it: bounced's listener beside aiosmtpd as it comes and Postfix's smtp-sink.

The sender is Postfix's smtp-source, which sends a bounce again and again: in sessions that stay open, or one message a session. The
CPU is the server's, by the operating system's accounting. The servers take turns, each in one process.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import bounces
from benchmarks.rig import ROOT, Rows, cpu_seconds, middle
from tests.servers.ports import free_port

_SERVERS = ("aiosmtpd", "bounced", "smtp-sink")
_BASELINE = "aiosmtpd"
#: Sessions at once, and whether they stay open.
_LOADS = ((20, True), (100, True), (20, False))
_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
_WARM_UP = 500


class _Run(NamedTuple):
    rate: float
    cpu: float


def tables(*, quick: bool, runs: int) -> Iterator[Rows]:
    """Measure, a table for each load."""
    with tempfile.TemporaryDirectory(prefix="bounced-benchmark-") as folder:
        message = Path(folder) / "bounce.eml"
        message.write_bytes(next(bounces(1, 1)).replace(b"\r\n", b"\n"))
        for sessions, stays in _LOADS:
            number = 500 if quick else 20_000 if stays else 5_000
            measured: dict[str, list[_Run]] = {}
            for _ in range(runs):
                for server in _SERVERS:
                    measured.setdefault(server, []).append(_measure(server, message, number, sessions, stays=stays))
            yield _rows(measured, f"SMTP in to null: {sessions} sessions, {'kept open' if stays else 'one message each'}")


def _rows(measured: dict[str, list[_Run]], title: str) -> Rows:
    rate, cpu = (statistics.median(values) for values in zip(*measured[_BASELINE], strict=True))
    rows = []
    for server, runs in measured.items():
        rates, cpus = zip(*runs, strict=True)
        times, part = statistics.median(rates) / rate, statistics.median(cpus) / cpu
        rows.append((server, middle(rates), f"{times:.2f}", middle(cpus), f"{part:.2f}"))
    return Rows(title, ("server", "messages/s", "times aiosmtpd's", "CPU µs a message", "of aiosmtpd's"), rows)


def _measure(server: str, message: Path, number: int, sessions: int, *, stays: bool) -> _Run:
    with _serving(server) as (port, pid):
        _send(port, message, _WARM_UP, sessions, stays=stays)
        before, began = cpu_seconds([pid]), time.monotonic()
        _send(port, message, number, sessions, stays=stays)
        seconds = time.monotonic() - began
        return _Run(number / seconds, (cpu_seconds([pid]) - before) / number * 1e6)


@contextmanager
def _serving(server: str) -> Iterator[tuple[int, int]]:
    if server == "smtp-sink":
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = ["smtp-sink", *user, f"127.0.0.1:{port}", "1000"]
        process = subprocess.Popen(command, env=os.environ | {"PATH": _PATH})
        _until_open(port)
    else:
        kind = "bounced" if server == "bounced" else "stock"
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.null", kind], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None
        port = int(process.stdout.readline())
    try:
        yield port, process.pid
    finally:
        process.kill()
        process.communicate()


def _send(port: int, message: Path, number: int, sessions: int, *, stays: bool) -> None:
    options = ["-d"] if stays else []
    addresses = ["-f", "", "-t", "return@bounce.example.com"]
    command = ["smtp-source", *options, "-s", str(sessions), "-m", str(number), "-F", str(message), *addresses, f"127.0.0.1:{port}"]
    subprocess.run(command, env=os.environ | {"PATH": _PATH}, check=True, timeout=100)


def _until_open(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink does not listen")
