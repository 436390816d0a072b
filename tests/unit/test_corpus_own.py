"""The reports that real mail servers made for us (tests/corpus, tests/mtas/README.md): each is judged as the servers were told."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

import bounced
from bounced.classify import Classifier
from bounced.model import Action, Disposition, Failure, Kind

CORPUS = Path(__file__).parents[1] / "corpus"
MESSAGES = sorted(CORPUS.glob("*/*.eml"))
_CATEGORIES = frozenset(Classifier.load().categories)
_KINDS = {Action.FAILED: Kind.BOUNCE, Action.DELAYED: Kind.DELAY}
_CUT_OCTETS = 64
_LINE_ENDS = {"as-it-is": None, "lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}


class Recipient(Struct, frozen=True, forbid_unknown_fields=True):
    """What is true of one recipient. `status` lists what may be read; no `reply` means that the report has none."""

    address: str
    action: Action
    status: tuple[str, ...]
    disposition: Disposition
    category: str | None = None
    reply: int | None = None
    final: str | None = None
    note: str = ""


class Truth(Struct, frozen=True, forbid_unknown_fields=True):
    """What is true of a message."""

    scenario: str
    server: str
    made: date
    kind: Kind
    recipient: tuple[Recipient, ...]


def _name(message: Path) -> str:
    return f"{message.parent.name}/{message.stem}"


def _truth(message: Path) -> Truth:
    return msgspec.convert(tomllib.loads(message.with_suffix(".toml").read_text(encoding="utf-8")), Truth)


def _with_line_ends(raw: bytes, end: bytes | None) -> bytes:
    """Give *raw* with *end* after each line; a doubled CR, as dma sends it after a reply's line, is part of one line end."""
    return raw if end is None else raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", end)


def test_corpus_is_there() -> None:
    """At least 150 messages of at least 6 servers, each with its truth beside it, and no truth alone."""
    assert len(MESSAGES) >= 150
    assert len({message.parent for message in MESSAGES}) >= 6
    assert {m.with_suffix("") for m in MESSAGES} == {t.with_suffix("") for t in CORPUS.glob("*/*.toml")}


@pytest.mark.parametrize("message", MESSAGES, ids=_name)
def test_truth_is_well_formed(message: Path) -> None:
    """The file beside each message has the known fields, and names categories and kinds that there are."""
    truth = _truth(message)
    actions = {_KINDS.get(recipient.action, Kind.DELIVERY) for recipient in truth.recipient}

    assert truth.recipient
    assert truth.kind in actions
    assert {r.category for r in truth.recipient} <= _CATEGORIES | {None}
    assert all((r.category is None) == (r.disposition is Disposition.NONE) for r in truth.recipient)


@pytest.mark.parametrize("end", _LINE_ENDS.values(), ids=_LINE_ENDS.keys())
@pytest.mark.parametrize("message", MESSAGES, ids=_name)
def test_is_judged_right(message: Path, end: bytes | None) -> None:
    """Kind, addresses, status, reply, category and disposition are as the script told the servers, whatever ends the lines."""
    truth = _truth(message)
    report, decisions = bounced.judge(_with_line_ends(message.read_bytes(), end))
    judged = {f.recipient.address: _found(f, d, truth) for f, d in zip(report.failures, decisions, strict=True)}

    assert {r.address: _wanted(r) for r in truth.recipient} == judged
    assert truth.kind == report.kind


@pytest.mark.parametrize("message", MESSAGES, ids=_name)
def test_survives_a_cut(message: Path) -> None:
    """Cut at every 64th octet a message still gives a decision for each failure that it gives, and no exception."""
    raw = message.read_bytes()
    pairs = [bounced.judge(raw[:length]) for length in range(0, len(raw), _CUT_OCTETS)]

    assert [len(report.failures) for report, _ in pairs] == [len(decisions) for _, decisions in pairs]


def _wanted(recipient: Recipient) -> dict[str, Any]:
    kind = _KINDS.get(recipient.action, Kind.DELIVERY)
    return {
        "kind": kind,
        "status": recipient.status[:1],
        "reply": recipient.reply,
        "category": recipient.category,
        "disposition": recipient.disposition,
    }


def _found(failure: Failure, decision: bounced.Decision, truth: Truth) -> dict[str, Any]:
    """Return what was found, in the truth's words: any status of its list counts as the first; a delivery has no category or reply."""
    wanted = next((r for r in truth.recipient if r.address == failure.recipient.address), None)
    statuses = {status for status in (failure.status, failure.diagnostic_status) if status}
    accepted = set(wanted.status) if wanted else set()
    is_delivery = failure.kind is Kind.DELIVERY
    return {
        "kind": failure.kind,
        "status": wanted.status[:1] if wanted and accepted & statuses else tuple(sorted(statuses)),
        "reply": None if is_delivery else failure.reply,
        "category": None if is_delivery else decision.finding.category,
        "disposition": decision.disposition,
    }
