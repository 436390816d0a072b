"""`bounced demo`: what a newcomer sees first."""

import asyncio
import contextlib
import signal
import smtplib
import socket
import sys
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from bounced.cli.demo import SAMPLES

PROGRAM = (sys.executable, "-c", "from bounced.cli import main; main()")


@pytest.fixture
async def serving() -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """A demo that has played its samples and goes on serving, with its port."""
    process = await asyncio.create_subprocess_exec(*PROGRAM, "demo", "--serve", "--port", "0", stdout=asyncio.subprocess.PIPE)
    try:
        port = int((await line_with(process, "curl smtp://")).split(":")[2].split()[0])
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """Read what *process* prints up to a line with *words*, and return that line."""
    assert process.stdout
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if words in line.decode():
                return line.decode()
    pytest.fail(f"it ended without saying {words!r}")


def test_samples() -> None:
    """The demo plays every sample that is shipped, in the order of their names."""
    shipped = sorted(Path(entry.name).stem for entry in files("bounced").joinpath("samples").iterdir())

    assert shipped == [sample.name for sample in SAMPLES]


async def test_ends_by_itself() -> None:
    """Without --serve it shows each expected recipient with its disposition, and ends with 0, beside another one too."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # then somebody has it, as this test wants
            stack.enter_context(socket.create_server(("127.0.0.1", 2525)))
        process = await asyncio.create_subprocess_exec(*PROGRAM, "demo", stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(60):
            output = (await process.communicate())[0].decode()
    expected = {(disposition.upper(), address) for sample in SAMPLES for address, disposition in sample.expected.items()}
    shown = {(words[0], words[1]) for line in output.splitlines() if len(words := line.split()) > 1}

    assert (0, set()) == (process.returncode, expected - shown)


async def test_port_in_use() -> None:
    """A port that somebody else has is named, and that is all that is said."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        process = await asyncio.create_subprocess_exec(*PROGRAM, "demo", "--serve", "--port", f"{port}", stderr=asyncio.subprocess.PIPE)
        async with asyncio.timeout(60):
            said = (await process.communicate())[1].decode()

    assert (71, f"bounced: An address can't be listened on: 127.0.0.1:{port} is in use\n") == (process.returncode, said)


async def test_decides_what_is_sent_by_hand(serving: tuple[asyncio.subprocess.Process, int]) -> None:
    """With --serve a bounce from any SMTP client is shown too; Ctrl-C ends it with 0."""
    process, port = serving
    report = files("bounced").joinpath("samples", "01-unknown-user.eml").read_text().replace("anna@", "by-hand@").replace("4X1bQ", "4X1bR")
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.net") as client:
        await asyncio.to_thread(client.sendmail, "", ["news@bounces.example.net"], report)
    shown = await line_with(process, "by-hand@example.org")
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(30):
        status = await process.wait()

    assert ("SUPPRESS", 0) == (shown.split()[0], status)
