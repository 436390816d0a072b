"""New rules for a running daemon: the packs are loaded again, whole, when somebody asks; broken ones change nothing."""

import asyncio
from pathlib import Path

import structlog

from bounced.errors import RulesInvalid
from bounced.judging import Judge
from bounced.service.systemd import Notifier

log = structlog.get_logger()


async def renew_rules(judge: Judge, site_rules: Path | None, asked: asyncio.Event, notifier: Notifier) -> None:
    """Load the packs each time that *asked* is set, until cancelled; *judge* goes by the new ones from then on.

    What was judged before stays as it was. Packs that are not in order are reported, and the old ones stay in force.
    """
    while True:
        await asked.wait()
        asked.clear()
        notifier.reloading()
        try:
            renewed = await asyncio.to_thread(Judge.load, site_rules)
        except RulesInvalid as error:
            log.error("rules.refused", reason=str(error), rules_version=judge.rules_version)  # noqa: TRY400 the reason is all there is to tell
        else:
            judge.renew(renewed)
            log.info("rules.loaded", rules_version=judge.rules_version, rules=len(judge.classifier.rules))
        notifier.ready()
