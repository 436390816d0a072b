"""What comes in by queues: deliveries and live replies, for who has a broker rather than HTTP (`sink.inputs`).

The same shapes as in the API, one to a message. A message is acknowledged when what it says is committed; while it can't be, it is tried
again here and not given back, so that its deliveries are not used up. What is none goes to the dead letters, and the log says why.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, NamedTuple

import structlog
from msgspec import Struct

from bounced import config
from bounced.admin.api.backend import Backend
from bounced.admin.api.endpoint import Call, Refused
from bounced.admin.api.endpoints import deliver, hear
from bounced.admin.api.serving import read_json
from bounced.admin.api.shapes import Deliveries, Problem, Replies
from bounced.errors import BouncedError, SinkUnavailable
from bounced.pipeline.patience import Patience
from bounced.publish.amqp import consumer
from bounced.publish.amqp.connection import parse_url
from bounced.publish.delivery import Delivery
from bounced.publish.queues import DELIVERIES, REPLIES
from bounced.tokens import Role, Token

log = structlog.get_logger()

#: Messages under way at a time, of each queue.
_PREFETCH = 50


class _Input(NamedTuple):
    queue: str
    shape: type[Struct]
    carry_out: Callable[[Call], Awaitable[Struct]]


_INPUTS = (_Input(DELIVERIES, Deliveries, deliver), _Input(REPLIES, Replies, hear))


class Inbox:
    """Takes what comes by the queues of the brokers in *settings*, and has it done by what is *behind* the API."""

    def __init__(self, settings: config.Sink, behind: Backend) -> None:
        self._urls = [parse_url(url) for url in settings.urls]
        self._behind = behind

    async def run(self) -> None:
        """Take until cancelled; a broker that is away is waited for."""
        async with asyncio.TaskGroup() as group:
            for each in _INPUTS:
                group.create_task(self._take(each), name=each.queue)

    async def _take(self, given: _Input) -> None:
        patience = Patience()
        while True:
            try:
                async with (
                    aclosing(consumer.deliveries(self._urls, [given.queue], prefetch=_PREFETCH, follow=True)) as found,
                    asyncio.TaskGroup() as group,
                ):
                    async for delivery in found:
                        patience.restore()
                        group.create_task(self._carry_out(given, delivery))
            except* SinkUnavailable as trouble:
                seconds = patience.wait()
                log.warning("input.waiting", queue=given.queue, reason=str(trouble.exceptions[0]), wait_seconds=seconds)
                await asyncio.sleep(seconds)

    async def _carry_out(self, given: _Input, delivery: Delivery) -> None:
        patience = Patience()
        while True:
            try:
                said = read_json(delivery.body, given.shape)
                await given.carry_out(_call(self._behind, given.queue, said))
            except Refused as refused:
                await _refuse(given.queue, delivery, refused.problem)
                return
            except BouncedError as error:
                seconds = patience.wait()
                log.warning("input.waiting", queue=given.queue, reason=str(error), wait_seconds=seconds)
                await asyncio.sleep(seconds)
            else:
                await delivery.ack()
                return


async def _refuse(queue: str, delivery: Delivery, problem: Problem) -> None:
    log.error("input.refused", queue=queue, reason=problem.error, field=problem.field)
    await delivery.reject()


def _call(behind: Backend, queue: str, said: Any) -> Call:
    return Call(backend=behind, who=Token(queue, Role.WRITE, None, b""), peer="", given=said, name="")
