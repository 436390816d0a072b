"""How a daemon stands, put together from those who know; and the audit of the account, from time to time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import NamedTuple

import structlog

from bounced.admin import Status
from bounced.admin.status import merge_reasons
from bounced.config import Config
from bounced.errors import JournalUnavailable
from bounced.health import Cause
from bounced.publish import place_of
from bounced.receive import Listener
from bounced.service.desk import Desk
from bounced.store import Account, Measure, tallies
from bounced.store.account import total

log = structlog.get_logger()

#: Seconds between two audits.
AUDIT_SECONDS = 60.0
#: Seconds that a journal gets to answer; a page that says less is better than one that hangs.
_ANSWER_SECONDS = 2.0


class Reporter:
    """Tells the status of *listener* and the *desks* behind it, the first of which takes mail; `config` is what is in force."""

    def __init__(self, config: Config, desks: Sequence[Desk], listener: Listener, clock: Callable[[], datetime]) -> None:
        self.config = config
        self._desks = desks
        self._listener = listener
        self._clock = clock
        self._started_at = clock()

    async def status(self) -> Status:
        """Say how it stands now."""
        asked = await asyncio.gather(*map(_asked, self._desks))
        answers = [each for each in asked if each is not None]
        accounts, measures = [each.account for each in answers], [each.measure for each in answers]
        account = total(accounts) if len(accounts) == len(self._desks) else None
        refusal = self._desks[0].intake.refusal
        return Status(
            node=self.config.node.name,
            site=self.config.node.site,
            version=version("bounced-daemon"),
            at=self._clock(),
            started_at=self._started_at,
            listen=tuple(f"{host}:{port}" for host, port in self._listener.addresses),
            lmtp_listen=tuple(self._listener.lmtp_places),
            sink=tuple(place_of(url) for url in self.config.sink.urls),
            ready=refusal is None,
            refusal=None if refusal is None else str(refusal),
            degraded=merge_reasons([{str(cause): reason for cause, reason in desk.health.reasons.items()} for desk in self._desks]),
            sessions=self._listener.session_count,
            max_sessions=self.config.smtp.max_sessions,
            max_bytes=self.config.journal.max_bytes,
            free_bytes=min((measure.free_bytes for measure in measures), default=None),
            account=account,
            balanced=None if account is None else account.balanced,
            oldest_undelivered=min((measure.oldest_undelivered for measure in measures if measure.oldest_undelivered), default=None),
            totals=tallies.total(each.totals for each in answers) if answers else None,
            limits_met=dict(self._listener.met),
            certificate_until=self._listener.certificate_until,
            outcomes=dict(sum((Counter(desk.pipeline.outcomes) for desk in self._desks), Counter())),
        )

    async def audit(self) -> None:
        """See again and again, until cancelled, that the accounts balance; raise the alarm when one doesn't."""
        while True:
            for desk in self._desks:
                await _asked(desk)
            await asyncio.sleep(AUDIT_SECONDS)


class _Answer(NamedTuple):
    account: Account
    measure: Measure
    totals: tallies.Totals


async def _asked(desk: Desk) -> _Answer | None:
    """Ask a desk's journal; what it answers also raises or ends the alarm."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            answer = _Answer(await desk.journal.account(), await desk.journal.measure(), await desk.journal.totals())
    except (TimeoutError, JournalUnavailable):
        return None
    account = answer.account
    if account.balanced:
        desk.health.clear(Cause.ACCOUNT)
    else:
        if Cause.ACCOUNT not in desk.health.reasons:
            log.error("account.unbalanced", arrivals=str(account.arrivals), decisions=str(account.decisions))
        desk.health.degrade(Cause.ACCOUNT, "what was accepted or decided is not all accounted for: something was lost or doubled")
    return answer
