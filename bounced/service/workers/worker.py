"""A worker: a process of its own that serves a share of the mail, with a journal of its own, as its parent says.

Started by `bounced.service.workers.process`; it ends in good order at SIGTERM, and when its parent is gone.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog

from bounced import log
from bounced.errors import BouncedError, ConfigInvalid, JournalHeld
from bounced.receive import Sockets
from bounced.service import collector
from bounced.service.daemon import Daemon
from bounced.service.lifecycle import Orders, loop_factory
from bounced.service.renewal import Renewal
from bounced.service.workers.channel import Responder
from bounced.service.workers.messages import Answer, Applied, Apply, Asked, Begin, Failed, Prepare, Prepared, Question, Stands

#: Seconds between two looks whether somebody has let go of a journal.
_LOOK_SECONDS = 0.1


async def work(descriptor: int) -> None:
    """Serve as the parent at the other end of *descriptor* says, until told to end."""
    orders, responder = Orders(), await Responder.over(descriptor)
    questions = responder.questions()
    asked = await anext(questions, None)
    if asked is None:
        return  # the parent is gone already
    begin = asked.question
    if not isinstance(begin, Begin):
        raise TypeError(f"the first question is {type(begin).__name__}, not Begin")
    log.configure(begin.config.log, key=begin.log_key)
    structlog.contextvars.bind_contextvars(worker=begin.number)
    try:
        async with _started(begin) as daemon:
            responder.answer(asked, Stands(await daemon.status()))
            collector.spare()
            await _serve(daemon, orders, begin, questions, responder)
    except BouncedError as error:
        responder.answer(asked, _failed(error))
    finally:
        await responder.close()


@asynccontextmanager
async def _started(begin: Begin) -> AsyncIterator[Daemon]:
    """Start; wait for a journal that is held, as a worker whose parent was killed ends within its time."""
    sockets = Sockets(_opened(begin.sockets), _opened(begin.lmtp_sockets))
    loop = asyncio.get_running_loop()
    end = loop.time() + begin.patience_seconds
    while True:
        daemon = Daemon(begin.config, sockets=sockets, journals=begin.journals)
        try:
            await daemon.__aenter__()
        except JournalHeld:
            if loop.time() > end:
                raise
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            break
    try:
        yield daemon
    finally:
        await daemon.__aexit__()


def _opened(descriptors: Sequence[int]) -> list[socket.socket]:
    sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    for each in sockets:
        each.set_inheritable(False)
    return sockets


async def _serve(daemon: Daemon, orders: Orders, begin: Begin, questions: AsyncIterator[Asked], responder: Responder) -> None:
    """Answer until a signal, the parent's end or a fault of ours."""
    orders.hasten(daemon)
    asked = asyncio.create_task(orders.stop.wait(), name="signal")
    answering = asyncio.create_task(_answer_all(daemon, begin, questions, responder), name="answers")
    try:
        await asyncio.wait({asked, answering, daemon.running}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        answering.cancel()
    for task in (daemon.running, answering):
        if task.done():  # a fault of ours: end loudly, and be started anew
            await task


async def _answer_all(daemon: Daemon, begin: Begin, questions: AsyncIterator[Asked], responder: Responder) -> None:
    prepared: list[Renewal] = []

    async def answer(question: Question) -> Answer:
        if isinstance(question, Prepare):
            prepared[:] = [await daemon.prepare(question.config)]
            return Prepared(prepared[0].renewed)
        if isinstance(question, Apply):
            if not prepared:
                raise ConfigInvalid("nothing is prepared")
            daemon.renew(prepared[0])
            log.configure(prepared[0].config.log, key=begin.log_key)
            return Applied()
        return Stands(await daemon.status())

    async for asked in questions:
        try:
            responder.answer(asked, await answer(asked.question))
        except BouncedError as error:
            responder.answer(asked, _failed(error))


def _failed(error: BouncedError) -> Failed:
    return Failed(type(error).__name__, error.detail)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(work(int(sys.argv[1])))
