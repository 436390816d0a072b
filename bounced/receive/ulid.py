"""Names for arrivals: ULIDs, which sort by time. Two of the same millisecond sort anyhow.

Specified at github.com/ulid/spec: 48 bits of Unix time in milliseconds, 80 bits of chance, in Crockford's base 32.
"""

from collections.abc import Callable
from datetime import datetime

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Two digits at a time halve the work; it is done for every message.
_PAIRS = tuple(high + low for high in _DIGITS for low in _DIGITS)
_SHIFTS = tuple(range(120, -1, -10))


def make(at: datetime, random: Callable[[int], bytes]) -> str:
    """Make the 26 characters for the moment *at* (aware) with ten octets of *random*."""
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(random(10), "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
