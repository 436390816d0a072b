"""The sockets that SMTP and LMTP are listened on: made here, so that one process may hold them and others accept on them."""

import errno
import socket
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bounced.config import host_and_port, unix_path
from bounced.errors import ListenFailed
from bounced.unix_socket import listen_at

#: Connections that the kernel holds for us while we are busy; it knows its own limit (net.core.somaxconn).
BACKLOG = 1024


class Sockets(NamedTuple):
    """What somebody else listens on for a listener; where there are none, it listens as its settings say."""

    smtp: Sequence[socket.socket] = ()
    lmtp: Sequence[socket.socket] = ()


def listen_on(places: Sequence[str], shares: int = 1) -> list[list[socket.socket]]:
    """Listen on *places* (HOST:PORT or unix:PATH), on each with *shares* sockets; give the sockets of each share.

    The kernel spreads connections over the sockets of an address (SO_REUSEPORT, socket(7)). A host name is listened on at
    all of its addresses; port 0 becomes the same free one for every share. A unix socket there is but one of, for all shares.

    Raises:
        ListenFailed: an address can't be listened on. None is left open then.
    """
    shared: list[list[socket.socket]] = [[] for _ in range(shares)]
    try:
        for text in places:
            if path := unix_path(text):
                at_path = _listen_at(text, path)
                for sockets in shared:
                    sockets.append(at_path)
                continue
            for family, address in _addresses(text):
                for sockets in shared:
                    bound = _listen(text, family, address, is_shared=shares > 1)
                    sockets.append(bound)
                    address = (address[0], bound.getsockname()[1], *address[2:])  # noqa: PLW2901 the port that 0 became
    except ListenFailed:
        for sockets in shared:
            for bound in sockets:
                bound.close()
        raise
    return shared


def _addresses(text: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Give the families and addresses that HOST:PORT stands for, each once."""
    host, port = host_and_port(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ListenFailed(f"{text}: {error.strerror or error}") from error
    yield from dict.fromkeys((family, address) for family, _, _, _, address in found)


def _listen_at(text: str, path: str) -> socket.socket:
    try:
        return listen_at(path, BACKLOG)
    except OSError as error:
        raise _failure(text, error) from error


def _failure(text: str, error: OSError) -> ListenFailed:
    return ListenFailed(f"{text}{' is in use' if error.errno == errno.EADDRINUSE else f': {error.strerror or error}'}")


def _listen(text: str, family: int, address: tuple[Any, ...], *, is_shared: bool) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a socket of its own
        bound.setblocking(False)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise _failure(text, error) from error
    return bound
