"""The storm brake: when far more addresses of a receiver than usual fail for good, all at once, it is the receiver that is ill.

Or, where many domains at once are said not to exist, our own resolver. What would suppress is held then, for a person to look at.
Pure: what is known of a receiver's traffic comes and goes as a value.

"Far more" is said of a share: of the failures for good, by which an address would be suppressed at once, in all reports about the
receiver. It is looked for in the last minute, the last two and so on, so that quiet hours before a storm don't hide it. What is
usual is learnt from what came before those minutes and was not held, older days counting less.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from bounced.model import Decision, Disposition, Finding, Kind, Memory, Storm

#: The category of addresses whose domain does not exist; who says so is no receiver, but our own resolver.
NO_DOMAIN = "invalid-domain"

#: So many reports' worth of belief in the share that is taken for usual before anything is known.
_DOUBT = 100
#: Days after which what was learnt counts half.
_HALF_LIFE_DAYS = 7
#: What comes so long after the last that was held is a new storm.
_APART = timedelta(hours=1)
#: What share of the addresses begins a storm for an address that is known to be good, and what share goes on with one.
_SOONER, _ON = 0.25, 0.5
#: By so many standard deviations the number must exceed what is expected: of few reports many may be such by chance.
_SIGMAS = 4
_MINUTES_A_DAY = 24 * 60
#: Domains that are told from each other at most, a multiple of the addresses that begin a storm.
_MANY = 5


class Brake(Struct, frozen=True, kw_only=True):
    """When the brake holds: `addresses` that fail in so many `minutes`, `times` their usual share.

    `usual_share` is taken for usual of a receiver of which little is known; an address that got a message within `good_days` is held
    sooner.
    """

    addresses: int = 20
    minutes: int = 10
    times: float = 3.0
    usual_share: float = 0.25
    good_days: float = 30


class Minute(Struct, frozen=True, array_like=True):
    """A minute (since 1970) of a receiver: all reports, those that would suppress an address at once, and those of them that were held."""

    number: int
    reports: int = 0
    fresh: int = 0
    held: int = 0


class Traffic(Struct, frozen=True, omit_defaults=True):
    """What is known of a receiver: the last `minutes`, and, of what came before and was not held, `reports` and `fresh` up to `as_of`.

    `domains` are those that did not exist, with the minute in which each was last asked for.
    """

    minutes: tuple[Minute, ...] = ()
    reports: float = 0.0
    fresh: float = 0.0
    as_of: int = 0
    since: datetime | None = None
    held_at: datetime | None = None
    domains: Mapping[str, int] = {}


def is_sudden(decision: Decision) -> bool:
    """Whether *decision* suppresses at once an address that was not suppressed before: what the brake may hold."""
    return (
        decision.disposition is Disposition.SUPPRESS
        and decision.kind is Kind.BOUNCE
        and not decision.points
        and decision.history.memory.suppression is None
    )


def may_be_sudden(finding: Finding) -> bool:
    """Whether what follows from *finding* may be `is_sudden`: asked beforehand, when nothing is known of the address."""
    return finding.kind is Kind.BOUNCE and finding.permanent


def minute_of(now: datetime) -> int:
    """Number the minute of *now*."""
    return int(now.timestamp()) // 60


def add(traffic: Traffic, brake: Brake, new: Minute) -> Traffic:
    """Add *new* to *traffic*, and learn from what is older than the brake looks."""
    minutes = {each.number: each for each in traffic.minutes}
    old = minutes.get(new.number, Minute(new.number))
    minutes[new.number] = Minute(new.number, old.reports + new.reports, old.fresh + new.fresh, old.held + new.held)
    # What is a day ahead was counted before the clock was set back.
    oldest = max(number for number in minutes if number <= new.number + _MINUTES_A_DAY) - brake.minutes
    passed = [minutes[number] for number in sorted(minutes) if number <= oldest]
    for each in passed:
        traffic = learn(traffic, each.number, each.reports - each.held, each.fresh - each.held)
    return structs.replace(traffic, minutes=tuple(minutes[number] for number in sorted(minutes) if number > oldest))


def learn(traffic: Traffic, minute: int, reports: int, fresh: int) -> Traffic:
    """Take *reports* of *minute*, so many of them *fresh*, for usual."""
    fades = 0.5 ** (max(minute - traffic.as_of, 0) / (_HALF_LIFE_DAYS * _MINUTES_A_DAY))
    return structs.replace(
        traffic, reports=traffic.reports * fades + reports, fresh=traffic.fresh * fades + fresh, as_of=max(minute, traffic.as_of)
    )


def usual(traffic: Traffic, brake: Brake) -> float:
    """Give the usual share of what would suppress at once in all reports."""
    return (traffic.fresh + _DOUBT * brake.usual_share) / (traffic.reports + _DOUBT)


def ask_for(traffic: Traffic, brake: Brake, domain: str, minute: int) -> Traffic:
    """Note that *domain* did not exist in *minute*."""
    lately = {name: last for name, last in traffic.domains.items() if last > minute - brake.minutes and name != domain}
    kept = list(lately.items())[1 - brake.addresses * _MANY :]
    return structs.replace(traffic, domains={**dict(kept), domain: minute})


def gather(traffic: Traffic, brake: Brake, memory: Memory, now: datetime, receiver: str) -> Storm | None:
    """Find the storm that a failure at *now*, added to *traffic* already, is part of; *memory* is what is known of its address."""
    is_on = traffic.held_at is not None and abs(now - traffic.held_at) < timedelta(minutes=brake.minutes)
    is_good = memory.delivered is not None and now - memory.delivered < timedelta(days=brake.good_days)
    wanted = brake.addresses * (_SOONER if is_good else 1) * (_ON if is_on else 1)
    if receiver == NO_DOMAIN and len(traffic.domains) < wanted:
        return None
    known = usual(traffic, brake)
    limit = min(brake.times * known, (1 + known) / 2)
    sigmas: float = _SIGMAS
    if is_on:
        limit, sigmas = (limit + known) / 2, sigmas * _ON
    reports = fresh = 0
    for minute in reversed(traffic.minutes):
        if minute.number > minute_of(now):  # the clock was set back
            continue
        reports, fresh = reports + minute.reports, fresh + minute.fresh
        by_chance = known * reports + sigmas * math.sqrt(known * (1 - known) * reports)
        if fresh >= max(wanted, limit * reports, by_chance):
            is_first = traffic.held_at is None or abs(now - traffic.held_at) > _APART
            since = now if is_first or traffic.since is None else traffic.since
            return Storm(receiver=receiver, addresses=fresh, reports=reports, usual=round(known, 4), since=since, is_first=is_first)
    return None


def held(traffic: Traffic, storm: Storm, now: datetime, number: int = 1) -> Traffic:
    """Note that a failure at *now*, in *traffic* already and counting *number* there, was held for *storm*."""
    minutes = tuple(structs.replace(each, held=each.held + number) if each.number == minute_of(now) else each for each in traffic.minutes)
    return structs.replace(traffic, minutes=minutes, held_at=now, since=storm.since)


def told(storm: Storm) -> str:
    """Say it in words."""
    said, who = f"about {storm.receiver} are such", storm.receiver
    if storm.receiver == NO_DOMAIN:
        said, who = "say that a domain does not exist", "our own resolver"
    share = f"{storm.addresses} of the last {storm.reports} reports {said}, where {storm.usual:.0%} is usual"
    return f"{share}: more likely it is {who} that is ill"
