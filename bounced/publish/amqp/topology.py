"""What the broker must have before events are published: the exchange, the queues, the dead letters.

Declared (`active`), looked for (`passive`) or taken for granted (`none`). What an operator has set up otherwise is
never fought over: it is said what differs, and events wait. Specified by RabbitMQ's quorum queues, 3.10 and later
(dead letters at least once, a length and an age that bound a queue).
"""

from collections.abc import Awaitable
from typing import TypeVar

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused

from bounced.config import Sink
from bounced.errors import SinkUnavailable
from bounced.publish.queues import DELIVERIES, REPLIES, RETRY, SUPPRESS, Queue
from bounced.publish.released import DELIVERY_LIMIT

#: Exchange and queue of what a consumer gave back too often; they do not depend on the settings, or a change of those would ask
#: for a queue with other arguments.
DEAD = "bounced.dead"
#: Looking into the dead letters counts as a delivery of each, and RabbitMQ 4 drops what had 20 of them.
_LOOKS = 1_000_000_000

_Arguments = dict[str, str | int]
Declared = TypeVar("Declared")
#: A queue of which nothing is dropped.
_UNBOUNDED: _Arguments = {
    "x-queue-type": "quorum",
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-delivery-limit": DELIVERY_LIMIT,
}


def arguments_of(queue: Queue, settings: Sink) -> _Arguments:
    """Give the arguments that *queue* is declared with.

    Suppressions are never dropped: when the broker can't take one it says so, and it waits in the journal. What asks for a retry
    is dropped from the head, oldest first, so that nobody's disk fills with what nobody reads.
    """
    if queue.name == RETRY.name:
        return {
            "x-queue-type": "quorum",
            "x-max-length": settings.retry_max_length,
            "x-message-ttl": settings.retry_max_age_seconds * 1000,
            "x-overflow": "drop-head",
        }
    return {**_UNBOUNDED}


async def ensure_inputs(channel: AbstractChannel, settings: Sink) -> None:
    """Declare the queues that we read, if we do; how `settings.declare` says.

    Raises:
        SinkUnavailable: as `ensure`.
    """
    if not settings.inputs or settings.declare == "none":
        return
    is_passive = settings.declare == "passive"
    for name in (DELIVERIES, REPLIES):
        await _named(
            f"queue {name}", channel.declare_queue(name, durable=True, passive=is_passive, arguments=None if is_passive else {**_UNBOUNDED})
        )


async def ensure_list(channel: AbstractChannel, settings: Sink) -> AbstractExchange | None:
    """Declare or look for the exchange of the list's changes as `settings.declare` says; None: they are not published.

    Raises:
        SinkUnavailable: as `ensure`.
    """
    name = settings.list_exchange
    if not name:
        return None
    if settings.declare == "none":
        return await channel.get_exchange(name, ensure=False)
    is_passive = settings.declare == "passive"
    return await _named(f"exchange {name}", channel.declare_exchange(name, ExchangeType.TOPIC, durable=True, passive=is_passive))


async def ensure(channel: AbstractChannel, settings: Sink) -> AbstractExchange:
    """Declare or look for everything as `settings.declare` says; give the exchange to publish to.

    Raises:
        SinkUnavailable: something is missing, differs or may not be declared; with its name and what to do.
    """
    if settings.declare == "none":
        return await channel.get_exchange(settings.exchange, ensure=False)
    if settings.declare == "passive":
        for queue in (SUPPRESS, RETRY):
            await _named(f"queue {queue.name}", channel.declare_queue(queue.name, passive=True))
        return await _named(f"exchange {settings.exchange}", channel.declare_exchange(settings.exchange, passive=True))
    await _dead_letters(channel)
    exchange = await _named(f"exchange {settings.exchange}", channel.declare_exchange(settings.exchange, ExchangeType.TOPIC, durable=True))
    for queue in (SUPPRESS, RETRY):
        declared = await _named(
            f"queue {queue.name}", channel.declare_queue(queue.name, durable=True, arguments={**arguments_of(queue, settings)})
        )
        await _named(f"binding of {queue.name}", declared.bind(exchange, queue.binding))
    return exchange


async def _dead_letters(channel: AbstractChannel) -> None:
    exchange = await _named(f"exchange {DEAD}", channel.declare_exchange(DEAD, ExchangeType.TOPIC, durable=True))
    queue = await _named(
        f"queue {DEAD}", channel.declare_queue(DEAD, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": _LOOKS})
    )
    await _named(f"binding of {DEAD}", queue.bind(exchange, "#"))


async def _named(what: str, declaration: Awaitable[Declared]) -> Declared:
    """Await *declaration* of *what*, and say which one failed and what to do."""
    try:
        return await declaration
    except ChannelPreconditionFailed as error:
        raise SinkUnavailable(
            f'{what} exists with other arguments: delete it, or set sink.declare = "passive" to use it as it is ({error})'
        ) from error
    except ChannelNotFoundEntity as error:
        raise SinkUnavailable(f'{what} does not exist: create it, or set sink.declare = "active"') from error
    except ChannelAccessRefused as error:
        raise SinkUnavailable(f'the user may not configure {what}: grant it, or create it and set sink.declare = "passive"') from error
