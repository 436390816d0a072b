"""The consumers to copy from, in four languages: each takes suppressions off a real queue, and leaves what it did not acknowledge."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bounced.config import Sink
from bounced.publish import sink_for
from tests.events import numbered

FOLDER = Path(__file__).parents[2] / "deploy" / "consumers"
VENV = Path(__file__).parents[2] / ".venv"
AMQPLIB = "/usr/share/php/PhpAmqpLib/autoload.php"
COMMANDS = {
    "py": [sys.executable, FOLDER / "consume.py"],
    "js": ["node", FOLDER / "consume.js"],
    "go": ["go", "run", FOLDER / "consume.go"],
    "php": ["php", FOLDER / "consume.php"],
}
ENVIRON = {
    "js": {"NODE_PATH": str(VENV / "npm" / "node_modules")},
    "go": {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""},
    "php": {"AMQPLIB": AMQPLIB},
}


@pytest.mark.parametrize("language", COMMANDS)
async def test_consumer(tmp_path, broker, language):
    """Three of five are taken, each with its reason; the two others are still there."""
    sink = sink_for(Sink(urls=(broker.url,)), tmp_path)
    await sink.publish([numbered(number, subject=f"reader{number}@example.org") for number in range(5)])
    await sink.close()
    environ = os.environ | {"AMQP_URL": broker.url, "COUNT": "3", "GOCACHE": str(tmp_path / "cache")} | ENVIRON.get(language, {})
    process = await asyncio.create_subprocess_exec(
        *map(str, COMMANDS[language]), env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, said = await asyncio.wait_for(process.communicate(), 120)
    connection = await broker.connect()
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue("bounced.suppress", ensure=True)
        left = (await channel.declare_queue(queue.name, passive=True)).declaration_result.message_count

    assert process.returncode == 0, said.decode()
    assert 3 == len(output.decode().splitlines())
    assert all("anna@example.org Microsoft 365 refuses" in line for line in output.decode().splitlines())
    assert 2 == left
