"""How sessions end: when we do, and when the client is gone."""

import asyncio
import contextlib
import socket

import pytest
import structlog

from bounced.model import Arrival
from bounced.receive import replies
from tests.dialogs.player import LOOPS, connected, is_no_session_left, listening, on, until

EITHER_LOOP = pytest.mark.parametrize("loop", LOOPS)


@EITHER_LOOP
def test_graceful_end(loop: str) -> None:
    """At the end idle clients are told 421, a message that is being sent is taken, and nobody new is served."""
    heard = {}

    async def main() -> None:
        async with listening() as listener, connected(listener) as idle, connected(listener) as busy:
            await idle.hear()
            await busy.begin()
            busy.writer.write(b"half a")
            host, port = listener.addresses[0]
            closing = asyncio.create_task(listener.close(10))
            heard["idle"] = [await idle.hear(), await idle.hear()]
            with pytest.raises(OSError, match=r"refused|Connect call failed"):
                await asyncio.open_connection(host, port)
            busy.writer.write(b" message\r\n.\r\n")
            heard["busy"] = [await busy.hear(), await busy.hear(), await busy.hear()]
            await closing

    on(loop, main)
    goodbye = ["421 4.3.2 Shutting down, please try again later", "closed"]

    assert {"idle": goodbye, "busy": ["250 2.0.0 Kept as *", *goodbye]} == heard


@EITHER_LOOP
def test_end_of_grace(loop: str) -> None:
    """Whoever is not done when the grace is over is told 421; a commit that hangs does not hold up the end."""
    heard = []

    async def main() -> None:
        is_asked = asyncio.Event()

        async def keep(_arrival: Arrival) -> None:
            is_asked.set()
            await asyncio.Event().wait()

        async with listening(keep) as listener, connected(listener) as sending, connected(listener) as waiting:
            await sending.begin()
            await waiting.begin()
            waiting.writer.write(b".\r\n")
            await is_asked.wait()
            await listener.close(0)
            heard.extend([await sending.hear(), await sending.hear(), await waiting.hear(), await waiting.hear()])
            heard.append(listener.session_count)

    on(loop, main)
    goodbye = ["421 4.3.2 Shutting down, please try again later", "closed"]

    assert [*goodbye, *goodbye, 0] == heard


@pytest.mark.parametrize("turns", [0, 1, 100], ids=["before", "at once", "later"])
@EITHER_LOOP
def test_hastened(loop: str, turns: int) -> None:
    """Hastened, the listener tells 421 to whoever is sending a message, also when the grace has not begun yet."""
    heard = []

    async def main() -> None:
        async with listening() as listener, connected(listener) as sending:
            await sending.begin()
            closing = asyncio.create_task(listener.close(600))
            for _ in range(turns):
                await asyncio.sleep(0)
            listener.hasten()
            await closing
            heard.extend([await sending.hear(), await sending.hear(), listener.session_count])

    on(loop, main)

    assert ["421 4.3.2 Shutting down, please try again later", "closed", 0] == heard


@EITHER_LOOP
def test_client_gone_before_our_last_words(loop: str) -> None:
    """A client that is gone when we say why we hang up is no failure of ours: nothing is logged, nothing is left."""

    async def main() -> None:
        async with listening() as listener:
            with socket.create_connection(listener.addresses[0]) as client:
                client.setblocking(False)
                await asyncio.get_running_loop().sock_recv(client, 1000)
                client.send(b"GET / HTTP/1.1\r\n")
            await until(is_no_session_left)

    with structlog.testing.capture_logs() as logged:
        on(loop, main)

    assert [] == [line for line in logged if line["event"] == "session.failed"]


def read_all(client: socket.socket) -> bytes:
    """Read until the server has closed; raise when it resets the connection instead."""
    octets = b""
    while more := client.recv(1000):
        octets += more
    return octets


@EITHER_LOOP
def test_told_at_the_end(loop: str) -> None:
    """At the end every client hears 421 and a clean close: one whose commands were on their way, and one not accepted yet."""
    heard: list[bytes] = []

    async def main() -> None:
        async with listening() as listener:
            address = listener.addresses[0]
            with socket.create_connection(address) as busy, socket.create_connection(address) as idle:
                await until(lambda: listener.session_count == 2)
                with socket.create_connection(address) as late:  # the loop has no turn until it is told to end
                    busy.sendall(b"NOOP\r\n" * 90)
                    clients = [asyncio.create_task(asyncio.to_thread(read_all, client)) for client in (busy, idle, late)]
                    await listener.close(5)
                    heard.extend(await asyncio.gather(*clients))

    on(loop, main)

    for octets in heard:
        assert octets.endswith(f"{replies.SHUTTING_DOWN}\r\n".encode())


@EITHER_LOOP
def test_none_hold_up_the_end(loop: str) -> None:
    """A client that goes on sending after its 421 is left: the listener closes all the same, long before the grace is over."""

    async def main() -> None:
        async with listening() as listener:
            reader, writer = await asyncio.open_connection(*listener.addresses[0])
            await reader.readline()
            closing = asyncio.create_task(listener.close(3600))
            with contextlib.suppress(ConnectionError):
                while not closing.done():
                    writer.write(b"NOOP\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.01)
            await closing
            writer.close()

    on(loop, main)

    assert is_no_session_left()
