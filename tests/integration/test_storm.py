"""A storm through a daemon: a receiver says "user unknown" of everybody, and hardly anybody is suppressed before a person has looked."""

import asyncio
import json
import random
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

from bounced.publish.event import read
from bounced.publish.notice import storm_schema
from tests.reports import block, report
from tests.servers.daemon import serve

RECEIVER = "ill.example"
OTHERS = tuple(f"receiver{number}.example" for number in range(20))
FULL = {"status": "5.2.2", "diagnostic_code": "smtp; 552 5.2.2 Mailbox full"}
LISTED = {"status": "5.7.1", "diagnostic_code": "smtp; 554 5.7.1 Service unavailable; client host blocked using bl.example.net"}
GONE = {"status": "5.1.1", "diagnostic_code": "smtp; 550 5.1.1 User unknown"}
#: What receivers say on a usual day: of a hundred reports 25 that the mailbox is not there.
USUAL = [GONE] * 25 + [FULL] * 45 + [LISTED] * 30


def bounces(normal, sudden, chance):
    """Give *normal* reports of a usual day about many receivers, and among them *sudden* ones that say of one that nobody is there."""
    told = [(f"reader{number}@{chance.choice((*OTHERS, RECEIVER))}", chance.choice(USUAL)) for number in range(normal)]
    told += [(f"sudden{number}@{RECEIVER}", GONE) for number in range(sudden)]
    chance.shuffle(told)
    return [report(block(address, **fields), message_id=f"<{address}>") for address, fields in told]


async def bounced(folder, *arguments):
    """Run a command beside the daemon; give its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bounced", *arguments),
        env={"BOUNCED_JOURNAL__FOLDER": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def published(path: Path, number: int):
    """Wait until *number* events are in the file; give them, decisions and what else there is."""
    async with asyncio.timeout(120):
        while len(lines := _lines(path)) < number:  # noqa: ASYNC110 a file gives no sign of it
            await asyncio.sleep(0.1)
    decisions = [read(line) for line in lines if b"io.bounced.storm.v1" not in line]
    return decisions, [json.loads(line) for line in lines if b"io.bounced.storm.v1" in line]


def _lines(path):
    return path.read_bytes().splitlines() if path.exists() else []


def of_storm(events):
    """Give the events about who failed suddenly."""
    return [event for event in events if event.subject.startswith("sudden")]


async def test_storm(tmp_path):
    """Of 500 among 5,000 others at most 25 pass, one event tells of it, and a release publishes the rest once each, over a kill."""
    folder, file = tmp_path / "journal", tmp_path / "events.jsonl"
    sent = bounces(5000, 500, random.Random(20261129))  # noqa: S311 variety, not secrecy
    async with serve(folder, f"file:{file}", STORM__ADDRESSES="20") as daemon:
        await asyncio.gather(*(daemon.send(*sent[part::4]) for part in range(4)))
        decisions, storms = await published(file, 5501)
        await daemon.logged("storm.began", receiver=RECEIVER)
        held = [event for event in of_storm(decisions) if event.data.decision.withheld == "storm"]
        listed = await bounced(folder, "storm", "list")
        ordered = await bounced(folder, "storm", "release", RECEIVER)
    async with serve(folder, f"file:{file}", STORM__ADDRESSES="20") as daemon:
        total = 5501 + sum(event.data.decision.withheld == "storm" for event in decisions)
        again, _ = await published(file, total)
        await daemon.end()
        last = await published(file, total)
    released = [event for event in of_storm(again) if event.data.revision == 1]
    before = {event.subject: event.id for event in held}

    assert len(held) >= 475
    assert [RECEIVER] == [storm["subject"] for storm in storms]
    jsonschema.validate(storms[0], storm_schema())
    assert listed[0] == ordered[0] == 0
    assert RECEIVER in listed[1]
    assert dict.fromkeys(before, 1) == Counter(event.subject for event in released)
    assert {("suppress", None)} == {(event.data.decision.disposition, event.data.decision.withheld) for event in released}
    assert before == {event.subject: event.data.supersedes for event in released}
    assert total == len(last[0]) + len(last[1])


@pytest.mark.parametrize("afterwards", ["drop", "release"])
async def test_nobody_looks(tmp_path, afterwards):
    """What nobody looks at in time is dropped, or released, as the settings say; then the node is well again."""
    folder, file = tmp_path / "journal", tmp_path / "events.jsonl"
    sent = [report(block(f"reader{number}@{RECEIVER}"), message_id=f"<{number}>") for number in range(40)]
    async with serve(folder, f"file:{file}", STORM__ADDRESSES="20") as daemon:
        await daemon.send(*sent)
        await published(file, 41)
        await daemon.logged("node.degraded", cause="suppressions-held")
    async with serve(folder, f"file:{file}", STORM__ADDRESSES="20", STORM__HOLD_HOURS="0.00001", STORM__AFTERWARDS=afterwards) as daemon:
        await daemon.logged("storm.dropped" if afterwards == "drop" else "storm.released")
        await daemon.logged("node.recovered", cause="suppressions-held")
        await daemon.end()
    decisions, _ = await published(file, 41 if afterwards == "drop" else 62)
    suppressed = {event.subject for event in decisions if event.data.decision.disposition == "suppress"}

    assert (19 if afterwards == "drop" else 40) == len(suppressed)


async def test_dropped(tmp_path):
    """What an operator drops is not suppressed; another receiver's name is nobody's, and said so."""
    folder, file = tmp_path / "journal", tmp_path / "events.jsonl"
    sent = [report(block(f"reader{number}@{RECEIVER}"), message_id=f"<{number}>") for number in range(40)]
    async with serve(folder, f"file:{file}", STORM__ADDRESSES="20") as daemon:
        await daemon.send(*sent)
        await published(file, 41)
        shown = await bounced(folder, "storm", "show", RECEIVER)
        dropped = await bounced(folder, "storm", "drop", RECEIVER)
        unknown = await bounced(folder, "storm", "release", RECEIVER)
        exported = await bounced(folder, "list", "export")

    assert (0, 21) == (shown[0], shown[1].count(RECEIVER) - 1)
    assert (0, "21 addresses of ill.example dropped\n") == dropped
    assert (1, "ill.example: nothing is held; `bounced storm list` names the receivers\n") == unknown
    assert 20 == len(exported[1].splitlines())
