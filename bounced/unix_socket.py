"""Unix sockets to listen on: made anew where an earlier run has left its own, never where somebody still answers."""

import errno
import os
import socket
from pathlib import Path

#: The user and group of the socket may connect.
_MODE = 0o660


def listen_at(path: str, backlog: int = 128) -> socket.socket:
    """Listen at *path*, for our user and group alone.

    Raises:
        OSError: it can't be made; EADDRINUSE where another process listens there.
    """
    bound = socket.socket(socket.AF_UNIX)
    place = Path(path)
    try:
        if place.is_socket():  # nobody's plain file is touched
            if _is_answered(path):
                raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))  # noqa: TRY301 closed as for any other
            place.unlink()
        bound.setblocking(False)
        bound.bind(path)
        place.chmod(_MODE)
        bound.listen(backlog)
    except OSError:
        bound.close()
        raise
    return bound


def _is_answered(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:
            return True  # its queue is full
        except OSError:
            return False
        return True
