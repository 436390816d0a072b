"""Names for arrivals: ULIDs, which sort by time. Two of the same millisecond sort anyhow.

Specified at github.com/ulid/spec: 48 bits of Unix time in milliseconds, 80 bits of chance, in Crockford's base 32.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Two digits at a time halve the work; it is done for every message.
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_TIME_SHIFTS = tuple(range(40, -1, -10))
_CHANCE_SHIFTS = tuple(range(70, -1, -10))


def make(at: datetime, random: Callable[[int], bytes]) -> str:
    """Make the 26 characters for the moment *at* (aware) with ten octets of *random*."""
    chance = int.from_bytes(random(10), "big")
    return _of_time(int(at.timestamp() * 1000)) + "".join([_PAIRS[chance >> shift & 1023] for shift in _CHANCE_SHIFTS])


@lru_cache(maxsize=4)  # many messages come in a millisecond
def _of_time(milliseconds: int) -> str:
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in _TIME_SHIFTS])
