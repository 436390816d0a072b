"""What is amiss while the daemon goes on: each cause with its reason, for the log, the status and the alarms.

Degraded is not dead: a node that can't publish still accepts, and says so here. What each cause means stands in `Cause`;
no other is ever shown.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import structlog

log = structlog.get_logger()


class Cause(StrEnum):
    """Why a node is degraded."""

    #: The sink takes nothing: the broker is away, or short of memory or disk. Events wait.
    SINK = "sink-unavailable"
    #: The broker returned events: no queue is bound for them. They wait, others go on.
    RETURNED = "events-returned"
    #: A queue would not take events (nack): it is full or without a leader. They wait, others go on.
    REJECTED = "events-rejected"
    #: The broker said nothing about events in time. They are published again, others go on.
    UNCONFIRMED = "events-unconfirmed"
    #: The sink refuses events for good, and after some tries they are set aside for a person.
    REFUSED = "events-refused"
    #: The history's server can't be reached. All is accepted; decisions wait, or do without (`history.when_away`).
    HISTORY = "history-unavailable"
    #: Suppressions are held: far more addresses of a receiver than usual failed at once (`bounced storm`).
    HELD = "suppressions-held"
    #: The journal can't be read or written, or is too slow. Nothing is accepted.
    JOURNAL = "journal-unavailable"
    #: The journal has reached its limit. Nothing is accepted.
    FULL = "journal-full"
    #: The disk has less than `journal.min_free_bytes` left. Nothing is accepted.
    DISK = "disk-low"
    #: A worker process has ended and is started again, or does not answer. What it accepted is in its journal.
    WORKER = "worker-down"
    #: The account does not balance: something was lost or doubled. A person must look.
    ACCOUNT = "account-unbalanced"


class Health:
    """The causes at the moment, each with its latest reason; a change is logged once."""

    def __init__(self) -> None:
        self._reasons: dict[Cause, str] = {}

    @property
    def reasons(self) -> Mapping[Cause, str]:
        """Every cause at the moment and its reason; empty when all is well."""
        return MappingProxyType(self._reasons)

    def degrade(self, cause: Cause, reason: str) -> None:
        """Note that *cause* is there, and why."""
        if cause not in self._reasons:
            log.warning("node.degraded", cause=cause, reason=reason)
        self._reasons[cause] = reason

    def clear(self, cause: Cause) -> None:
        """Note that *cause* is gone, if it was there."""
        if self._reasons.pop(cause, None) is not None:
            log.info("node.recovered", cause=cause)
