"""The sink of RabbitMQ: an event counts as published when the broker has confirmed it, to a queue, on disk.

It keeps nothing itself and retries nothing: what it can't place is the caller's again, who waits and comes back; each
call then connects anew if need be, to the next of the brokers. At least once: an event whose confirm was lost is
published twice, with the same id. Specified by AMQP 0-9-1 and RabbitMQ's publisher confirms.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import ChannelPreconditionFailed, DeliveryError, PublishError
from yarl import URL

from bounced import config
from bounced.errors import BouncedError, EventRejected, EventReturned, EventUnconfirmed, SinkRefused, SinkUnavailable
from bounced.model import Event
from bounced.publish.amqp.connection import close, connect, is_blocked, is_trouble, parse_url, place, words
from bounced.publish.amqp.topology import ensure, ensure_inputs, ensure_list
from bounced.publish.event import CONTENT_TYPE
from bounced.publish.queues import is_asked_for

_BLOCKED = "the broker takes nothing just now: it is short of memory or disk"
#: A short string of AMQP (0-9-1 §4.2.5.3), in octets.
_MAX_SHORT = 255


class _Poisonous(SinkUnavailable):
    """The broker closed the channel over a message that it won't have; it may be this one."""


class _Link:
    """A channel that is ready to publish on. `broken` says why it must not be used any more."""

    def __init__(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        exchange: AbstractExchange,
        list_exchange: AbstractExchange | None,
        url: URL,
    ) -> None:
        self.connection = connection
        self.channel = channel
        self.exchange = exchange
        self._list_exchange = list_exchange
        self.url = url
        self.broken: str | None = None

    def exchange_of(self, event: Event) -> AbstractExchange:
        """Give the exchange that *event* is published to."""
        return self._list_exchange if event.is_of_list and self._list_exchange is not None else self.exchange

    @property
    def is_usable(self) -> bool:
        """Whether neither side has given it up."""
        return self.broken is None and not self.connection.is_closed and not self.channel.is_closed


class AmqpSink:
    """Publishes to the exchange of *settings*, `window` events at a time, and waits for each one's confirm."""

    def __init__(self, settings: config.Sink) -> None:
        self._settings = settings
        self._urls = deque(parse_url(url) for url in settings.urls)
        self._link: _Link | None = None
        self._linking = asyncio.Lock()
        self._window = asyncio.Semaphore(settings.window)

    async def open(self) -> None:
        """Connect, and declare what `settings.declare` says; raise SinkUnavailable when no broker lets us."""
        await self._linked()

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Publish *events*; the outcomes are theirs, in order. Raise SinkUnavailable when none could be tried."""
        link = await self._linked()
        unique = {event.id: event for event in events}  # aiormq tells returned messages apart by their id
        async with asyncio.TaskGroup() as group:
            tasks = {event.id: group.create_task(self._hand_over(link, event)) for event in unique.values()}
        outcomes = {identity: task.result() for identity, task in tasks.items()}
        for identity, outcome in outcomes.items():
            if isinstance(outcome, _Poisonous):
                outcomes[identity] = await self._hand_over_alone(unique[identity])
        return [outcomes[event.id] for event in events]

    async def close(self) -> None:
        """Leave the broker; nothing is in flight that a caller has not been told of."""
        link, self._link = self._link, None
        if link is not None:
            await close(link.connection)

    async def _linked(self) -> _Link:
        """Give the channel to publish on: the one there is, or a new one to the first broker that answers."""
        async with self._linking:
            if self._link is not None and not self._link.is_usable:
                await self.close()
                self._urls.rotate(-1)
            link = self._link
            if link is None:
                self._link = link = await connect(self._urls, self._settings.connect_seconds, self._prepare)
                self._urls.rotate(-self._urls.index(link.url))
            if await is_blocked(link.connection):
                raise SinkUnavailable(f"{place(link.url)}: {_BLOCKED}")
            return link

    async def _prepare(self, connection: AbstractConnection, url: URL) -> _Link:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await ensure(channel, self._settings)
        await ensure_inputs(channel, self._settings)
        return _Link(connection, channel, exchange, await ensure_list(channel, self._settings), url)

    async def _hand_over(self, link: _Link, event: Event) -> BouncedError | None:
        """Publish *event* on *link* and wait for its confirm; None when it has come."""
        async with self._window:
            if link.broken is not None:
                return SinkUnavailable(link.broken)
            try:
                async with asyncio.timeout(self._settings.publish_seconds):
                    await link.exchange_of(event).publish(_message(event), event.key, mandatory=is_asked_for(event))
            except TimeoutError:
                return await self._silence(link)
            except PublishError:
                return EventReturned(f"none is bound to exchange {self._settings.exchange} for {event.key}")
            except DeliveryError:
                return EventRejected("nack: the queue is full, or without a leader")
            except BaseException as error:
                if not is_trouble(error):
                    raise
                return _break(link, error)
        return None

    async def _hand_over_alone(self, event: Event) -> BouncedError | None:
        """Find out whether *event* is the one that the broker won't have, by publishing it with no other in flight."""
        try:
            outcome = await self._hand_over(await self._linked(), event)
        except SinkUnavailable as error:
            return error
        return SinkRefused(outcome.detail) if isinstance(outcome, _Poisonous) else outcome

    async def _silence(self, link: _Link) -> SinkUnavailable:
        """Say why no confirm came in time. A connection that is merely blocked is kept: new ones would only pile up at the broker."""
        if await is_blocked(link.connection):
            return SinkUnavailable(f"{place(link.url)}: {_BLOCKED}")
        link.broken = f"{place(link.url)}: no confirm within {self._settings.publish_seconds:g} s"
        return EventUnconfirmed(link.broken)


def _break(link: _Link, error: BaseException) -> SinkUnavailable:
    """Give up *link* because of *error*."""
    link.broken = f"{place(link.url)}: {words(error)}"
    return _Poisonous(link.broken) if isinstance(error, ChannelPreconditionFailed) else SinkUnavailable(link.broken)


def _message(event: Event) -> Message:
    """Dress *event* for AMQP. What doesn't fit into a property is in the body anyway."""
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event.id,
        "ce-source": event.source,
        "ce-type": event.type,
        "ce-subject": event.subject,
        "ce-time": event.time.isoformat(),
    }
    fits = event.reference is not None and len(event.reference.encode()) <= _MAX_SHORT
    return Message(
        event.body,
        headers={name: value for name, value in headers.items() if value is not None},
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        correlation_id=event.reference if fits else None,
        message_id=event.id,
        timestamp=event.time,
        type=event.type,
        app_id="bounced",
    )
