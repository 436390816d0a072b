"""What a diagnostic tells beside the cause, and that no text can make the telling expensive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced import judge
from bounced.classify import hints
from bounced.classify.text import read_words
from bounced.model import Hints
from tests.reports import block, report


def read(text):
    """Read the hints of *text*, as the classifier does."""
    return hints.read(text, read_words(text))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("451 4.7.1 Greylisted, please try again in 5 minutes", 300),
        ("450 4.2.0 Recipient address rejected: Greylisted for 300 seconds", 300),
        ("451 4.7.1 Please try again in 00:04:59", 299),
        ("421 4.7.0 Too many connections, retry after 60s", 60),
        ("421 too fast, wait 2 hours please", 7200),
        ("450 deferred; retry-after=90", 90),
        ("451 Bitte versuchen Sie es erneut in 10 Minuten", 600),
        ("451 try again later", None),
        ("451 try again in 99999999 days", None),
        ("451 try again in 0 seconds", None),
        ("554 4.4.7 Message expired: unable to deliver in 840 minutes", None),  # over, not ahead
        ("550 5.1.1 try again at 192.0.2.5 m", None),
    ],
)
def test_wait(text, seconds):
    """A time to wait is read where the words speak of another try, whatever its unit."""

    assert seconds == read(text).wait_seconds


@pytest.mark.parametrize(
    ("text", "blocklist", "lookup"),
    [
        (
            "554 5.7.1 [192.0.2.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.7",
            "zen.spamhaus.org",
            "https://www.spamhaus.org/query/ip/192.0.2.7",
        ),
        (
            "554 blocked by b.barracudacentral.org. See www.barracudacentral.org/reputation",
            "b.barracudacentral.org",
            "www.barracudacentral.org/reputation",
        ),
        ("550 listed at dnsbl-1.uceprotect.net", "dnsbl-1.uceprotect.net", None),
        (
            "550 (https://example.net/help) on our block list: <https://example.net/Delist?ip=192.0.2.7>.",
            None,
            "https://example.net/Delist?ip=192.0.2.7",
        ),
        ("550 Your IP is listed by Spamhaus", "spamhaus.org", None),
        ("550 5.7.511 banned sender. To request removal write to delist@example.com.", None, "delist@example.com"),
        ("550 5.1.1 no such user, see https://support.example.com/", None, None),  # nobody has listed us
        ("550 mail to bl.example.org is refused", None, None),
    ],
)
def test_blocklist(text, blocklist, lookup):
    """A blocklist is read with the address for looking it up as it is printed, and only where the words say that we are on one."""

    assert (blocklist, lookup) == (read(text).blocklist, read(text).lookup)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("552 5.3.4 Message size exceeds fixed limit of 10485760 bytes", "10485760 bytes"),
        ("552 message too large: maximum size is 20 MB", "20 mb"),
        ("452 too many recipients, limit is 100", "100"),
        ("450 4.7.1 rate limit: max 20 messages per hour", "20 messages per hour"),
        ("550 Limit: 5,000 recipients per day", "5,000 recipients per day"),
        ("550 access denied, limit 5.7.1", None),
        ("550 exceeded", None),
    ],
)
def test_limit(text, limit):
    """A limit is read with its unit."""

    assert limit == read(text).limit


@given(st.text(max_size=3000))
def test_any_text(text):
    """Any text gives hints, each of them bounded."""
    found = read(text)

    assert all(
        value is None or len(str(value)) <= hints.MAX_TEXT for value in (found.wait_seconds, found.blocklist, found.lookup, found.limit)
    )


@pytest.mark.parametrize(
    "trap",
    ["listed a.b.bl.", "again in 1 ", "limit a ", "limit (", "spamhaus abl.a.", "https://", "1,", "delist", "a-", "retry wait in 5 "],
)
def test_bounded(trap):
    """What a text holds beyond the first `MAX_TEXT` characters changes nothing, so that its length costs nothing."""
    words = (trap * hints.MAX_TEXT)[: hints.MAX_TEXT]

    assert hints.read(words, words) == hints.read(words + trap * 1000, words + trap * 1000)


def test_hints_reach_the_decision():
    """The hints are part of the finding that a decision rests on, and are empty where the words have none."""
    _, decisions = judge(
        report(
            block(status="4.7.1", diagnostic_code="smtp; 451 4.7.1 Greylisted, try again in 5 minutes"),
            block("ben@example.org", diagnostic_code="smtp; 550 5.1.1 no such user"),
        )
    )

    assert [Hints(wait_seconds=300), Hints()] == [decision.finding.hints for decision in decisions]
