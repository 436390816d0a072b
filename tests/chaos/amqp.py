"""Frames of AMQP 0-9-1 (§2.3), as far as it takes to name them. Pure."""

from collections.abc import Iterator

_HEADER = b"AMQP"
#: Type, channel and size in front of a frame's payload; one octet ends it.
_HEAD, _END = 7, 1
_METHOD = 1
_CONTENT = {2: "content.header", 3: "content.body", 8: "heartbeat"}
_NAMES = {
    (10, 10): "connection.start",
    (10, 11): "connection.start-ok",
    (10, 30): "connection.tune",
    (10, 31): "connection.tune-ok",
    (10, 40): "connection.open",
    (10, 41): "connection.open-ok",
    (10, 50): "connection.close",
    (10, 51): "connection.close-ok",
    (20, 10): "channel.open",
    (20, 11): "channel.open-ok",
    (85, 10): "confirm.select",
    (85, 11): "confirm.select-ok",
    (40, 10): "exchange.declare",
    (40, 11): "exchange.declare-ok",
    (50, 10): "queue.declare",
    (50, 11): "queue.declare-ok",
    (50, 20): "queue.bind",
    (50, 21): "queue.bind-ok",
    (60, 40): "basic.publish",
    (60, 80): "basic.ack",
}
#: What a cut can be made at: all that a daemon and a broker in good health say to each other.
METHODS = ("protocol-header", *_NAMES.values(), "content.header", "content.body")
#: Seen all the time; the others when a connection is made.
STEADY = {"basic.publish", "basic.ack", "content.header", "content.body"}
#: Seen when the daemon takes its leave.
FAREWELL = {"connection.close", "connection.close-ok"}


class Frames:
    """Takes a stream apart, as it comes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Give the frames that *data* completes: name and octets, whole."""
        buffer = self._rest + data
        at = 0
        while len(buffer) - at >= _HEAD + _END:
            if buffer.startswith(_HEADER, at):
                name, end = "protocol-header", at + len(_HEADER) + 4
            else:
                end = at + _HEAD + int.from_bytes(buffer[at + 3 : at + 7], "big") + _END
                if end > len(buffer):
                    break
                name = _name(buffer, at)
            yield name, buffer[at:end]
            at = end
        self._rest = buffer[at:]


def _name(buffer: bytes, at: int) -> str:
    if buffer[at] != _METHOD:
        return _CONTENT.get(buffer[at], "unknown")
    method = int.from_bytes(buffer[at + 7 : at + 9], "big"), int.from_bytes(buffer[at + 9 : at + 11], "big")
    return _NAMES.get(method, "unknown")
