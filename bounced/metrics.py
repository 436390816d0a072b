"""The metrics: what is measured, under which name, and how it is written for Prometheus.

`METRICS` is the whole vocabulary. A label takes only the values that stand there: nothing that a stranger sends becomes
one; receivers are those of our table. Whoever has the numbers hands them over as facts at the time of asking; nothing is counted here.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bounced.health import Cause
from bounced.model import Disposition, Fault, Grade

#: A number, or one for each value of the metric's label.
Fact = float | Mapping[str, float]

ARRIVAL_STATES = ("done", "waiting", "decided", "unread", "aside", "erased")
DECISION_STATES = ("published", "waiting", "duplicate", "not_for_publishing", "aside")
#: Limits for clients: sessions in all and of a network, slow ones that made room, errors, commands without a message, recipients that are
#: not ours, time.
LIMITS = ("sessions", "network", "slow", "errors", "commands", "recipients", "time")
OUTCOMES = ("confirmed", Cause.RETURNED, Cause.REJECTED, Cause.UNCONFIRMED, Cause.REFUSED)


class Measured(Struct, frozen=True):
    """One metric; counters only grow, until the journal's file (or, where that is said, the process) is new."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    label: str = ""
    #: All that the label can be; of receivers, those that the facts have.
    values: tuple[str, ...] = ()


METRICS = (
    Measured("bounced_accepted_total", "counter", "Messages answered with 250."),
    Measured(
        "bounced_arrivals",
        "gauge",
        "What became of them; the sum is bounced_accepted_total.",
        "state",
        ARRIVAL_STATES,
    ),
    Measured("bounced_decided_total", "counter", "Decisions made, one a recipient of a report."),
    Measured("bounced_decisions", "gauge", "What became of them; the sum is bounced_decided_total.", "state", DECISION_STATES),
    Measured("bounced_decided_by_disposition_total", "counter", "New decisions, by what is to be done.", "disposition", tuple(Disposition)),
    Measured("bounced_decided_by_fault_total", "counter", "New decisions, by whose fault it is.", "fault", tuple(Fault)),
    Measured("bounced_decided_by_grade_total", "counter", "New decisions, by how far the report is believed.", "grade", tuple(Grade)),
    Measured("bounced_decided_by_receiver_total", "counter", "New decisions, by receiver: those of our table, and other.", "receiver"),
    Measured("bounced_sender_faults_total", "counter", "Those that are our own fault (fault is sender), by receiver.", "receiver"),
    Measured("bounced_unmatched_total", "counter", "Decisions on bounces whose words no rule knew: codes alone decided."),
    Measured("bounced_balanced", "gauge", "1 while both sums are right. 0 means that something was lost or doubled: wake somebody."),
    Measured("bounced_ready", "gauge", "1 while mail can be taken; 0 while DATA is answered 452."),
    Measured(
        "bounced_degraded",
        "gauge",
        "1 for each cause that is there now; /status has the reasons.",
        "cause",
        tuple(Cause),
    ),
    Measured(
        "bounced_oldest_undelivered_seconds",
        "gauge",
        "Age of the oldest message not fully published.",
    ),
    Measured("bounced_journal_kept_bytes", "gauge", "Octets of messages in the journal."),
    Measured("bounced_journal_max_bytes", "gauge", "Octets of messages that the journal may hold (journal.max_bytes)."),
    Measured("bounced_disk_free_bytes", "gauge", "Octets that are free on the journal's disk."),
    Measured("bounced_limits_met_total", "counter", "How often clients met a limit, since the start.", "limit", LIMITS),
    Measured("bounced_certificate_expires_timestamp_seconds", "gauge", "When the certificate of STARTTLS ends (Unix time)."),
    Measured("bounced_sessions", "gauge", "SMTP sessions open."),
    Measured("bounced_sessions_max", "gauge", "SMTP sessions that may be open (smtp.max_sessions)."),
    Measured(
        "bounced_publish_outcomes_total",
        "counter",
        "What the sink said of events since the start.",
        "outcome",
        OUTCOMES,
    ),
)


def exposition(facts: Mapping[str, Fact]) -> bytes:
    """Write *facts*, a number or numbers by label value for each name of `METRICS`, in Prometheus's text format.

    A metric without a fact is left out: it can't be told just now.
    """
    registry = CollectorRegistry()
    registry.register(_Collector(facts))
    return generate_latest(registry)


class _Collector:
    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts

    def collect(self) -> Iterator[Metric]:
        for measured in METRICS:
            fact = self._facts.get(measured.name)
            if fact is not None:
                yield _family(measured, fact)


def _family(measured: Measured, fact: Fact) -> Metric:
    kind = CounterMetricFamily if measured.kind == "counter" else GaugeMetricFamily
    family = kind(measured.name, measured.meaning, labels=[measured.label] if measured.label else [])
    if isinstance(fact, Mapping):
        for value in measured.values or sorted(fact):
            family.add_metric([value], fact.get(value, 0))
    else:
        family.add_metric([], fact)
    return family
