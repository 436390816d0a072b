"""What systemd and a service say to each other: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). No library needed.

Without systemd none of it does anything. Sockets that were handed over are all for SMTP, whatever they are called.
"""

import os
import socket
import time
from collections.abc import Mapping

#: SD_LISTEN_FDS_START: the first descriptor that is handed over.
_FIRST = 3
_MICROSECONDS = 1_000_000


class Notifier:
    """Tells the service manager at *address* (`NOTIFY_SOCKET`) how we are; nobody when that is empty."""

    def __init__(self, address: str, watchdog_seconds: float | None = None) -> None:
        #: How often `alive` must be said; None when nobody watches.
        self.watchdog_seconds = watchdog_seconds
        # An abstract socket is written with @ in front in place of its NUL.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Notifier":
        """Read where to tell what, and whether a watchdog waits for us."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watched = int(microseconds) / _MICROSECONDS if microseconds.isdecimal() and is_ours else None
        return cls(environ.get("NOTIFY_SOCKET", ""), watched)

    def ready(self) -> None:
        """Say that the service does what it is for."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """Say that settings are read again; `ready` says when that is over."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Keep the watchdog from biting."""
        self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Give a line for `systemctl status`."""
        self._tell(f"STATUS={text.replace(chr(10), ' ')}")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(state.encode(), self._address)
            except OSError:
                # A manager that doesn't listen is not a reason to stop; one that waits for word has its own time limit.
                return


def handed_over(environ: Mapping[str, str] = os.environ) -> list[socket.socket]:
    """Take the sockets that systemd listens on for us (a `.socket` unit); none when it doesn't."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(environ.get("LISTEN_FDS", "0"))
    sockets = [socket.socket(fileno=descriptor) for descriptor in range(_FIRST, _FIRST + count)]
    for each in sockets:
        each.set_inheritable(False)
        each.setblocking(False)
    return sockets
