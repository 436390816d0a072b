"""The words between systemd and us: where they go, how often they are due, and whose sockets are ours."""

import os
import secrets
import socket

import pytest

from bounced.service.systemd import Notifier, handed_over


@pytest.mark.parametrize("write", [lambda name: f"@{name}", None], ids=["abstract", "path"])
def test_addresses(tmp_path, write):
    """A manager is told at a path as well as at an abstract address, written with @ in front."""
    name = f"bounced-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}" if write else str(tmp_path / "notify"))
        manager.settimeout(10)
        notifier = Notifier.from_environ({"NOTIFY_SOCKET": write(name) if write else str(tmp_path / "notify")})
        notifier.ready()
        notifier.status("two\nlines")
        heard = [manager.recv(100) for _ in range(2)]

    assert [b"READY=1", b"STATUS=two lines"] == heard


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/notify"}])
def test_nobody_listens(environ):
    """Without a manager, or with one that has gone, nothing is said and nothing fails."""
    notifier = Notifier.from_environ(environ)
    for tell in (notifier.ready, notifier.reloading, notifier.alive, notifier.stopping):
        tell()

    assert notifier.watchdog_seconds is None


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),  # our parent's
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_watchdog(environ, seconds):
    """Signs of life are due in the time that is granted to this very process."""

    assert seconds == Notifier.from_environ(environ).watchdog_seconds


@pytest.mark.parametrize("environ", [{}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}])
def test_sockets_of_others(environ):
    """Sockets that are handed to another process, or to nobody, are left alone."""

    assert [] == handed_over(environ)
