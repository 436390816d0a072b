"""What waits to be understood."""

import pytest

from bounced.receive.incoming import MAX_LINE, Incoming


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("last", [1, MAX_LINE, MAX_LINE + 1])
async def test_endless_line(last: int, end: bytes) -> None:
    """However much of a line comes, little is kept, and it is still known that it was too long and how it ended."""
    incoming = reader = Incoming()
    sizes = []
    for piece in (b"x" * 50_000, b"x" * 50_000, b"x" * (last - 1) + end[:-1]):
        reader.feed_data(piece or b"x")
        await incoming.fill()
        line = incoming.take_line()
        sizes.append((line, len(incoming.buffer) <= MAX_LINE + 1))
    reader.feed_data(b"\nNOOP\r\n")
    await incoming.fill()
    line = incoming.take_line() or b""

    assert [(None, True)] * 3 == sizes
    assert (True, end == b"\r\n") == (len(line) > MAX_LINE, line.endswith(b"\r\n"))
    assert incoming.take_line() == b"NOOP\r\n"
