"""The sockets of SMTP: shared by several that accept, and clear about what is in the way."""

import socket

import pytest

from bounced.errors import ListenFailed
from bounced.receive.binding import listen_on


def close(shared):
    """Close what was listened on."""
    for bound in (each for sockets in shared for each in sockets):
        bound.close()


def test_shares_have_the_same_addresses():
    """Every share listens on every place, also where the port is left to the kernel."""
    shared = listen_on(["127.0.0.1:0", "127.0.0.2:0"], shares=3)
    names = [[bound.getsockname() for bound in sockets] for sockets in shared]
    close(shared)

    assert names[0] == names[1] == names[2]
    assert ["127.0.0.1", "127.0.0.2"] == [host for host, _ in names[0]]
    assert all(port for _, port in names[0])


def test_connections_spread():
    """Of many connections each share gets some, and together they get all."""
    shared = listen_on(["127.0.0.1:0"], shares=2)
    address = shared[0][0].getsockname()
    clients = [socket.create_connection(address) for _ in range(64)]
    accepted = [0, 0]
    for number, (bound,) in enumerate(shared):
        while True:
            try:
                connection, _ = bound.accept()
            except BlockingIOError:
                break
            connection.close()
            accepted[number] += 1
    for client in clients:
        client.close()
    close(shared)

    assert 64 == sum(accepted)
    assert all(accepted)


@pytest.mark.parametrize("shares", [1, 2])
def test_port_in_use(shares):
    """A port that somebody else listens on is named, and nothing stays open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ListenFailed, match=f"{place} is in use"):
            listen_on(["127.0.0.1:0", place], shares)


def test_no_such_host():
    """A name that nobody has is named."""
    with pytest.raises(ListenFailed, match=r"nobody\.invalid:25"):
        listen_on(["nobody.invalid:25"])


def test_unix_socket(tmp_path):
    """All shares have the same socket, which its group may use; it is made anew after a run that has left it."""
    place = f"unix:{tmp_path}/lmtp.sock"
    close(listen_on([place]))
    (first,), (second,) = shared = listen_on([place], shares=2)
    mode = (tmp_path / "lmtp.sock").stat().st_mode & 0o777
    close(shared)

    assert first is second
    assert 0o660 == mode


def test_unix_socket_in_use(tmp_path):
    """Where somebody listens, or a plain file lies, nothing is taken away."""
    shared = listen_on([f"unix:{tmp_path}/lmtp.sock"])
    (tmp_path / "file").write_text("kept")
    with pytest.raises(ListenFailed, match=r"lmtp\.sock is in use"):
        listen_on([f"unix:{tmp_path}/lmtp.sock"])
    with pytest.raises(ListenFailed, match="file is in use"):
        listen_on([f"unix:{tmp_path}/file"])
    close(shared)

    assert "kept" == (tmp_path / "file").read_text()
