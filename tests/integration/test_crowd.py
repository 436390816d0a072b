"""A crowd of clients that do nothing, or next to nothing, beside honest ones: those are served, within the memory promised."""

import asyncio
import resource
from pathlib import Path

from tests.integration.test_daemon import bounce
from tests.servers.daemon import Served, serve

IDLE, DRIBBLING, HONEST = 1000, 1000, 50
SESSIONS = 2200
SPILL_BYTES = 64 * 1024
#: What a session may hold besides the message: its buffers, its task (docs/guarantees.md).
SESSION_BYTES = 256 * 1024


def memory(daemon: Served) -> int:
    """Give the most memory that the daemon ever had, in octets (VmHWM of proc(5))."""
    (line,) = [line for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


async def connected(daemon: Served, *lines: bytes) -> asyncio.StreamWriter:
    """Connect, hear the greeting, say *lines* and hear the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", daemon.port)
    for line in (None, *lines):
        if line:
            writer.write(line + b"\r\n")
        await asyncio.wait_for(reader.readline(), 60)
    return writer


async def dribble(writer: asyncio.StreamWriter) -> None:
    """Send a message that has no end, a line at a time; the first part is as much as a session keeps in memory."""
    writer.write((b"x" * 998 + b"\r\n") * (SPILL_BYTES // 1000))
    while True:
        writer.write(b"x\r\n")
        await writer.drain()
        await asyncio.sleep(1)


async def test_crowd(tmp_path):
    """A thousand idle and a thousand dribbling clients keep nobody from being served, and cost no more memory than the settings allow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    writers: list[asyncio.StreamWriter] = []
    try:
        async with serve(tmp_path, SMTP__MAX_SESSIONS=str(SESSIONS), SMTP__SPILL_BYTES=str(SPILL_BYTES)) as daemon:
            alone = memory(daemon)
            dribblers = (b"HELO mx", b"MAIL FROM:<>", b"RCPT TO:<return@bounce.example.com>", b"DATA")
            writers += [await connected(daemon) for _ in range(IDLE)]
            writers += [await connected(daemon, *dribblers) for _ in range(DRIBBLING)]
            tasks = [asyncio.create_task(dribble(writer)) for writer in writers[IDLE:]]
            replies = await asyncio.gather(*(daemon.send(bounce(number)) for number in range(HONEST)))
            sessions = (await daemon.status())["sessions"]
            grown = memory(daemon) - alone
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for writer in writers:
                writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(f"{grown / 2**20:.0f} MiB for {sessions} sessions, {alone / 2**20:.0f} MiB without")  # noqa: T201 asked for with -s

    assert {"250"} == {reply[:3] for answers in replies for reply in answers}
    assert IDLE + DRIBBLING <= sessions <= SESSIONS
    assert grown < SESSIONS * (SPILL_BYTES + SESSION_BYTES)
