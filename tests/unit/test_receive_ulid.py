"""The names of arrivals."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.receive import ulid

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 the strategy adds the zone


@pytest.mark.parametrize(
    ("at", "chance", "name"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), b"\x00" * 10, "0" * 26),
        (datetime(1970, 1, 1, tzinfo=UTC), b"\xff" * 10, "0" * 10 + "Z" * 16),
        (datetime(2016, 7, 30, 22, 36, 16, 385_000, tzinfo=UTC), b"\x00" * 10, "01ARYZ6S41" + "0" * 16),  # the specification's example
    ],
)
def test_make(at: datetime, chance: bytes, name: str) -> None:
    """Time stands in the first ten characters, chance in the other sixteen."""

    assert name == ulid.make(at, lambda _count: chance)


@given(MOMENTS, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_names_sort_by_time(at: datetime, one: bytes, other: bytes) -> None:
    """An arrival of a later millisecond has the greater name, whatever chance says."""
    names = [ulid.make(at, lambda _count: one), ulid.make(at + timedelta(milliseconds=2), lambda _count: other)]

    assert names == sorted(names)
