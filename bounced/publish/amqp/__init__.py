"""The sink of RabbitMQ: an event counts as published when the broker has confirmed it, to a queue, on disk.

It keeps nothing itself and retries nothing: what it can't place is the caller's again, who waits and comes back; each
call then connects anew if need be, to the next of the brokers. At least once: an event whose confirm was lost is
published twice, with the same id. Specified by AMQP 0-9-1 and RabbitMQ's publisher confirms.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import ChannelPreconditionFailed, DeliveryError, PublishError
from aiormq.channel import Channel
from yarl import URL

from bounced import config
from bounced.errors import BouncedError, EventRejected, EventReturned, EventUnconfirmed, SinkRefused, SinkUnavailable
from bounced.model import Event
from bounced.publish.amqp import confirms
from bounced.publish.amqp.connection import close, connect, is_blocked, is_trouble, parse_url, place, words
from bounced.publish.amqp.topology import ensure, ensure_inputs, ensure_list
from bounced.publish.amqp.wire import publication
from bounced.publish.queues import is_asked_for

_BLOCKED = "the broker takes nothing just now: it is short of memory or disk"


class _Poisonous(SinkUnavailable):
    """The broker closed the channel over a message that it won't have; it may be this one."""


class _Link:
    """A channel that is ready to publish on. `broken` says why it must not be used any more."""

    def __init__(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        underlay: Channel,
        exchange: AbstractExchange,
        list_exchange: AbstractExchange | None,
        url: URL,
    ) -> None:
        self.connection = connection
        self.channel = channel
        #: The same, as aiormq has it.
        self.underlay = underlay
        self._exchange = exchange
        self._list_exchange = list_exchange
        self.url = url
        self.broken: str | None = None

    def exchange_of(self, event: Event) -> str:
        """Name the exchange that *event* is published to."""
        exchange = self._list_exchange if event.is_of_list and self._list_exchange is not None else self._exchange
        return exchange.name

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

    async def open(self) -> None:
        """Connect, and declare what `settings.declare` says; raise SinkUnavailable when no broker lets us."""
        await self._linked()

    async def publish(self, events: Sequence[Event]) -> list[BouncedError | None]:
        """Publish *events*; the outcomes are theirs, in order. Raise SinkUnavailable when none could be tried."""
        link = await self._linked()
        unique = list({event.id: event for event in events}.values())  # aiormq tells returned messages apart by their id
        outcomes: dict[str, BouncedError | None] = {}
        for start in range(0, len(unique), self._settings.window):
            some = unique[start : start + self._settings.window]
            outcomes |= zip((event.id for event in some), await self._hand_over(link, some), strict=True)
        for event in unique:
            if isinstance(outcomes[event.id], _Poisonous):
                outcomes[event.id] = await self._hand_over_alone(event)
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
        list_exchange = await ensure_list(channel, self._settings)
        underlay = await channel.get_underlay_channel()
        assert isinstance(underlay, Channel)  # noqa: S101 for mypy: aio-pika's channels have no other kind
        return _Link(connection, channel, underlay, exchange, list_exchange, url)

    async def _hand_over(self, link: _Link, events: Sequence[Event]) -> list[BouncedError | None]:
        """Publish *events* on *link* and wait for their confirms; None for each that has come."""
        if link.broken is not None:
            return [SinkUnavailable(link.broken)] * len(events)
        channel = link.underlay
        room = channel.max_content_size
        messages = [
            (event.id, publication(event, link.exchange_of(event), channel.number, room, mandatory=is_asked_for(event))) for event in events
        ]
        try:
            answers = await confirms.publish(channel, messages, self._settings.publish_seconds)
        except BaseException as error:
            if not is_trouble(error):
                raise
            return [_break(link, error)] * len(events)
        return [await self._outcome(link, event, answer) for event, answer in zip(events, answers, strict=True)]

    async def _outcome(self, link: _Link, event: Event, answer: BaseException | None) -> BouncedError | None:
        """Say what the broker's *answer* means for *event*."""
        match answer:
            case None:
                return None
            case TimeoutError():
                return await self._silence(link)
            case PublishError():
                return EventReturned(f"none is bound to exchange {link.exchange_of(event)} for {event.key}")
            case DeliveryError():
                return EventRejected("nack: the queue is full, or without a leader")
            case _ if is_trouble(answer):
                return _break(link, answer)
            case _:
                raise answer

    async def _hand_over_alone(self, event: Event) -> BouncedError | None:
        """Find out whether *event* is the one that the broker won't have, by publishing it with no other in flight."""
        try:
            (outcome,) = await self._hand_over(await self._linked(), [event])
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
