"""The arguments of MAIL and RCPT."""

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from bounced.receive.path import Path, read_parameters, read_usual

WORDS = st.text(st.sampled_from("ab1-_+=.ü"), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("<>", Path("", "")),
        ("<> SIZE=5", Path("", " SIZE=5")),
        ("<>SIZE=5", Path("", "SIZE=5")),
        ("<anna@example.org>", Path("anna@example.org", "")),
        ("<Postmaster>", Path("Postmaster", "")),
        ("<prvs=123=anna+x=y@example.org> BODY=7BIT", Path("prvs=123=anna+x=y@example.org", " BODY=7BIT")),
        ("<jürgen@bücher.example>", Path("jürgen@bücher.example", "")),
        ('<"anna b"@example.org>', None),
        ("<@relay.example:anna@example.org>", None),
        ("<anna@[192.0.2.1]>", None),
        ("anna@example.org", None),
        ("<anna@example.org", None),
        ("<anna @example.org>", None),
        ("<anna\x00@example.org>", None),
        ("<anna\ufffd@example.org>", None),  # stands for octets that are not UTF-8
        ("", None),
    ],
)
def test_usual(argument: str, path: Path | None) -> None:
    """What nearly every client sends is read at once; all else is left to the slow parser."""

    assert path == read_usual(argument)


@given(WORDS, WORDS)
def test_usual_agrees(local: str, domain: str) -> None:
    """What is read at once is what aiosmtpd's own parser reads, where it reads anything."""
    argument = f"<{local}@{domain}> SIZE=5"
    address, _ = SMTP._getaddr(SMTP, argument)  # type: ignore[arg-type] # it reads a class attribute
    usual = read_usual(argument)

    assert address is None or usual is None or address == usual.address


@pytest.mark.parametrize(
    ("rest", "parameters"),
    [
        ("", {}),
        (" size=5  BODY=8bitmime SMTPUTF8", {"SIZE": "5", "BODY": "8bitmime", "SMTPUTF8": ""}),
        (" ENVID=a+2Bb ORCPT=utf-8;ü@example.org", {"ENVID": "a+2Bb", "ORCPT": "utf-8;ü@example.org"}),
        (" SIZE=", None),
        (" =5", None),
        (" A=B=C", None),
        (" -A", None),
        (" A=\x01", None),
    ],
)
def test_parameters(rest: str, parameters: dict[str, str] | None) -> None:
    """Parameters are read by the grammar of RFC 5321 and nothing looser."""

    assert parameters == read_parameters(rest)
