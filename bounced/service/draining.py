"""Emptying a node that is to go: what its journal holds is judged and published, and no mail is taken meanwhile."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bounced import log
from bounced.config import Config
from bounced.health import Health
from bounced.judging import Judge
from bounced.pipeline import Intake, Pipeline, nobody
from bounced.publish import sink_for
from bounced.service.daemon import assessor, site_of, site_rules
from bounced.store import Account, Journal

#: Seconds between two looks at what is left.
_LOOK_SECONDS = 0.2


def drain(config: Config, seconds: float) -> Account:
    """Publish all that waits, for *seconds* at most; return the account afterwards.

    Raises:
        JournalHeld: the daemon is running.
        BouncedError: the journal or the rules can't be used.
    """
    log.configure(config.log)
    return asyncio.run(_drain(config, seconds))


async def _drain(config: Config, seconds: float) -> Account:
    folder = Path(config.journal.folder)
    judge, health = Judge.load(site_rules(config)), Health()
    sink = sink_for(config.sink, folder)
    async with Journal(folder, config.journal) as journal:
        intake = Intake(journal, config.journal, health, lambda: datetime.now(UTC), reached=nobody)
        pipeline = Pipeline(intake, journal, sink, judge, assessor(config), site_of(config, judge), health, reached=nobody)
        running = asyncio.create_task(pipeline.run(), name="pipeline")
        try:
            async with asyncio.timeout(seconds):
                while _is_busy(await journal.account()) and not running.done():
                    await asyncio.wait({running}, timeout=_LOOK_SECONDS)
        except TimeoutError:
            pass  # what is left is told by the account
        finally:
            running.cancel()
            await asyncio.wait({running})
            await sink.close()
        if not running.cancelled():
            running.result()  # raises what ended it
        return await journal.account()


def _is_busy(account: Account) -> bool:
    return bool(account.arrivals.waiting or account.arrivals.decided)
