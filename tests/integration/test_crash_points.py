"""Killed at every step of an arrival's way: what was answered with 250 is published, once by its id, whatever the moment."""

import asyncio
import json
import signal
import smtplib
import sys
from pathlib import Path

import pytest

from bounced.pipeline import Step
from tests.integration.test_daemon import bounce, consumed
from tests.servers import crashing
from tests.servers.daemon import Served, serve

COUNT = 12


def dying_at(step: Step, nth: int) -> tuple[str, ...]:
    """Give the program that dies when it reaches *step* for the *nth* time."""
    return (sys.executable, crashing.__file__, step, str(nth))


async def hand_in(daemon: Served, numbers: set[int]) -> set[int]:
    """Send these bounces, several at once; give those that were answered with 250."""

    async def one(number: int) -> int | None:
        try:
            (reply,) = await daemon.send(bounce(number))
        except (smtplib.SMTPException, OSError):
            return None  # it died before it could answer: the sending server would come back
        return number if reply.startswith("250") else None

    return {number for number in await asyncio.gather(*map(one, sorted(numbers))) if number is not None}


async def settled(daemon: Served) -> dict:
    """Wait until nothing is left to do; give the account then."""
    async with asyncio.timeout(60):
        while True:
            account = (await daemon.status())["account"]
            if account and account["arrivals"]["done"] == account["arrivals"]["accepted"]:
                return account
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("step", list(Step))
async def test_killed_at(tmp_path: Path, step: Step, nth: int) -> None:
    """The daemon dies at the step; started again, it publishes all that it had acknowledged, and nothing twice by id.

    Clients hand in again what was not acknowledged, as mail servers do: also that comes out once.
    """
    async with serve(tmp_path, program=dying_at(step, nth)) as daemon:
        kept: set[int] = set()
        for part in range(0, COUNT, 4):  # a batch after the other, so that each step is reached more than once
            kept |= await hand_in(daemon, set(range(part, part + 4)))
        died = await daemon.ended()
    async with serve(tmp_path) as daemon:
        first = await consumed("embedded:", folder=tmp_path, count=len(kept)) if kept else []
        again = await hand_in(daemon, set(range(COUNT)) - kept)
        account = await settled(daemon)
        await daemon.end()
    events = first + await consumed("embedded:", folder=tmp_path)

    assert -signal.SIGKILL == died
    assert set(range(COUNT)) == kept | again
    assert {f"reader{number}@example.org" for number in range(COUNT)} == {event.subject for event in events}
    assert COUNT == len(events) == len({event.id for event in events})
    assert account["decisions"]["made"] == account["decisions"]["published"] + account["decisions"]["duplicate"]


@pytest.mark.parametrize("step", [Step.PUBLISHING, Step.CONFIRMED, Step.PUBLISHED])
async def test_killed_with_a_sink_that_does_not_know_ids(tmp_path: Path, step: Step) -> None:
    """Where the sink itself drops nothing, what was confirmed and not noted is there twice: with one id, for consumers to drop."""
    decisions = tmp_path / "decisions.jsonl"
    async with serve(tmp_path, f"file:{decisions}", program=dying_at(step, 1)) as daemon:
        kept = await hand_in(daemon, {1})
        await daemon.ended()
    async with serve(tmp_path, f"file:{decisions}") as daemon:
        await settled(daemon)
    events = [json.loads(line) for line in decisions.read_text().splitlines()]

    assert {1} >= kept
    assert {"reader1@example.org"} == {event["subject"] for event in events}
    assert 1 == len({event["id"] for event in events})
    assert (2 if step is Step.CONFIRMED else 1) == len(events)
