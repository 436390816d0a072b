"""Many events published in one go, and a confirm for each: RabbitMQ's publisher confirms, below aio-pika's exchange.

aio-pika takes a task, a lock and three futures for each message. The channel and its connection stay aiormq's (7.2): it counts the
delivery tags, hands back what came of each, and knows when it is closed.
"""

import asyncio
from collections.abc import Sequence

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel


async def publish(channel: Channel, messages: Sequence[tuple[str, bytes]], seconds: float) -> list[BaseException | None]:
    """Send *messages*, each an id and its frames, on *channel*; give what came of each within *seconds*.

    None: confirmed. `PublishError`: no queue is bound. `DeliveryError`: the broker would not have it. `TimeoutError`: no answer. Else
    why the channel is closed.

    Raises:
        ChannelInvalidStateError: the channel is closed already, and nothing was sent.
    """
    loop = asyncio.get_running_loop()
    confirms: list[asyncio.Future[object]] = [loop.create_future() for _ in messages]
    lost = channel.create_future()  # the channel fails it when it is closed
    try:
        async with asyncio.timeout(seconds):
            await _send(channel, messages, confirms)
            lost.add_done_callback(lambda _: _fail(lost, confirms))
            for confirm in confirms:
                if not confirm.done():  # most are when the first is: the broker confirms many at once
                    await asyncio.wait((confirm,))
    except TimeoutError:
        pass  # of those that have no answer
    finally:
        lost.cancel()
        for identity, _ in messages:
            channel.message_id_delivery_tag.pop(identity, None)
    return [_outcome(confirm) for confirm in confirms]


async def _send(channel: Channel, messages: Sequence[tuple[str, bytes]], confirms: Sequence[asyncio.Future[object]]) -> None:
    async with channel.lock:
        first = channel.delivery_tag + 1
        for tag, ((identity, _), confirm) in enumerate(zip(messages, confirms, strict=True), first):
            channel.confirmations[tag] = confirm
            channel.message_id_delivery_tag[identity] = tag  # by its id it is known when it comes back
        channel.delivery_tag += len(messages)
        try:
            await channel.write_queue.put(ChannelFrame(b"".join(frames for _, frames in messages), should_close=False))
        except BaseException:  # nothing was sent, and the broker counts what it gets
            channel.delivery_tag -= len(messages)
            for tag in range(first, first + len(messages)):
                channel.confirmations.pop(tag, None)
            raise


def _fail(lost: asyncio.Future[object], confirms: Sequence[asyncio.Future[object]]) -> None:
    if lost.cancelled():
        return
    error = lost.exception() or ConnectionError("the channel was closed")
    for confirm in confirms:
        if not confirm.done():
            confirm.set_exception(error)


def _outcome(confirm: asyncio.Future[object]) -> BaseException | None:
    if not confirm.done():
        confirm.cancel()  # an answer that comes late is nobody's
        return TimeoutError()
    return confirm.exception()
