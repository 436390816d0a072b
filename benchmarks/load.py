"""A sender of bounces: so many, each with a recipient and a Message-ID of its own, over so many sessions at once.

    python -m benchmarks.load PORT NUMBER SESSIONS EACH SEED RATE

EACH messages go in a session, then it is another connection; RATE of all in a second, whatever the answers take, or as many as can be
where it is 0. The bounces are of bounced's samples: of a hundred 25 say that the mailbox is
not there, 45 that it is full, 30 that the sender is listed, at a hundred receivers. Prints JSON: seconds, and of the transactions from
MAIL to the last 250 the median and the 99th percentile in milliseconds.
"""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "bounced" / "samples"
_WEIGHTS = {"01-unknown-user": 25, "02-mailbox-full": 45, "03-blocklisted": 30}
_RECEIVERS = 100
#: Settings by which a daemon believes these bounces, so that they count and suppress: the mail that they return came from these hosts.
BELIEVED = {"TRUST__SENDERS": "192.0.2.0/24"}
_NO_MORE = (0.0, None)


def bounces(number: int, seed: int) -> Iterator[bytes]:
    """Make *number* bounces; another *seed* makes others."""
    chance = random.Random(seed)  # noqa: S311 variety, not secrecy
    texts = {name: (SAMPLES / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n") for name in _WEIGHTS}
    templates = {name: _template(text) for name, text in texts.items()}
    for name in chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=number):
        token = f"{chance.getrandbits(64):016x}".encode()
        receiver = f"receiver{chance.randrange(_RECEIVERS)}.example".encode()
        yield templates[name].replace(b"@@TOKEN", token).replace(b"@@DOMAIN", receiver).replace(b"\n", b"\r\n")


def _template(text: bytes) -> bytes:
    head, blank, body = text.partition(b"\n\n")
    lines = [line for line in head.split(b"\n") if not line.lower().startswith((b"message-id:", b"return-path:"))]
    (address,) = {line.split(b";")[1].strip() for line in body.split(b"\n") if line.startswith(b"Final-Recipient:")}
    body = body.replace(address, b"reader@@TOKEN@@@DOMAIN").replace(address.split(b"@")[1], b"@@DOMAIN")
    return b"\n".join([*lines, b"Message-ID: <@@TOKEN@mail.example.net>"]) + blank + body


async def load(port: int, number: int, sessions: int, each: int, seed: int, rate: float = 0) -> dict[str, float]:
    """Have a process of its own send to *port*, as `main` says; give what it prints.

    Raises:
        subprocess.SubprocessError: it failed, and has said why.
    """
    arguments = map(str, (port, number, sessions, each, seed, rate))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.load", *arguments), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise subprocess.SubprocessError(f"the sender ended with {process.returncode}")
    sent: dict[str, float] = json.loads(said)
    return sent


async def send(port: int, messages: Iterator[tuple[float, bytes]], each: int, times: list[float]) -> None:
    """Send *messages*, each at its time, *each* to a session, until there are no more."""
    loop = asyncio.get_running_loop()
    due, message = next(messages, _NO_MORE)
    while message is not None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _said(reader, 220)
        await _say(reader, writer, b"EHLO load.example.net\r\n", 250)
        for _ in range(each):
            await asyncio.sleep(max(0, due - loop.time()))
            began = time.perf_counter()
            await _say(reader, writer, b"MAIL FROM:<>\r\n", 250)
            await _say(reader, writer, b"RCPT TO:<return@bounce.example.com>\r\n", 250)
            await _say(reader, writer, b"DATA\r\n", 354)
            await _say(reader, writer, message + b".\r\n", 250)
            times.append((time.perf_counter() - began) * 1000)
            due, message = next(messages, _NO_MORE)
            if message is None:
                break
        writer.write(b"QUIT\r\n")
        writer.close()


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes, code: int) -> None:
    writer.write(said)
    await _said(reader, code)


async def _said(reader: asyncio.StreamReader, code: int) -> None:
    line = b"000-"
    while line[3:4] == b"-":
        line = await reader.readline()
    if int(line[:3]) != code:
        raise SystemExit(f"wanted {code}, got {line.decode()}")


async def main() -> None:
    """Send, and say how it went."""
    port, number, sessions, each, seed = map(int, sys.argv[1:6])
    rate = float(sys.argv[6])
    now = asyncio.get_running_loop().time()
    messages = iter([(now + place / rate if rate else now, raw) for place, raw in enumerate(bounces(number, seed))])
    times: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(sessions):
            group.create_task(send(port, messages, each, times))
    seconds = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100)
    print(json.dumps({"seconds": seconds, "p50": cuts[49], "p99": cuts[98]}))


if __name__ == "__main__":
    asyncio.run(main())
