"""One timer for many who wait."""

import asyncio

import pytest

from bounced.database.limit import Limit


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time is set by hand, and goes on when nothing is left to do."""

    now = 0.0

    def time(self):
        """Tell the time."""
        return self.now

    def pass_by(self, seconds):
        """Let *seconds* pass, and all that is due happen."""
        self.now += seconds
        for _ in range(3):
            self.call_soon(self.stop)
            self.run_forever()


@pytest.fixture
def loop():
    """A loop whose time is set by hand."""
    loop = Clock()
    yield loop
    loop.close()


def test_limit(loop):
    """Each answer has its own time from when it was asked; those that came in time are left alone."""
    limit = Limit(loop, 10, lambda: TimeoutError("late"))
    first, second, third, fourth = (loop.create_future() for _ in range(4))
    limit.watch(first)
    loop.pass_by(4)
    limit.watch(second)
    limit.watch(third)
    third.set_result("in time")
    loop.pass_by(5)
    done_at_9 = [answer.done() for answer in (first, second, third)]
    loop.pass_by(1.5)
    done_at_10 = [answer.done() for answer in (first, second)]
    limit.watch(fourth)
    loop.pass_by(4)

    assert [False, False, True] == done_at_9
    assert [True, False] == done_at_10
    assert ["late", "late"] == [str(each.exception()) for each in (first, second)]
    assert ("in time", False) == (third.result(), fourth.done())
    fourth.cancel()


def test_holds_nothing(loop):
    """What was answered is not held until the timer rings, however much is asked meanwhile."""
    limit = Limit(loop, 10, TimeoutError)
    for _ in range(1000):
        answer = loop.create_future()
        limit.watch(answer)
        answer.set_result(None)

    assert 1 >= len(limit._waiting)
