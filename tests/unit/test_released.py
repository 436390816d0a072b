"""What was given back waits its turn: longer each time, never longer than the longest, and in order."""

import pytest

from bounced.publish.released import Released


class Clock:
    """A clock that shows what it was set to."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.mark.parametrize(("times", "seconds"), [(0, 0.1), (1, 0.2), (3, 0.8), (7, 10.0), (99, 10.0), (10**9, 10.0)])
def test_wait(times, seconds):
    """The wait doubles with each time, up to the longest."""
    released = Released(Clock())
    released.add("event", times)

    assert seconds == released.seconds


def test_due():
    """Each comes out once, when its time is there, the one before the other."""
    clock = Clock()
    released = Released(clock)
    for times in (2, 0, 1):
        released.add(times, times)
    taken = []
    for clock.seconds in (0.0, 0.15, 0.5):
        taken.append(released.due())

    assert [[], [0], [1, 2]] == taken
    assert released.seconds is None
