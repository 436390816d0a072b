"""Dead letters in RabbitMQ: looked at, put back into the queue that they died in, or taken out.

Put back means published to that queue alone, with a confirm, before it leaves the dead letters: a crash between the two makes it
come twice, under the same id. Nothing is declared here.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from aio_pika import Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from yarl import URL

from bounced.errors import SinkUnavailable
from bounced.publish.amqp.connection import TROUBLES, close, connect, words
from bounced.publish.amqp.consumer import KEY
from bounced.publish.amqp.topology import DEAD
from bounced.publish.dead_letter import Deed, Letter, Standing
from bounced.publish.queues import QUEUES

_SECONDS = 10.0
#: What RabbitMQ notes on a dead letter; put back, it begins anew.
_NOTES = ("x-death", "x-delivery-count", "x-acquired-count", "x-first-death-", "x-last-death-")


async def standings(urls: Sequence[URL]) -> list[Standing]:
    """Say how the queues and the dead letters stand.

    Raises:
        SinkUnavailable: no broker lets us in, or a queue is missing.
    """
    connection, found = await connect(urls, _SECONDS, _count)
    await close(connection)
    return found


async def letters(urls: Sequence[URL]) -> AsyncGenerator[Letter, None]:
    """Go through the dead letters that there are now; what nothing is done about stays.

    Raises:
        SinkUnavailable: no broker lets us in, or there is no such queue.
    """
    connection, channel, queue = await connect(urls, _SECONDS, _open)
    try:
        for _ in range(queue.declaration_result.message_count or 0):
            message = await _next(queue)
            if message is None:
                return
            yield _letter(message, channel)
    finally:
        await close(connection)


async def _count(connection: AbstractConnection, _url: URL) -> tuple[AbstractConnection, list[Standing]]:
    channel = await connection.channel()
    found = []
    for name in (*(queue.name for queue in QUEUES), DEAD):
        result = (await _queue(channel, name)).declaration_result
        found.append(Standing(name, result.message_count or 0, result.consumer_count))
    return connection, found


async def _open(connection: AbstractConnection, _url: URL) -> tuple[AbstractConnection, AbstractChannel, AbstractQueue]:
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    return connection, channel, await _queue(channel, DEAD)


async def _queue(channel: AbstractChannel, name: str) -> AbstractQueue:
    try:
        return await channel.declare_queue(name, passive=True)
    except ChannelNotFoundEntity as error:
        raise SinkUnavailable(f"queue {name} does not exist: has the daemon run with this broker?") from error


async def _next(queue: AbstractQueue) -> AbstractIncomingMessage | None:
    try:
        return await queue.get(fail=False, timeout=_SECONDS)
    except (TimeoutError, *TROUBLES) as error:
        raise SinkUnavailable(words(error)) from error


def _letter(message: AbstractIncomingMessage, channel: AbstractChannel) -> Letter:
    headers = message.headers
    queue, reason = (str(headers.get(f"x-first-death-{name}", "")) for name in ("queue", "reason"))
    return Letter(message.message_id or "", message.routing_key or "", message.body, queue, reason, partial(_do, message, channel, queue))


async def _do(message: AbstractIncomingMessage, channel: AbstractChannel, queue: str, deed: Deed) -> None:
    try:
        async with asyncio.timeout(_SECONDS):
            if deed is Deed.REQUEUED:
                await channel.default_exchange.publish(_anew(message), queue)
            await message.ack()
    except (TimeoutError, *TROUBLES) as error:
        raise SinkUnavailable(f"{message.message_id}: not {deed.value}: {words(error)}") from error


def _anew(message: AbstractIncomingMessage) -> Message:
    """Copy *message* as it was published; its routing key, which names a queue now, goes into a header."""
    headers = {name: value for name, value in message.headers.items() if not name.startswith(_NOTES)}
    return Message(
        message.body,
        headers={**headers, KEY: headers.get(KEY) or message.routing_key or ""},
        content_type=message.content_type,
        delivery_mode=message.delivery_mode,
        correlation_id=message.correlation_id,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=message.app_id,
    )
