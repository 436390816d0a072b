"""Emptying a node that is to go: what its journal holds is judged and published, and no mail is taken meanwhile."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from bounced import log
from bounced.config import Config
from bounced.publish import sink_for
from bounced.service.desk import Desk
from bounced.service.history import Recollection
from bounced.service.terms import terms_of
from bounced.store import Account
from bounced.store.account import total
from bounced.store.files import journals_in

#: Seconds between two looks at what is left.
_LOOK_SECONDS = 0.2


def drain(config: Config, seconds: float) -> Account:
    """Publish all that waits in the journals, for *seconds* at most; return the account of all of them afterwards.

    Raises:
        JournalHeld: the daemon is running.
        BouncedError: a journal or the rules can't be used.
    """
    log.configure(config.log)
    return asyncio.run(_drain(config, seconds))


async def _drain(config: Config, seconds: float) -> Account:
    folder, terms = Path(config.journal.folder), terms_of(config)
    async with AsyncExitStack() as stack:
        sink = sink_for(config.sink, folder)
        numbers = journals_in(folder) or [1]
        recollection = Recollection(config, _now)
        desks = [Desk(number, config, sink, terms, recollection.memory, clock=_now) for number in numbers]
        for desk in desks:
            await stack.enter_async_context(desk)
        await stack.enter_async_context(recollection)
        stack.push_async_callback(sink.close)
        running = asyncio.create_task(_work(desks), name="desks")
        try:
            async with asyncio.timeout(seconds):
                while _is_busy(await _account(desks)) and not running.done():
                    await asyncio.wait({running}, timeout=_LOOK_SECONDS)
        except TimeoutError:
            pass  # what is left is told by the account
        finally:
            running.cancel()
            await asyncio.wait({running})
        if not running.cancelled():
            running.result()  # raises what ended it
        return await _account(desks)


async def _work(desks: list[Desk]) -> None:
    async with asyncio.TaskGroup() as group:
        for desk in desks:
            group.create_task(desk.run(), name="desk")


async def _account(desks: list[Desk]) -> Account:
    return total([await desk.journal.account() for desk in desks])


def _is_busy(account: Account) -> bool:
    return bool(account.arrivals.waiting or account.arrivals.decided)


def _now() -> datetime:
    return datetime.now(UTC)
