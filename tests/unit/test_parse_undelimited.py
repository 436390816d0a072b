"""Multiparts that are none: without a boundary, or without a line that bears it (`bounced.parse.mime`)."""

import pytest

from bounced.parse.mime import scan
from tests.reports import endings

_DELIMITED = b"--=_part-1\nContent-Type: text/plain\n\n550 no such user\n--=_part-1--\n"


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
@pytest.mark.parametrize("parameter", [b"", b"; boundary=", b'; boundary="=_part-1"', b";\nboundary==_part-1", b"; boundary=other"])
def test_delimiter_found(parameter, ending):
    """A boundary that is missing, empty, unfolded or wrong is taken from the body."""
    raw = endings(b"Content-Type: multipart/mixed" + parameter + b"\n\n" + _DELIMITED)[ending]

    assert ["550 no such user"] == [part.text for part in scan(raw).parts]


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_no_delimiter(ending):
    """Without any delimiter the whole body is one part of plain text, its first lines no header."""
    raw = endings(b"Content-Type: multipart/report; boundary=x\n\nReason: 550 no such user\n\nbye\n")[ending]
    root = scan(raw)

    assert ("multipart/report", [("text/plain", "Reason: 550 no such user\n\nbye\n")]) == (
        root.type,
        [(part.type, part.text) for part in root.parts],
    )


def test_nothing_within():
    """A multipart whose body is empty has no parts."""

    assert [] == scan(b"Content-Type: multipart/mixed; boundary=x\n\n").parts
