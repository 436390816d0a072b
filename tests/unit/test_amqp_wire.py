"""Events as octets of AMQP, read by a library that is not ours."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import body, commands, frame, header

from bounced.model import Event
from bounced.publish.amqp.wire import publication

WORDS = st.text(st.characters(codec="utf-8"), max_size=60)
EVENTS = st.builds(
    Event,
    id=WORDS,
    key=WORDS,
    type=WORDS,
    source=WORDS,
    subject=st.none() | WORDS,
    time=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 its zone comes with `timezones`
    reference=st.none() | st.text(st.characters(codec="utf-8"), max_size=300),
    body=st.binary(max_size=500),
)


def frames(octets):
    """Read all frames: their channels and what they hold."""
    read = []
    while octets:
        length, channel, found = frame.unmarshal(octets)
        read.append((channel, found))
        octets = octets[length:]
    return read


@given(EVENTS, st.booleans(), st.integers(1, 65535), st.integers(1, 200))
def test_read_back(event, mandatory, channel, room):
    """What was written is read by pamqp, whatever stands in it; each frame has the channel, and no body is larger than it may be."""
    read = frames(publication(event, "bounced.v1", channel, room, mandatory=mandatory))
    publish, head, *bodies = [found for _, found in read]

    assert {channel} == {number for number, _ in read}
    assert isinstance(publish, commands.Basic.Publish)
    assert ("bounced.v1", event.key, mandatory, False) == (publish.exchange, publish.routing_key, publish.mandatory, publish.immediate)
    assert isinstance(head, header.ContentHeader)
    assert len(event.body) == head.body_size
    assert all(isinstance(each, body.ContentBody) and len(each.value) <= room for each in bodies)
    assert event.body == b"".join(each.value for each in bodies)

    said, reference = head.properties, event.reference
    fits = reference is not None and len(reference.encode()) <= 255
    assert (reference if fits else None) == said.correlation_id
    assert (event.id, event.type, "bounced", 2) == (said.message_id, said.message_type, said.app_id, said.delivery_mode)
    assert ("application/cloudevents+json", event.time.replace(microsecond=0)) == (said.content_type, said.timestamp)
    wanted = {
        "ce-specversion": "1.0",
        "ce-id": event.id,
        "ce-source": event.source,
        "ce-type": event.type,
        "ce-subject": event.subject,
        "ce-time": event.time.isoformat(),
    }
    assert {name: value for name, value in wanted.items() if value is not None} == said.headers


def test_too_long():
    """What AMQP has no room for is not written."""
    event = Event(id="e", key="k" * 256, type="t", source="s", subject=None, time=datetime.now(UTC), reference=None, body=b"")

    with pytest.raises(ValueError, match="256"):
        publication(event, "bounced.v1", 1, 4096, mandatory=False)
