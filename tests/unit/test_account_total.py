"""Sums over several journals and several workers."""

from datetime import UTC, datetime

from msgspec import structs

from bounced.admin.status import Status, merge, merge_reasons
from bounced.store.account import Account, Arrivals, Decisions, total

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = Account(
    arrivals=Arrivals(accepted=21, done=1, waiting=2, decided=3, unread=4, aside=5, erased=6),
    decisions=Decisions(made=15, published=1, waiting=2, duplicate=3, not_for_publishing=4, aside=5),
    kept_bytes=100,
    archived_bytes=10,
)
STATUS = Status(
    node="mx1",
    site="example.net",
    version="1",
    at=NOON,
    started_at=NOON,
    listen=("127.0.0.1:25",),
    sink=("amqp://127.0.0.1:5672",),
    ready=True,
    refusal=None,
    degraded={},
    sessions=3,
    max_sessions=10,
    max_bytes=1000,
    free_bytes=500,
    account=ACCOUNT,
    balanced=True,
    oldest_undelivered=NOON,
    outcomes={"confirmed": 2},
)


def test_total():
    """Every count is added up, none is left out, and what balances balances in sum."""
    sum_of_three = total([ACCOUNT] * 3)
    tripled = {name: 3 * count for name, count in structs.asdict(ACCOUNT.arrivals).items()}

    assert tripled == structs.asdict(sum_of_three.arrivals)
    assert (45, 3, 300, 30) == (
        sum_of_three.decisions.made,
        sum_of_three.decisions.published,
        sum_of_three.kept_bytes,
        sum_of_three.archived_bytes,
    )
    assert sum_of_three.balanced


def test_total_of_what_does_not_balance():
    """A loss in one journal shows in the sum."""
    lost = structs.replace(ACCOUNT, arrivals=structs.replace(ACCOUNT.arrivals, done=0))

    assert not total([ACCOUNT, lost]).balanced


def test_merge_of_all_that_is_well():
    """Sessions, limits and outcomes are added up; room is what the fullest disk has, age that of the oldest."""
    older = structs.replace(
        STATUS, free_bytes=400, oldest_undelivered=NOON.replace(hour=11), outcomes={"confirmed": 1, "events-returned": 1}
    )
    merged = merge([STATUS, older])

    assert (6, 20, 2000, 400) == (merged.sessions, merged.max_sessions, merged.max_bytes, merged.free_bytes)
    assert ({"confirmed": 3, "events-returned": 1}, 11) == (merged.outcomes, merged.oldest_undelivered.hour)
    assert (True, True, ("127.0.0.1:25",)) == (merged.ready, merged.balanced, merged.listen)


def test_merge_of_trouble():
    """One worker that takes no mail makes the node not ready, with its reason; what one does not know, nobody does."""
    full = structs.replace(
        STATUS, ready=False, refusal="full", degraded={"journal-full": "full"}, account=None, balanced=None, free_bytes=None
    )
    merged = merge([STATUS, full])

    assert (False, "full", {"journal-full": "full"}) == (merged.ready, merged.refusal, merged.degraded)
    assert (None, None, 500) == (merged.account, merged.balanced, merged.free_bytes)


def test_reasons():
    """The same reason is named once, different ones all."""

    assert {"a": "x; y", "b": "z"} == merge_reasons([{"a": "x"}, {"a": "y", "b": "z"}, {"a": "x"}])
