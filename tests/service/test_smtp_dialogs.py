"""The transcripts in `tests/dialogs`, each as its client would send it, line by line, octet by octet, and all at once."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bounced.model import Arrival
from tests.dialogs.player import FOLDER, LOOPS, Client, Transcript, connected, listening, on, read


async def _piece_by_piece(client: Client, transcript: Transcript, cut: Callable[[bytes], list[bytes]]) -> list[str]:
    heard = []
    for turn in transcript.turns:
        if isinstance(turn, bytes):
            for piece in cut(turn):
                client.writer.write(piece)
                for _ in range(3):  # the server's turns: it reads this piece alone
                    await asyncio.sleep(0)
        else:
            heard += [await client.hear() for _ in turn]
    return heard


async def _in_turns(client: Client, transcript: Transcript) -> list[str]:
    return await _piece_by_piece(client, transcript, lambda turn: [turn])


async def _line_by_line(client: Client, transcript: Transcript) -> list[str]:
    return await _piece_by_piece(client, transcript, lambda turn: turn.splitlines(keepends=True))


async def _octet_by_octet(client: Client, transcript: Transcript) -> list[str]:
    return await _piece_by_piece(client, transcript, lambda turn: [bytes((octet,)) for octet in turn])


async def _all_at_once(client: Client, transcript: Transcript) -> list[str]:
    client.writer.write(b"".join(turn for turn in transcript.turns if isinstance(turn, bytes)))
    return [await client.hear() for turn in transcript.turns if isinstance(turn, list) for _ in turn]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("play", [_in_turns, _line_by_line, _octet_by_octet, _all_at_once])
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path, play, loop: str) -> None:
    """Every line of answer and every kept octet is as written, however the client's octets are cut; nothing follows."""
    transcript = read(path)
    kept: list[bytes] = []
    heard: list[str] = []

    async def keep(arrival: Arrival) -> None:
        kept.append(arrival.raw)

    async def main() -> None:
        async with listening(keep, **transcript.settings) as listener, connected(listener) as client:
            heard.extend(await play(client, transcript))
            if heard[-1] != "closed":
                client.writer.write_eof()
                heard.append(await client.hear())

    on(loop, main)
    expected = [line for turn in transcript.turns if isinstance(turn, list) for line in turn]
    if expected[-1] != "closed":
        expected.append("closed")

    expected += [f"kept: {raw!r}" for raw in transcript.kept]
    heard += [f"kept: {raw!r}" for raw in kept]

    assert expected == heard
