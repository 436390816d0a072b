"""Whom we take mail for."""

import pytest

from bounced.receive.guard import Admission, Guard

GUARD = Guard(
    ("example.net", "Bücher.example", "xn--mller-kva.example", "returns@example.org", "postmaster@example.com"),
    {"example.net": "news", "returns@example.org": "shop"},
)


@pytest.mark.parametrize(
    ("recipient", "admission"),
    [
        ("anna@example.net", Admission("news")),
        ("ANNA@Example.NET", Admission("news")),
        ("anna@example.net.", Admission("news")),  # the root may be written
        ("anna+x=y@example.net", Admission("news")),
        ("anna@mx.example.net", None),  # a domain stands for itself, not for what is below it
        ("anna@notexample.net", None),
        ("example.net", None),
        ("anna@xn--bcher-kva.example", Admission("default")),
        ("anna@müller.example", Admission("default")),
        ("returns@example.org", Admission("shop")),
        ("Returns+token@example.org", Admission("shop")),
        ("returnsx@example.org", None),
        ("anna@example.org", None),
        ('"anna@example.net"@example.edu', None),
        ("postmaster", Admission("default", for_postmaster=True)),
        ("POSTMASTER@example.net", Admission("news", for_postmaster=True)),
        ("postmaster@example.org", Admission("default", for_postmaster=True)),
        ("postmaster@example.edu", None),
        ("postmaster@example.com", Admission("default")),  # listed: it is a return path
        ("", None),
    ],
)
def test_admit(recipient: str, admission: Admission | None) -> None:
    """Domains and addresses of ours are admitted in any spelling, the postmaster of each along with them, others not."""

    assert admission == GUARD.admit(recipient)


@pytest.mark.parametrize("recipient", ["anna@example.com", "postmaster@example.com"])
def test_admit_all(recipient: str) -> None:
    """An empty list admits everything, and still knows the postmaster."""
    admission = Guard((), {}).admit(recipient)

    assert Admission("default", for_postmaster=recipient.startswith("postmaster")) == admission
