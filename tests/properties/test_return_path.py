"""Signed return paths: what was signed is valid for its recipient, and nothing else is valid for anybody."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bounced import return_path
from bounced.return_path import Keys, Standing, first_bound, pack_reference, read, sign, unpack_reference, verify

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
KEYS = Keys({1: b"1" * 32, 200: b"2" * 32})
DAYS = 30

locals_ = st.from_regex(r"[a-zA-Z0-9!#$%&'*/=?^_`{|}~.+-]{1,64}", fullmatch=True)
domains = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?(?:\.[a-z]{2,6}){1,2}", fullmatch=True)
recipients = st.builds(lambda local, domain: f"{local}@{domain}", locals_, domains)
references = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=16),
    st.uuids(version=4).map(str),
)


@given(recipients, references)
def test_round_trip(recipient, reference):
    """A return path is valid until its last day, for its recipient, with its reference; in any case, wrapped or not."""
    signed = sign(recipient, "bounce.example.com", KEYS, NOW, reference=reference)
    tokens = [read(form) for form in (signed, signed.upper(), f"<{signed}>", f"prvs=123456789a={signed}")]

    assert len({*tokens}) == 1
    assert Standing.VALID is verify(tokens[0], KEYS, NOW + timedelta(days=DAYS), DAYS)
    assert recipient == first_bound(tokens[0], ["other@example.org", recipient], KEYS)
    assert recipient.swapcase() == first_bound(tokens[0], [recipient.swapcase()], KEYS)
    assert (reference or None) == unpack_reference(tokens[0].reference)


@given(recipients, recipients)
def test_for_nobody_else(recipient, other):
    """It is bound to no other address."""
    token = read(sign(recipient, "bounce.example.com", KEYS, NOW))

    assert (first_bound(token, [other], KEYS) is not None) == (return_path.tagged(recipient) == return_path.tagged(other))


@given(recipients, references, st.randoms(use_true_random=False))
def test_any_change_is_a_forgery(recipient, reference, chance: random.Random):
    """Another character anywhere, one more, one less: none of it verifies, with no key."""
    local, _, domain = sign(recipient, "bounce.example.com", KEYS, NOW, reference=reference).partition("@")
    place = chance.randrange(len(return_path.PREFIX), len(local))
    others = [each for each in "abcdefghijklmnopqrstuvwxyz234567" if each != local[place]]
    changed = (
        local[:place] + chance.choice(others) + local[place + 1 :],
        local[:place] + chance.choice(others) + local[place:],
        local[:place] + local[place + 1 :],
        local[:-1],
        local + "a",
    )

    assert {Standing.FORGED} == {verify(read(f"{each}@{domain}"), KEYS, NOW, DAYS) for each in changed}


@given(st.binary(max_size=80).map(lambda octets: octets.decode("latin-1")))
def test_strangers_text(text):
    """Whatever stands in an address, reading it raises nothing, and behind the prefix it is a forgery."""
    token = read(f"b-{text}@bounce.example.com")

    assert token is None or verify(token, KEYS, NOW, DAYS) is Standing.FORGED


@given(recipients, references)
def test_length(recipient, reference):
    """A local part has at most 64 octets; with a reference of up to 8, at most 46, so that BATV's wrapping fits too."""
    local = sign(recipient, "bounce.example.com", KEYS, NOW, reference=reference).partition("@")[0]

    assert len(local) < 64
    assert len(local) < 47 or len(pack_reference(reference)) > 8


@given(st.integers(-400, 400))
def test_age(days):
    """Valid from a day before (clocks differ) to the last day; older, or dated ahead, it is expired, never forged."""
    token = read(sign("anna@example.org", "bounce.example.com", KEYS, NOW))
    expected = Standing.VALID if -1 <= days <= DAYS else Standing.EXPIRED

    assert expected is verify(token, KEYS, NOW + timedelta(days=days), DAYS)


@given(st.uuids())
def test_uuid_is_no_text(each: uuid.UUID):
    """A UUID of any version of RFC 9562 comes back as one."""

    assert unpack_reference(each.bytes) in {str(each), each.bytes.decode("ascii", "replace")}
    assert each.variant != uuid.RFC_4122 or str(each) == unpack_reference(each.bytes)
