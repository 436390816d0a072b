"""Which fault comes when: drawn from a seed, so that a schedule can be repeated.

Two lanes run at the same time, one fault after another in each: what befalls the broker overlaps with what befalls the daemon.
The moments are pauses after the fault before; what the machine makes of them is its own.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from tests.chaos.amqp import METHODS

#: Kinds by lane, each as often as it stands here.
_DAEMON = (
    *["worker-sigkill"] * 5,
    *["daemon-sigkill"] * 3,
    *["parent-sigkill"] * 2,
    *["daemon-sigterm"] * 3,
    *["network-cut"] * 8,
    *["network-stall"] * 2,
    *["network-slow"] * 2,
    *["disk-full"] * 2,
    *["disk-slow"] * 2,
    *["journal-stalled"] * 2,
)
_BROKER = ("broker-sigkill", "leader-sigkill", "broker-frozen", "memory-alarm", "broker-restart")
#: For these a broker node has to start again, or a wait is the point: they are one of so many.
_BROKER_EVERY = 7
#: Kinds that are asked for by name alone.
_ALONE = ("broker-away",)
#: All there are.
KINDS = tuple(dict.fromkeys((*_DAEMON, *_BROKER, *_ALONE)))
#: Where the network is cut, seen from a frame.
PLACES = ("before", "within", "after")


class Fault(NamedTuple):
    """One fault: *pause* seconds after the one before in its lane, held for *seconds*."""

    number: int
    lane: str
    kind: str
    pause: float
    seconds: float
    #: At which frame the network is cut, and whether before, within or after it.
    method: str
    place: str


def draw(seed: int, faults: int, *, only: Sequence[str] = (), frozen_seconds: float = 30.0, away_seconds: float = 600.0) -> list[Fault]:
    """Draw the schedule of *faults* faults from *seed*, of the kinds in *only* if there are any.

    *frozen_seconds* is how long a broker is held in SIGSTOP, *away_seconds* how long at least all of them are out of reach.
    """
    chance = random.Random(seed)  # noqa: S311 to be repeated, not to be secret
    methods: list[str] = []
    decks = {"daemon": tuple(only) or _DAEMON, "broker": tuple(only) or _BROKER}
    kinds: dict[str, list[str]] = {"daemon": [], "broker": []}
    drawn = []
    for number in range(faults):
        lane = "broker" if number % _BROKER_EVERY == _BROKER_EVERY - 1 and not only else "daemon"
        kinds[lane] = kinds[lane] or chance.sample(decks[lane], len(decks[lane]))
        kind = kinds[lane].pop()
        lane = "broker" if kind in _BROKER else "daemon"
        methods = methods or chance.sample(METHODS, len(METHODS))  # each once before one comes again
        seconds = {"broker-frozen": frozen_seconds, "broker-away": away_seconds}.get(kind) or chance.uniform(0.2, 4)
        pause = chance.uniform(0.1, 2)
        place = chance.choice(PLACES)
        drawn.append(Fault(number, lane, kind, pause, seconds, methods.pop() if kind == "network-cut" else "", place))
    return drawn


def part_of(schedule: Sequence[Fault], part: int, parts: int) -> list[Fault]:
    """Give the faults of the *part*-th of *parts* (from 1), in order."""
    size, rest = divmod(len(schedule), parts)
    start = (part - 1) * size + min(part - 1, rest)
    return list(schedule[start : start + size + (part <= rest)])
