"""Events that are about no recipient's decision: a storm has begun, the suppression list has changed; and their JSON Schemas.

Pure, and CloudEvents like those of decisions (`event.py`), with a `data` of their own. Who reads decisions does not get them: they have
routing keys that no queue of ours takes, and the list an exchange of its own.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from bounced import model
from bounced.publish.event import Attributes, handed_over, routing_key, schema_of, source_of

LIST_SCHEMA_ID = "urn:bounced:schema:list:v1"
STORM_SCHEMA_ID = "urn:bounced:schema:storm:v1"


class StormData(Struct, frozen=True):
    """A storm that has begun: failures of `receiver` by which addresses would be suppressed are held for a person.

    `addresses` of the last `reports` about it were such, where the share `usual` (0 to 1) is usual. `category` and `because` are those
    of the failure with which it began; `because` says what to do.
    """

    node: str
    receiver: str
    addresses: int
    reports: int
    usual: float
    category: str
    because: str


class StormEvent(Attributes, frozen=True):
    """An event of bounced that concerns a receiver, not an address."""

    type: Annotated[str, Meta(pattern=r"^io\.bounced\.storm\.v1$")]
    subject: str
    data: StormData


class ListData(Struct, frozen=True):
    """A change of the suppression list: `created`, `changed` (made longer, or for another reason), `lifted`, or `expired`.

    The suppression is the one that stands now or, where it was lifted or has ended, that stood. `generation` is the address's, and
    grows with each change: who mirrors the list keeps the one with the greatest.
    """

    change: Annotated[str, Meta(examples=["created", "changed", "lifted", "expired"])]
    address: str
    stream: str
    since: datetime
    until: datetime | None
    category: str
    because: str
    generation: int


class ListEvent(Attributes, frozen=True):
    """An event of bounced that tells of a change of the suppression list."""

    type: Annotated[str, Meta(pattern=r"^io\.bounced\.list\.v1$")]
    subject: str
    data: ListData


def storm(storm: model.Storm, decision: model.Decision, arrival: model.Arrival, *, event_id: str, node: str, site: str) -> model.Event:
    """Make the event that says that *storm* has begun, with *decision*, which *arrival* led to: `storm.none.…`, for who binds it."""
    finding = decision.finding
    event = StormEvent(
        specversion="1.0",
        id=event_id,
        source=source_of(site),
        type="io.bounced.storm.v1",
        subject=storm.receiver,
        time=storm.since,
        datacontenttype="application/json",
        dataschema=STORM_SCHEMA_ID,
        data=StormData(
            node=node,
            receiver=storm.receiver,
            addresses=storm.addresses,
            reports=storm.reports,
            usual=storm.usual,
            category=finding.category,
            because=f"{decision.because}. Look at what is held with `bounced storm`, and release or drop it",
        ),
    )
    return handed_over(event, routing_key("storm", model.Disposition.NONE, finding.fault, finding.category, arrival.stream))


def list_change(change: ListData, at: datetime, *, site: str) -> model.Event:
    """Make the event that tells of *change* at a time: on whichever node, the same change has the same id."""
    name = "\0".join([change.stream, change.address, str(change.generation), change.change, change.since.isoformat()])
    event = ListEvent(
        specversion="1.0",
        id="l1-" + hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest(),
        source=source_of(site),
        type="io.bounced.list.v1",
        subject=change.address,
        time=at,
        datacontenttype="application/json",
        dataschema=LIST_SCHEMA_ID,
        data=change,
    )
    return handed_over(event, routing_key(change.change, change.category, change.stream), is_of_list=True)


def storm_schema() -> dict[str, Any]:
    """Generate that of the event that tells of a storm: `schema/storm.v1.json`."""
    return schema_of(StormEvent, STORM_SCHEMA_ID)


def list_schema() -> dict[str, Any]:
    """Generate that of the event that tells of a change of the list: `schema/list.v1.json`."""
    return schema_of(ListEvent, LIST_SCHEMA_ID)
