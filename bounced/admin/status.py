"""How a node stands: what `/status` says in JSON and `bounced status` shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from bounced.store import Account, tallies
from bounced.store.account import total
from bounced.store.tallies import Totals


class Status(Struct, frozen=True, kw_only=True):
    """One node at one moment. Where the journal did not answer, what it would have said is None."""

    node: str
    site: str
    version: str
    at: datetime
    started_at: datetime
    #: Addresses of SMTP.
    listen: tuple[str, ...]
    #: Addresses and sockets of LMTP.
    lmtp_listen: tuple[str, ...] = ()
    #: Where decisions go, without passwords.
    sink: tuple[str, ...]
    #: Whether mail can be taken; if not, why.
    ready: bool
    refusal: str | None
    #: What is amiss: each cause (`bounced.health.Cause`) and its reason. Degraded is not down.
    degraded: dict[str, str]
    sessions: int
    max_sessions: int
    max_bytes: int
    free_bytes: int | None
    account: Account | None
    balanced: bool | None
    #: When the oldest message came whose decisions are not all published.
    oldest_undelivered: datetime | None
    #: What the sink said of events since the start, and how often.
    outcomes: dict[str, int]
    #: What was decided, by what operators ask about.
    totals: Totals | None = None
    #: How often which limit for clients was met since the start (`bounced.metrics.LIMITS`).
    limits_met: dict[str, int] = {}
    #: When the certificate of STARTTLS ends; None where there is none.
    certificate_until: datetime | None = None


def merge(statuses: Sequence[Status]) -> Status:
    """Make one status of those of a node's workers, of which there is at least one.

    The node takes mail only when all do: the kernel sends clients to any of them.
    """
    first = statuses[0]
    accounts = [each.account for each in statuses if each.account is not None]
    account = total(accounts) if len(accounts) == len(statuses) else None
    return structs.replace(
        first,
        started_at=min(each.started_at for each in statuses),
        listen=tuple(dict.fromkeys(place for each in statuses for place in each.listen)),
        lmtp_listen=tuple(dict.fromkeys(place for each in statuses for place in each.lmtp_listen)),
        ready=all(each.ready for each in statuses),
        refusal=next((each.refusal for each in statuses if each.refusal), None),
        degraded=merge_reasons([each.degraded for each in statuses]),
        sessions=sum(each.sessions for each in statuses),
        max_sessions=sum(each.max_sessions for each in statuses),
        max_bytes=sum(each.max_bytes for each in statuses),
        free_bytes=min((each.free_bytes for each in statuses if each.free_bytes is not None), default=None),
        account=account,
        balanced=None if account is None else account.balanced,
        oldest_undelivered=min((each.oldest_undelivered for each in statuses if each.oldest_undelivered), default=None),
        limits_met=dict(sum((Counter(each.limits_met) for each in statuses), Counter[str]())),
        totals=tallies.total(each.totals for each in statuses if each.totals is not None),
        outcomes=dict(sum((Counter(each.outcomes) for each in statuses), Counter[str]())),
    )


def merge_reasons(all_reasons: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Give every cause with the different reasons that are named for it."""
    merged: dict[str, dict[str, None]] = {}
    for reasons in all_reasons:
        for cause, reason in reasons.items():
            merged.setdefault(cause, {})[reason] = None
    return {cause: "; ".join(reasons) for cause, reasons in merged.items()}
