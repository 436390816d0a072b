"""The network between the daemon and the brokers: a proxy for each node that cuts at a frame, stalls, is slow, or lets nobody through."""

import asyncio
import contextlib
from collections.abc import Sequence

from tests.chaos.amqp import Frames

_CHUNK = 64 * 1024
_SLOW_CHUNK, _SLOW_SECONDS = 2048, 0.02


class Network:
    """Ways to *targets*, ports on loopback; `ports` are those to connect to, in the same order."""

    def __init__(self, targets: Sequence[int]) -> None:
        self.ports: list[int] = []
        #: No connection is let through.
        self.refuses = False
        self.is_slow = False
        self._targets = targets
        self._servers: list[asyncio.Server] = []
        self._open: dict[asyncio.StreamWriter, int] = {}
        self._flows = asyncio.Event()
        self._flows.set()
        self._armed: tuple[str, str] | None = None
        self._reached = asyncio.Event()

    async def open(self) -> None:
        """Listen."""
        for node, _ in enumerate(self._targets):

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, node: int = node) -> None:
                await self._connected(node, reader, writer)

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more, and cut what is open."""
        for server in self._servers:
            server.close()
        self.cut()

    @property
    def node(self) -> int | None:
        """The node that the daemon is connected to."""
        return next(reversed(self._open.values()), None)

    def cut(self) -> None:
        """Cut every connection now."""
        for writer in list(self._open):
            writer.transport.abort()

    def arm(self, method: str, place: str) -> None:
        """Cut the connection that next carries *method*: before it is passed on, within it, or after it."""
        self._armed = method, place
        self._reached.clear()

    async def reached(self, seconds: float) -> bool:
        """Wait until what was armed has come about; disarm, and say no, when it hasn't in time."""
        try:
            await asyncio.wait_for(self._reached.wait(), seconds)
        except TimeoutError:
            self._armed = None
            return False
        return True

    @contextlib.contextmanager
    def stalled(self):
        """Pass nothing on meanwhile; connections stand."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    async def _connected(self, node: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on both ways until either side ends or the connection is cut."""
        back: asyncio.StreamWriter | None = None
        try:
            if self.refuses:
                return
            answers, back = await asyncio.open_connection("127.0.0.1", self._targets[node])
            self._open[writer] = node
            ways = [asyncio.ensure_future(self._pass(reader, back)), asyncio.ensure_future(self._pass(answers, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
        except OSError:
            pass  # the node is down: so it looks to the daemon
        finally:
            self._open.pop(writer, None)
            for side in (writer, back):
                if side is not None:
                    side.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Frames()
        with contextlib.suppress(OSError):
            while data := await reader.read(_SLOW_CHUNK if self.is_slow else _CHUNK):
                passing = []
                for name, octets in frames.feed(data):
                    if self._armed and self._armed[0] == name:
                        place, self._armed = self._armed[1], None
                        passing.append({"before": b"", "within": octets[: len(octets) // 2], "after": octets}[place])
                        writer.write(b"".join(passing))
                        await writer.drain()
                        self._reached.set()
                        return
                    passing.append(octets)
                await self._flows.wait()
                if self.is_slow:
                    await asyncio.sleep(_SLOW_SECONDS)
                writer.write(b"".join(passing))
                await writer.drain()
