"""The storm brake: what is usual passes, what comes all at once is held, and for how long."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from bounced.decide import decide, policy, storm
from bounced.decide.storm import NO_DOMAIN, Brake, Minute, Traffic
from bounced.model import Disposition, History, Memory, Withheld
from tests.unit.test_counting import BELIEVED, CATEGORIES, FINDINGS, STRANGER

BRAKE = Brake()
POLICY = policy.load(CATEGORIES).default
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNKNOWN = Memory()


class Receiver:
    """A receiver as the brake sees it: `tell` it of reports, and it says which are held."""

    def __init__(self, name="example.org", brake=BRAKE):
        self.traffic, self.now, self.brake, self.name = Traffic(), START, brake, name
        self.storms = []

    def tell(self, *, fresh, memory=UNKNOWN, after=1.0, domain="example.org"):
        """Tell of a report *after* so many seconds, *fresh* or not; True when it is held."""
        self.now += timedelta(seconds=after)
        minute = storm.minute_of(self.now)
        self.traffic = storm.add(self.traffic, self.brake, Minute(minute, 1, int(fresh)))
        if not fresh:
            return False
        if self.name == NO_DOMAIN:
            self.traffic = storm.ask_for(self.traffic, self.brake, domain, minute)
        found = storm.gather(self.traffic, self.brake, memory, self.now, self.name)
        if found is not None:
            self.traffic = storm.held(self.traffic, found, self.now)
            self.storms.append(found)
        return found is not None

    def held(self, number, **more):
        """Tell of *number* fresh failures; give how many were held."""
        return sum(self.tell(fresh=True, **more) for _ in range(number))

    def usual(self, number, share, seconds=7 * 24 * 3600, seed=1):
        """Tell of *number* reports over so many *seconds*, *share* of them fresh by chance; give how many were held."""
        chance = random.Random(seed)  # noqa: S311 variety, not secrecy
        return sum(self.tell(fresh=chance.random() < share, after=seconds / number) for _ in range(number))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.25, 0.4, 0.6])
@pytest.mark.parametrize("seed", range(3))
def test_usual_passes(share, seed):
    """A receiver at which a share of the reports is always such is never held, once that is known, be it slow or fast."""
    receiver = Receiver()
    receiver.usual(2000, share, seed=seed)

    assert 0 == receiver.usual(5000, share, seconds=3600, seed=seed + 10)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.25, 0.4, 0.6])
def test_storm(share):
    """Where five hundred fail at once, at most 25 pass, whatever is usual and however quiet or busy it was before."""
    receiver = Receiver()
    receiver.usual(2000, share)

    assert 475 <= receiver.held(500, after=0.5)


@pytest.mark.parametrize("others", [50, 250, 1000])
def test_storm_among_others(others):
    """The usual traffic of the minutes before, and of the same minutes, does not hide it."""
    receiver, chance = Receiver(), random.Random(2)  # noqa: S311 variety, not secrecy
    receiver.usual(2000, 0.1)
    receiver.usual(others, 0.1, seconds=300)
    receiver.tell(fresh=False, after=60)
    told = [True] * 500 + [False] * 250
    chance.shuffle(told)

    assert 470 <= sum(receiver.tell(fresh=fresh, after=0.3) for fresh in told)


def test_twenty():
    """Nineteen pass, the twentieth is held; of which nothing is known before, too."""
    receiver = Receiver()

    assert (0, 1) == (receiver.held(19), receiver.held(1))


def test_slow():
    """What comes slower than so many in so many minutes is no storm."""
    assert 0 == Receiver().held(200, after=35)


def test_known_good():
    """An address that got a message lately is held from a quarter on; one that got it long ago is as any."""
    good, old = (Memory(delivered=START - timedelta(days=days)) for days in (29, 31))
    receiver = Receiver()
    receiver.held(4)

    assert (0, 1) == (receiver.held(1, memory=old), receiver.held(1, memory=good))


def test_goes_on():
    """While it lasts, half as many go on with it; after the minutes it is over, and the next failure passes."""
    receiver = Receiver()
    receiver.held(60)
    slower = receiver.held(20, after=50)
    receiver.tell(fresh=False, after=3600)

    assert (20, 0) == (slower, receiver.held(1))


def test_first():
    """One failure is the first of a storm; a pause of some minutes makes no new one, a pause of an hour does."""
    receiver = Receiver()
    for pause in (0, 1800, 4000):
        receiver.tell(fresh=False, after=pause)
        receiver.held(40)
    firsts = [each for each in receiver.storms if each.is_first]

    assert 2 == len(firsts) == len({each.since for each in receiver.storms})


def test_not_learnt():
    """What was held is not taken for usual: the same again, a day later, is a storm again."""
    receiver = Receiver()
    receiver.usual(500, 0.1)
    for _ in range(5):
        receiver.tell(fresh=False, after=24 * 3600)
        assert receiver.held(500, after=0.5) >= 480


def test_learnt():
    """What a person lets pass is usual from then on: the same again passes."""
    receiver = Receiver()
    number = receiver.held(2000)
    receiver.traffic = storm.learn(receiver.traffic, storm.minute_of(receiver.now), number, number)
    receiver.tell(fresh=False, after=24 * 3600)
    again = [receiver.tell(fresh=number % 10 < 9) for number in range(300)]

    assert 0 == sum(again)


def test_no_domain():
    """Many failures of one dead domain are no storm of the resolver; many dead domains at once are."""
    one, many = Receiver(NO_DOMAIN), Receiver(NO_DOMAIN)
    held = [many.tell(fresh=True, domain=f"{number}.example") for number in range(100)]

    assert (0, [False] * 19 + [True] * 81) == (one.held(500), held)


def test_clock_set_back():
    """A clock that was days ahead, and is set right, makes nobody blind."""
    receiver = Receiver()
    receiver.tell(fresh=False, after=3 * 24 * 3600)
    receiver.now = START

    assert 0 < receiver.held(30) < 15


def test_late():
    """What came an hour ago and is judged now does not disturb what is seen of this minute."""
    receiver = Receiver()
    receiver.held(30)
    receiver.now -= timedelta(hours=1)
    receiver.held(5)
    receiver.now += timedelta(hours=1)

    assert 1 == receiver.held(1)


def test_small():
    """However long it goes on, what is kept of a receiver is small."""
    receiver = Receiver(NO_DOMAIN)
    for number in range(3000):
        receiver.tell(fresh=True, domain=f"{number}.example")

    assert len(receiver.traffic.minutes) <= BRAKE.minutes
    assert len(receiver.traffic.domains) <= 5 * BRAKE.addresses


STORM = storm.Storm(receiver="example.org", addresses=30, reports=31, usual=0.1, since=START)


@pytest.mark.parametrize("what", ["dead", "bare", "abandoned"])
def test_held(what):
    """In a storm what would suppress at once is held, and the reason has the numbers."""
    decision = decide(FINDINGS[what], History(storm=STORM), BELIEVED, POLICY, START, report="r1-x")

    assert (Disposition.RETRY, Withheld.STORM, None) == (decision.disposition, decision.withheld, decision.until)
    assert "30 of the last 31 reports about example.org are such, where 10% is usual" in decision.because


def test_not_held():
    """A reader's complaint suppresses in a storm too, and what a stranger says is his unproven word."""
    complaint = decide(FINDINGS["unwanted"], History(storm=STORM), BELIEVED, POLICY, START, report="r1-x")
    stranger = decide(FINDINGS["dead"], History(storm=STORM), STRANGER, POLICY, START, report="r1-x")

    assert (Disposition.SUPPRESS, Withheld.UNPROVEN) == (complaint.disposition, stranger.withheld)
