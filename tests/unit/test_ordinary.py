"""Ordinary mail, of our own making: much of it speaks of bounces, none of it is one."""

from pathlib import Path

import pytest

from bounced.model import Kind
from bounced.parse import parse
from tests.reports import endings

MAIL = sorted((Path(__file__).parents[1] / "ordinary").glob("*.eml"))


def test_enough():
    """There are at least fifty."""

    assert len(MAIL) >= 50


@pytest.mark.parametrize("ending", ["LF", "CRLF"])
@pytest.mark.parametrize("path", MAIL, ids=lambda path: path.stem)
def test_ordinary(path, ending):
    """What programs answer for a person (`auto-*`) is an auto-reply; all else reports nothing, and no reader speaks."""
    read = parse(endings(path.read_bytes())[ending])
    expected = (Kind.AUTO_REPLY, "rfc3834") if path.stem.startswith("auto-") else (Kind.NOT_A_REPORT, "")

    assert expected == (read.kind, read.reader)


@pytest.mark.parametrize("path", MAIL, ids=lambda path: path.stem)
def test_cut(path):
    """Cut short anywhere, it still becomes no bounce, complaint, delay or delivery."""
    raw = path.read_bytes()
    read = [parse(raw[:end]) for end in range(0, len(raw), 64)]

    assert [] == [(each.kind, each.reader) for each in read if each.kind not in {Kind.AUTO_REPLY, Kind.NOT_A_REPORT}]
