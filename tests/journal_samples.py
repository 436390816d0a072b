"""Arrivals, drafts and events for the tests of the journal: small, and told apart by a number."""

import os
import sys
from datetime import UTC, datetime, timedelta

from bounced import config
from bounced.model import Arrival, Envelope, Event
from bounced.store import Draft

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = config.Journal(commit_seconds=10)


def arrival(number, raw=b"Subject: sample\r\n\r\nbody\r\n", **fields):
    """Make the arrival of *number*, each a second after the one before."""
    return Arrival(
        id=f"arrival-{number:06}",
        at=NOON + timedelta(seconds=number),
        peer="192.0.2.10",
        helo="mx1.example.net",
        envelope=fields.pop("envelope", Envelope("", ("bounces@example.net",))),
        raw=raw,
        size=len(raw),
        sha256="ab" * 32,
        **fields,
    )


def event(event_id):
    """Make an event of that id."""
    return Event(
        id=event_id,
        key="bounce.suppress.recipient.invalid-recipient.news",
        type="io.bounced.bounce.v1",
        source="urn:bounced:example.net",
        subject="anna@example.org",
        time=NOON,
        reference=None,
        body=b'{"id": "%s"}' % event_id.encode(),
    )


def draft(report_id, trust_rank=1, *, publish=True, seen=None):
    """Make the draft of a decision on *report_id*; *seen*, a list, learns what it was asked to make."""

    def make(revision, supersedes):
        if seen is not None:
            seen.append((report_id, revision, supersedes))
        return event(f"{report_id}/{revision}") if publish else None

    return Draft(report_id=report_id, trust_rank=trust_rank, decision_id=lambda revision: f"{report_id}/{revision}", make=make)


def subprocess_environ():
    """Let a Python of its own find what this one imports."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
