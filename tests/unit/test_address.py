"""Mail addresses as reports write them."""

import pytest

from bounced import address


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("rfc822; anna@example.org", "anna@example.org"),
        ("RFC822;<anna@example.org>", "anna@example.org"),
        ("rfc822;anna@example.org (Anna)", "anna@example.org"),
        ("anna@example.org", "anna@example.org"),
        ("rfc822 anna@example.org", "rfc822 anna@example.org"),
        ("rfc822;anna+tag@example.org", "anna+tag@example.org"),
        ("rfc822;anna+2Btag@example.org", "anna+2Btag@example.org"),
        ("rfc822;anna+40example.org", "anna@example.org"),
        ('rfc822; "anna b"@example.org', '"anna b"@example.org'),
        ("utf-8; \\x{E4}nna@example.org", "änna@example.org"),
        ("utf-8;änna@exämple.org", "änna@exämple.org"),
        ("rfc822; prvs=1234abcdef=anna@example.org", "anna@example.org"),
        ("rfc822; SRS0=hash=tt=example.org=anna@relay.example", "SRS0=hash=tt=example.org=anna@relay.example"),
        ('rfc822; "<victim@example.org>"@relay.example', '"<victim@example.org>"@relay.example'),
        ("rfc822; victim@example.org(x@relay.example", "victim@example.org(x@relay.example"),
        ("x400; /C=DE/S=anna", "/C=DE/S=anna"),
        ("rfc822;", None),
        ("", None),
    ],
)
def test_typed(field, expected):
    """Address types, xtext, UTF-8 escapes, comments and wrappers are taken off."""

    assert address.read_typed(field) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to <anna@example.org>, bob@example.net.", ["anna@example.org", "bob@example.net"]),
        ("anna@[192.0.2.1] and 'carl@example.com'", ["anna@[192.0.2.1]", "carl@example.com"]),
        ("no @ address @@ here", []),
        ("anna@example.org anna@example.org", ["anna@example.org"]),
        ("as anna\n@example.org says", []),
        ('to "anna b"@example.org', ['"anna b"@example.org']),
    ],
)
def test_find(text, expected):
    """Addresses are found in prose, each once, in order."""

    assert address.find(text) == expected


@pytest.mark.parametrize(
    "text", ["'victim@example.org'@relay.example", '"x<victim@example.org"@relay.example', "victim@example.org>@relay.example"]
)
def test_find_within_local_part(text):
    """What looks like an address within the local part of another is none: its owner can write any name there."""

    assert "victim@example.org" not in address.find(text)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Anna@Example.ORG", "anna@example.org", True),
        ("anna@xn--exmple-cua.org", "anna@exämple.org", True),
        ("anna@example.org.", "anna@example.org", True),
        ("anna+a@example.org", "anna@example.org", False),
    ],
)
def test_comparison(one, other, expected):
    """Case, a closing dot and the form of the domain don't matter; a sub-address does."""

    assert (address.fold(one) == address.fold(other)) is expected


@pytest.mark.parametrize(("reverse_path", "expected"), [("", True), ("<>", True), ("a@example.org", False), (None, False)])
def test_null_sender(reverse_path, expected):
    """An empty reverse-path is the null sender; an unknown one is not."""

    assert address.is_null_sender(reverse_path) is expected
