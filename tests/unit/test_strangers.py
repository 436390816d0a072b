"""Clients are counted by their network: how many sessions it has, how many recipients of nobody's it named; who is exempt is not."""

import pytest

from bounced.network import networks
from bounced.receive.strangers import WINDOW_SECONDS, Strangers, network_of


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_networks(one, other, is_same):
    """A /24 of IPv4 and a /64 of IPv6 are one network."""
    assert is_same == (network_of(one) == network_of(other))


@pytest.mark.parametrize("peers", [["192.0.2.1", "192.0.2.2"], ["2001:db8::1", "2001:db8::2"]])
def test_sessions(peers):
    """A network has as many as it may, and one more when one has left; what has left is not remembered."""
    strangers = Strangers(lambda: 0.0)
    first, second = (strangers.enter(peer, [], 2) for peer in peers)
    refused = strangers.enter(peers[0], [], 2)
    strangers.leave(first)
    again = strangers.enter(peers[0], [], 2)
    for each in (second, again):
        strangers.leave(each)

    assert (first, None, first) == (second, refused, again)
    assert not strangers._sessions


def test_exempt():
    """Whom the limits don't concern is never counted, nor who has gone before his address was known."""
    strangers, exempt = Strangers(lambda: 0.0), networks(["192.0.2.0/24", "2001:db8::/32"])
    entered = [strangers.enter(peer, exempt, 1) for peer in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "", "")]

    assert [""] * 6 == entered
    assert not strangers.named_nobody("", 0)


def test_recipients_of_nobody_s():
    """Too many within a minute are too many, from one network alone; after it the count begins anew."""
    now = 0.0
    strangers = Strangers(lambda: now)
    told = [strangers.named_nobody("192.0.2", 2) for _ in range(4)]
    other = strangers.named_nobody("192.0.3", 2)
    now = WINDOW_SECONDS
    later = strangers.named_nobody("192.0.2", 2)

    assert ([False, False, True, True], False, False) == (told, other, later)
