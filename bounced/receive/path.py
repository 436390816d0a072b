"""The arguments of MAIL and RCPT: a path and parameters (RFC 5321 §4.1.1.2, §4.1.1.3).

Reads what nearly every client sends with one pattern. What it does not match is not wrong for that: quoted local parts,
source routes and paths without brackets are left to aiosmtpd, whose parser costs a hundred times more.
"""

import re
from typing import NamedTuple

_USUAL = re.compile(r'<((?:[^\s<>()\[\]\\,;:@"\x00-\x1f\x7f\ufffd]+(?:@[\w.-]+)?)?)>')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\x80-\U0010ffff]+))?")


class Path(NamedTuple):
    """An address without its angle brackets ("" for `<>`), and what follows it."""

    address: str
    rest: str


def read_usual(argument: str) -> Path | None:
    """Read `<local@domain>`, `<local>` or `<>` off the front of *argument*; None when something else stands there."""
    found = _USUAL.match(argument)
    return Path(found[1], argument[found.end() :]) if found else None


def read_parameters(rest: str) -> dict[str, str] | None:
    """Read `KEY=VALUE KEY …`, keys in upper case, a value of "" where there is none; None for bad syntax."""
    parameters = {}
    for word in rest.split():
        found = _PARAMETER.fullmatch(word)
        if found is None:
            return None
        parameters[found[1].upper()] = found[2] or ""
    return parameters
