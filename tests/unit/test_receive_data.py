"""The DATA phase against a model of it that is too simple to be wrong."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.receive.body import Body, Spill
from bounced.receive.data import read_data
from bounced.receive.incoming import CHUNK, Incoming

#: By name, so that a counter-example can be read.
PIECES = {
    "CRLF": b"\r\n",
    "LF": b"\n",
    "CR": b"\r",
    "NUL": b"\x00",
    "dot": b".",
    "CRLF and dot": b"\r\n.",
    "letter": b"a",
    "nearly a chunk": b"x" * (CHUNK - 6),
    "chunk": b"x" * CHUNK,
}
NAMES = st.lists(st.sampled_from(list(PIECES)), max_size=40)


def _joined(names: list[str]) -> bytes:
    return b"".join(PIECES[name] for name in names)


def _model(stream: bytes) -> tuple[bytes, bytes, bool]:
    """Split *stream* into message and rest by the letter of RFC 5321 §4.5.2, and say whether it has a false end."""
    raw, rest = (b"\r\n" + stream).split(b"\r\n.\r\n", 1)
    lines = (raw + b"\r\n").split(b"\r\n")[1:-1]
    message = b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in lines)
    return message, rest, re.search(rb"[\r\n]\x00?\.\x00?[\r\n]", raw + b"\r\n") is not None


@settings(deadline=None)
@given(NAMES, NAMES, st.lists(st.integers(1, 70_000), max_size=20))
def test_model(before: list[str], after: list[str], cuts: list[int]) -> None:
    """However the stream is cut, the message, what follows it and the refusal are those of the model."""
    stream = _joined(before) + b"\r\n.\r\n" + _joined(after)
    message, rest, has_false_end = _model(stream)

    async def read() -> tuple[bytes | None, bytes]:
        incoming = reader = Incoming()
        feeding = asyncio.create_task(_feed(reader, stream, cuts))
        with ThreadPoolExecutor(1) as thread, Body(Spill(10**9, 10**9, None, bytes, thread)) as body:
            await read_data(incoming, body)
            await feeding
            while await incoming.fill():
                pass
            return (None if body.refusal else (await body.finish()).raw), bytes(incoming.buffer)

    assert (None if has_false_end else message, rest) == asyncio.run(read())


@settings(deadline=None)
@given(NAMES, st.lists(st.integers(1, 70_000), max_size=20))
def test_no_end(pieces: list[str], cuts: list[int]) -> None:
    """A stream without the true end is never a message, whatever it has in its place."""
    stream = _joined(pieces).replace(b"\r\n.\r\n", b"")

    async def read() -> bool:
        reader = Incoming()
        feeding = asyncio.create_task(_feed(reader, stream, cuts))
        with ThreadPoolExecutor(1) as thread, Body(Spill(10**9, 10**9, None, bytes, thread)) as body:
            is_whole = await read_data(reader, body)
        await feeding
        return is_whole

    assert (b"\r\n.\r\n" in b"\r\n" + stream) == asyncio.run(read())


@pytest.mark.parametrize("first", range(1, 5))
@pytest.mark.parametrize("is_long", [False, True])
async def test_end_in_two(first: int, *, is_long: bool) -> None:
    """The end of data may come in two pieces, also where a chunk is about to be cut off: it is no false end then."""
    pad = CHUNK - first if is_long else 0
    message = b"x" * pad + b"\r\n"
    reader = Incoming()
    stream = b"x" * pad + b"\r\n.\r\n"
    feeding = asyncio.create_task(_feed(reader, stream, [pad + first]))
    with ThreadPoolExecutor(1) as thread, Body(Spill(10**9, 10**9, None, bytes, thread)) as body:
        is_whole = await read_data(reader, body)
        await feeding
        kept = (await body.finish()).raw

    assert (True, None, message) == (is_whole, body.refusal, kept)


async def _feed(reader: Incoming, stream: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in cuts:
        reader.feed_data(stream[at : at + cut])
        at += cut
        await asyncio.sleep(0)  # the reader's turn
    reader.feed_data(stream[at:])
    reader.feed_eof()
