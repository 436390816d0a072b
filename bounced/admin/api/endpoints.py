"""What can be asked: the table of endpoints, and their functions. Each change leaves its line in the log (`list.changed`)."""

import asyncio
from functools import partial

import structlog

from bounced.admin.api.endpoint import Call, Endpoint, Refused
from bounced.admin.api.shapes import (
    About,
    Address,
    After,
    Check,
    Checked,
    Dealt,
    Deliveries,
    Event,
    Events,
    InStream,
    Kept,
    Lifted,
    Remembered,
    Replies,
    Storm,
    Storms,
    Suppress,
    Suppressed,
    Taken,
    suppressed,
)
from bounced.decide import counting
from bounced.model import Suppression
from bounced.store import storms, suppressions
from bounced.store.changes import Changed
from bounced.store.suppressions import Entry
from bounced.tokens import Role

log = structlog.get_logger()

_ADDRESS = "/v1/suppressions/{address:path}"
#: Seconds between two looks of who waits for a change.
_LOOK_SECONDS = 0.5


async def about(call: Call) -> About:
    """Say what is remembered of an address."""
    address, stream = call.name, call.stream()
    entries = await call.backend.histories.database.read(partial(suppressions.about, address=address))
    shown = [_remembered(entry, call) for entry in entries if stream in {None, entry.stream}]
    if not shown:
        raise Refused(404, "nothing is remembered of this address")
    return About(entries[0].address, shown)


async def suppress(call: Call) -> Suppressed:
    """Suppress an address by hand."""
    address, stream, now = call.name, call.one_stream(), call.backend.now()
    wanted: Suppress = call.given
    if wanted.until is not None and wanted.until <= now:
        raise Refused(409, "is over already", "until")
    suppression = Suppression(since=now, until=wanted.until, category=wanted.category, because=wanted.because)
    memory = await call.backend.histories.suppress(stream, address, suppression, now)
    _note(call, "suppressed", address, stream)
    return suppressed(Entry(seq=0, stream=stream, address=address, memory=memory))


async def lift(call: Call) -> Lifted:
    """Lift what stands against an address, and forget what counts."""
    address, stream, now = call.name, call.stream(), call.backend.now()
    changed = await call.backend.histories.forgive(stream, address, now)
    if not changed:
        raise Refused(404, "nothing is held against this address")
    for entry, _ in changed:
        _note(call, "lifted", entry.address, entry.stream)
    return Lifted([suppressed(entry) for entry, _ in changed if entry.memory.suppression is not None])


async def check(call: Call) -> Checked:
    """Say which of many addresses are suppressed."""
    wanted: Check = call.given
    entries = await call.backend.histories.check(wanted.addresses, call.backend.now(), call.stream())
    return Checked(len(wanted.addresses), [suppressed(entry) for entry in entries])


async def deliver(call: Call) -> Taken:
    """Take deliveries."""
    wanted: Deliveries = call.given
    stream, now = call.one_stream(), call.backend.now()
    at = min(wanted.at or now, now)
    kept = call.backend.policies().of(stream).suppress.kept
    forgiven = await call.backend.histories.delivered(stream, wanted.addresses, at, kept, now)
    lifted = [entry for entry, after in forgiven if entry.memory.suppression is not None and after.suppression is None]
    for entry in lifted:
        _note(call, "lifted", entry.address, stream)
    log.info("deliveries.taken", by=call.who.name, peer=call.peer, stream=stream, count=len(wanted.addresses), lifted=len(lifted))
    return Taken(len(wanted.addresses), [suppressed(entry) for entry in lifted])


async def hear(call: Call) -> Kept:
    """Take live replies."""
    wanted: Replies = call.given
    stream = call.one_stream()
    ids = await call.backend.hear(wanted.replies, stream, call.peer, call.who.name)
    log.info("replies.taken", by=call.who.name, peer=call.peer, stream=stream, count=len(ids))
    return Kept(ids)


async def follow(call: Call) -> Events:
    """Tell what has changed, or wait for it."""
    wanted: After = call.given
    stream, deadline = call.stream(), asyncio.get_running_loop().time() + wanted.wait
    while True:
        found = await call.backend.histories.changes(wanted.after, wanted.limit, stream)
        if found or asyncio.get_running_loop().time() >= deadline:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return Events([_event(each) for each in found], found[-1].seq if found else wanted.after)


async def list_storms(call: Call) -> Storms:
    """Say what is held."""
    standing = await call.backend.histories.database.read(storms.standing)
    return Storms([Storm(each.receiver, each.number, each.since, each.latest, each.because) for each in standing])


async def release(call: Call) -> Dealt:
    """Release what is held of a receiver."""
    report_ids = await _held(call)
    await call.backend.release(report_ids, call.who.name)
    log.info("storm.dealt", by=call.who.name, peer=call.peer, receiver=call.name, how="released", count=len(report_ids))
    return Dealt(len(report_ids))


async def drop(call: Call) -> Dealt:
    """Drop what is held of a receiver."""
    report_ids = await _held(call)
    dropped = await call.backend.histories.drop(report_ids)
    log.info("storm.dealt", by=call.who.name, peer=call.peer, receiver=call.name, how="dropped", count=dropped)
    return Dealt(dropped)


async def _held(call: Call) -> list[str]:
    if call.who.stream is not None:
        raise Refused(403, "storms are of all streams, and the token is good for one")
    found = await call.backend.histories.held(call.name)
    if not found:
        raise Refused(404, "nothing is held of this receiver")
    return [each.report_id for each in found]


def _event(changed: Changed) -> Event:
    return Event(
        changed.seq,
        changed.at,
        changed.change,
        Suppressed(
            address=changed.address,
            stream=changed.stream,
            since=changed.since,
            until=changed.until,
            category=changed.category,
            because=changed.because,
            generation=changed.generation,
        ),
    )


def _remembered(entry: Entry, call: Call) -> Remembered:
    rules = call.backend.policies().of(entry.stream).counting
    known = counting.recall(entry.memory, rules, call.backend.now())
    standing = known.memory.suppression
    return Remembered(
        stream=entry.stream,
        suppression=None if standing is None else suppressed(entry),
        points=known.points,
        scoring_days=known.scoring_days,
        threshold=rules.threshold,
        delivered=entry.memory.delivered,
    )


def _note(call: Call, change: str, address: str, stream: str) -> None:
    log.info("list.changed", by=call.who.name, peer=call.peer, change=change, address=address, stream=stream)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path=_ADDRESS,
        name="address",
        schema=Address,
        role=Role.READ,
        summary="What is remembered of an address: whether it is suppressed in each stream and why, its points.",
        carry_out=about,
        given=InStream,
        is_query=True,
        answer=About,
        others={404: "Nothing is remembered of it: it is not suppressed."},
    ),
    Endpoint(
        method="PUT",
        path=_ADDRESS,
        name="address",
        schema=Address,
        role=Role.WRITE,
        summary="Suppress an address by hand, in one stream, whatever stood before. Deliveries do not lift it.",
        carry_out=suppress,
        given=Suppress,
        answer=Suppressed,
        others={409: "`until` is over already."},
    ),
    Endpoint(
        method="DELETE",
        path=_ADDRESS,
        name="address",
        schema=Address,
        role=Role.WRITE,
        summary="Lift what stands against an address and forget what counts, in one stream or in all.",
        carry_out=lift,
        given=InStream,
        is_query=True,
        answer=Lifted,
        others={404: "Nothing is held against it."},
    ),
    Endpoint(
        method="POST",
        path="/v1/suppressions/check",
        role=Role.READ,
        summary="Which of up to 100,000 addresses are suppressed.",
        carry_out=check,
        given=Check,
        answer=Checked,
    ),
    Endpoint(
        method="POST",
        path="/v1/deliveries",
        role=Role.WRITE,
        summary="Addresses that got a message: clears their points, lifts their suppressions but for complaints and those by hand.",
        carry_out=deliver,
        given=Deliveries,
        answer=Taken,
    ),
    Endpoint(
        method="POST",
        path="/v1/replies",
        role=Role.WRITE,
        summary="Replies that the sending MTA got itself: judged like reports, and published as the same events.",
        carry_out=hear,
        given=Replies,
        answer=Kept,
        status=202,
    ),
    Endpoint(
        method="GET",
        path="/v1/events",
        role=Role.READ,
        summary="Changes of the suppression list after a given one, in order; waits for one, if asked to (long poll).",
        carry_out=follow,
        given=After,
        is_query=True,
        answer=Events,
    ),
    Endpoint(
        method="GET",
        path="/v1/storms",
        role=Role.READ,
        summary="Receivers of which suppressions are held, because far more than usual came all at once.",
        carry_out=list_storms,
        given=InStream,
        is_query=True,
        answer=Storms,
    ),
    Endpoint(
        method="POST",
        path="/v1/storms/{receiver}/release",
        name="receiver",
        role=Role.ADMIN,
        summary="Suppress after all what is held of a receiver.",
        carry_out=release,
        given=InStream,
        is_query=True,
        answer=Dealt,
        status=202,
        others={404: "Nothing is held of it."},
    ),
    Endpoint(
        method="POST",
        path="/v1/storms/{receiver}/drop",
        name="receiver",
        role=Role.ADMIN,
        summary="Drop what is held of a receiver: those addresses stay.",
        carry_out=drop,
        given=InStream,
        is_query=True,
        answer=Dealt,
        others={404: "Nothing is held of it."},
    ),
)
