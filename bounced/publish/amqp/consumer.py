"""The consumer's side of RabbitMQ: deliveries out of one or several queues, over as many connections as it takes.

A broker that goes away is waited for; what was not acknowledged is then delivered again, by the broker. The queues are
the daemon's or the operator's: nothing is declared here.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from yarl import URL

from bounced.errors import SinkUnavailable
from bounced.publish.amqp.connection import TROUBLES, close, connect, words
from bounced.publish.delivery import Delivery, Outcome
from bounced.publish.released import Released

#: The header that has the routing key of an event that was put back from the dead letters, to its queue alone.
KEY = "bounced-key"
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 10.0
#: The longest wait between two attempts to find the broker again.
_MOST_SECONDS = 15.0

_Inbox = asyncio.Queue[AbstractIncomingMessage | None]


async def deliveries(urls: Sequence[URL], queues: Sequence[str], *, prefetch: int, follow: bool) -> AsyncGenerator[Delivery, None]:
    """Deliver what stands in *queues*; with *follow* wait for more at the end, and for a broker that goes away.

    At most *prefetch* deliveries are under way unacknowledged.

    Raises:
        SinkUnavailable: no broker lets us in, or a queue is missing; with *follow* only on the first attempt.
    """
    if not follow:
        async for delivery in _all_there_is(urls, queues):
            yield delivery
        return
    attempts = 0
    while True:
        try:
            connection, inbox = await connect(urls, _CONNECT_SECONDS, partial(_subscribe, queues=queues, prefetch=prefetch))
        except SinkUnavailable:
            if not attempts:
                raise
            await asyncio.sleep(random.uniform(0, min(_MOST_SECONDS, 2**attempts / 4)))  # noqa: S311 no secret: so that consumers don't all come back at once
            attempts += 1
            continue
        attempts = 1
        released: Released[AbstractIncomingMessage] = Released(time.monotonic)
        try:
            while (message := await _arriving(inbox, released)) is not None:
                yield _delivery(message, released)
        finally:
            await close(connection)


async def _arriving(inbox: _Inbox, released: Released[AbstractIncomingMessage]) -> AbstractIncomingMessage | None:
    """Wait for the next message; meanwhile give those back to the broker whose time has come. None when no more will come."""
    while True:
        for message in released.due():
            with contextlib.suppress(TimeoutError, *TROUBLES):  # the connection is gone, and the broker has it back
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await message.reject(requeue=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(released.seconds):
                return await inbox.get()


async def _all_there_is(urls: Sequence[URL], names: Sequence[str]) -> AsyncGenerator[Delivery, None]:
    connection, queues = await connect(urls, _CONNECT_SECONDS, partial(_open, names=names))
    try:
        for queue in queues:
            while (message := await _next(queue)) is not None:
                yield _delivery(message, None)
    finally:
        await close(connection)


async def _next(queue: AbstractQueue) -> AbstractIncomingMessage | None:
    try:
        return await queue.get(fail=False, timeout=_ANSWER_SECONDS)
    except (TimeoutError, *TROUBLES) as error:
        raise SinkUnavailable(words(error)) from error


async def _open(connection: AbstractConnection, _url: URL, *, names: Sequence[str]) -> tuple[AbstractConnection, list[AbstractQueue]]:
    return connection, await _queues(await connection.channel(), names)


async def _subscribe(
    connection: AbstractConnection, _url: URL, *, queues: Sequence[str], prefetch: int
) -> tuple[AbstractConnection, _Inbox]:
    """Have the messages of *queues* put into an inbox, and a None when no more will come over this connection."""
    inbox: _Inbox = asyncio.Queue()

    def end(*_: object) -> None:
        inbox.put_nowait(None)

    channel = await connection.channel()
    await channel.set_qos(prefetch)
    channel.close_callbacks.add(end)
    connection.close_callbacks.add(end)
    (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(end)
    for queue in await _queues(channel, queues):
        await queue.consume(inbox.put)
    return connection, inbox


async def _queues(channel: AbstractChannel, names: Sequence[str]) -> list[AbstractQueue]:
    found = []
    for name in names:
        try:
            found.append(await channel.declare_queue(name, passive=True))
        except ChannelNotFoundEntity as error:
            raise SinkUnavailable(f"queue {name} does not exist: has the daemon run with this broker?") from error
    return found


def _delivery(message: AbstractIncomingMessage, released: Released[AbstractIncomingMessage] | None) -> Delivery:
    """Dress *message*; given back, it waits in *released* or, without that, until the broker sees the connection end."""

    async def settle(outcome: Outcome) -> None:
        if outcome is Outcome.RELEASED:
            if released is not None:
                released.add(message, _times(message))
            return
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                if outcome is Outcome.DONE:
                    await message.ack()
                else:
                    await message.reject(requeue=False)
        except (TimeoutError, *TROUBLES) as error:
            raise SinkUnavailable(f"not settled, so it will be delivered again: {words(error)}") from error

    return Delivery(
        message.body, str(message.headers.get(KEY) or message.routing_key or ""), settle, is_redelivered=bool(message.redelivered)
    )


def _times(message: AbstractIncomingMessage) -> int:
    """How often *message* was given back before, as a quorum queue counts it; another kind of queue doesn't."""
    count = message.headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0
