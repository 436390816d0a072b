r"""Plays the SMTP transcripts of this folder against a real listener on loopback.

A transcript has a line for each of these; escapes are those of Python's strings, `#` begins a comment:

    set: max_message_bytes = 10     a setting of [smtp], in TOML
    c: NOOP                         the client sends this line and CRLF; lines that follow each other go out together
    r: NOOP\n                       the client sends exactly these octets
    s: 250 2.0.0 OK                 the server answers so; the name of a kept message is written *
    s: closed                       the server closes the connection
    kept: "text\r\n"                a message that was kept, in order
"""

import ast
import asyncio
import gc
import os
import re
import tomllib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from bounced.config import Smtp
from bounced.model import Arrival
from bounced.receive import Listener
from bounced.receive.smtp import Session

FOLDER = Path(__file__).parent
#: The event loops that the daemon runs on.
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
#: After this a test has failed; nothing here takes a tenth of it.
DEADLINE_SECONDS = 20
_NAME = re.compile(r"(?<=Kept as )[0-9A-HJKMNP-TV-Z]{26}$")


class Transcript(NamedTuple):
    """A transcript as read; `turns` are what one side says before the other's turn, in octets or in lines."""

    settings: dict[str, Any]
    turns: list[bytes | list[str]]
    kept: list[bytes]


def on(loop: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *main* on the event loop of that name, within the deadline."""

    async def timely() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await main()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(timely())


@asynccontextmanager
async def listening(
    keep: Callable[[Arrival], Any] | None = None, spill_folder: Path | None = None, **settings: Any
) -> AsyncIterator[Listener]:
    """Run a listener on loopback that takes mail for example.net, and closes at once at the end."""

    async def forget(_arrival: Arrival) -> None:
        pass

    defaults = {"listen": ("127.0.0.1:0",), "hostname": "mx.example.net", "accept": ("example.net",)}
    listener = Listener(
        Smtp(**(defaults | settings)),
        keep or forget,
        condense=lambda whole: bytes(whole[:1000]),
        clock=lambda: datetime.now(UTC),
        random=os.urandom,
        spill_folder=spill_folder,
    )
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 what is waited for here has no event
            await asyncio.sleep(0.001)


def is_no_session_left() -> bool:
    """Whether nothing holds a session in memory any more."""
    gc.collect()
    return not any(isinstance(item, Session) for item in gc.get_objects())


@asynccontextmanager
async def connected(listener: Listener) -> AsyncIterator["Client"]:
    """Connect to *listener*: by LMTP, where it is spoken."""
    place = listener.lmtp_places[0] if listener.lmtp_places else ":".join(map(str, listener.addresses[0]))
    reader, writer = await open_connection(place)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def open_connection(place: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to HOST:PORT or unix:PATH."""
    if place.startswith("unix:"):
        return await asyncio.open_unix_connection(place.removeprefix("unix:"))
    host, _, port = place.rpartition(":")
    return await asyncio.open_connection(host, int(port))


class Client:
    """A client that says what it is told to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def hear(self) -> str:
        """Wait for one line; "closed" when there will be none."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            line = (await self.reader.readline()).decode()
        return _NAME.sub("*", line.removesuffix("\r\n")) if line.endswith("\r\n") else line or "closed"

    async def ask(self, *lines: str) -> list[str]:
        """Send *lines* in one write and wait for as many lines of answer."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        return [await self.hear() for _ in lines]

    async def begin(self) -> str:
        """Go as far as the answer to DATA, for a bounce, each command after the answer to the one before, as most clients do."""
        answer = await self.hear()
        for command in ("HELO client.example", "MAIL FROM:<>", "RCPT TO:<bounces@example.net>", "DATA"):
            (answer,) = await self.ask(command)
        return answer


def read(path: Path) -> Transcript:
    """Read the transcript in *path*."""
    settings: dict[str, Any] = {}
    kept: list[bytes] = []
    said: list[tuple[str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(": ") if ": " in line else (line.removesuffix(":"), "", "")
        if kind == "set":
            settings |= tomllib.loads(text)
        elif kind == "kept":
            kept.append(ast.literal_eval(f"b{text}"))
        elif kind in {"c", "r", "s"}:
            said.append((kind, text))
        elif not line.startswith("#"):
            raise ValueError(f"{path.name}: {line!r}")
    turns: list[bytes | list[str]] = []
    for is_server, group in groupby(said, key=lambda item: item[0] == "s"):
        lines = list(group)
        turns.append([text for _, text in lines] if is_server else b"".join(_octets(kind, text) for kind, text in lines))
    return Transcript(settings, turns, kept)


def _octets(kind: str, text: str) -> bytes:
    return text.encode() + b"\r\n" if kind == "c" else ast.literal_eval(f"b'{text}'")
