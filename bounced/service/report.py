"""How the node stands, put together from those who know; and the audit of the account, from time to time."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

import structlog

from bounced.admin import Status
from bounced.config import Config
from bounced.errors import JournalUnavailable
from bounced.health import Cause, Health
from bounced.pipeline import Intake, Pipeline
from bounced.publish import place_of
from bounced.receive import Listener
from bounced.store import Account, Journal, Measure

log = structlog.get_logger()

#: Seconds between two audits.
AUDIT_SECONDS = 60.0
#: Seconds that the journal gets to answer; a page that says less is better than one that hangs.
_ANSWER_SECONDS = 2.0


class Reporter:
    """Tells the status of one node, of which these are the parts."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        intake: Intake,
        pipeline: Pipeline,
        listener: Listener,
        health: Health,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._journal = journal
        self._intake = intake
        self._pipeline = pipeline
        self._listener = listener
        self._health = health
        self._clock = clock
        self._started_at = clock()

    async def status(self) -> Status:
        """Say how the node stands now."""
        account, measured = await self._asked_journal()
        refusal = self._intake.refusal
        return Status(
            node=self._config.node.name,
            site=self._config.node.site,
            version=version("bounced-daemon"),
            at=self._clock(),
            started_at=self._started_at,
            listen=tuple(f"{host}:{port}" for host, port in self._listener.addresses),
            sink=tuple(place_of(url) for url in self._config.sink.urls),
            ready=refusal is None,
            refusal=None if refusal is None else str(refusal),
            degraded={str(cause): reason for cause, reason in self._health.reasons.items()},
            sessions=self._listener.session_count,
            max_sessions=self._config.smtp.max_sessions,
            max_bytes=self._config.journal.max_bytes,
            free_bytes=None if measured is None else measured.free_bytes,
            account=account,
            balanced=None if account is None else account.balanced,
            oldest_undelivered=None if measured is None else measured.oldest_undelivered,
            outcomes=dict(self._pipeline.outcomes),
        )

    async def audit(self) -> None:
        """See again and again, until cancelled, that the account balances; raise the alarm when it doesn't."""
        while True:
            await self._asked_journal()
            await asyncio.sleep(AUDIT_SECONDS)

    async def _asked_journal(self) -> tuple[Account, Measure] | tuple[None, None]:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                account, measured = await self._journal.account(), await self._journal.measure()
        except (TimeoutError, JournalUnavailable):
            return None, None
        if account.balanced:
            self._health.clear(Cause.ACCOUNT)
        else:
            if Cause.ACCOUNT not in self._health.reasons:
                log.error("account.unbalanced", arrivals=str(account.arrivals), decisions=str(account.decisions))
            self._health.degrade(Cause.ACCOUNT, "what was accepted or decided is not all accounted for: something was lost or doubled")
        return account, measured
