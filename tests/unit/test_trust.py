"""How far a report is believed."""

from datetime import UTC, datetime

import pytest

from bounced.decide import assess
from bounced.model import Arrival, Envelope, Grade
from bounced.parse import parse
from tests.reports import block, report, wrapped

LOCAL = "by mx.example.net (Postfix) id 4XyZ; Mon, 23 Nov 2026 10:00:00 +0000"


def graded(raw, peer="192.0.2.10", *, believe_everyone=False):
    """Grade a report for a site whose mail servers are in 192.0.2.0/28 and called *.example.net."""
    arrival = Arrival(id="1", at=datetime.now(UTC), peer=peer, helo="", envelope=Envelope("", ()), raw=raw, size=len(raw), sha256="")
    networks = ["192.0.2.0/28", "2001:db8::/32"]
    return assess(networks, [".example.net"], ["198.51.100.7"], believe_everyone=believe_everyone)(parse(raw), arrival).trusts[0]


def received(*hops):
    """Make a report with these Received fields."""
    return report(block(), received=hops)


@pytest.mark.parametrize(
    ("raw", "peer", "grade"),
    [
        (received(LOCAL), "192.0.2.10", Grade.REPORTER),
        (received(), "192.0.2.10", Grade.REPORTER),
        (received(), "2001:db8::1", Grade.REPORTER),
        (received(), "::ffff:192.0.2.10", Grade.REPORTER),
        (received("from mx2.example.net (mx2.example.net [192.0.2.11]) by mx.example.net", LOCAL), "192.0.2.10", Grade.REPORTER),
        (received(), "203.0.113.9", Grade.NONE),
        (received(), "unix", Grade.NONE),
        (report(block(), reporting_mta="mx.stranger.example"), "192.0.2.10", Grade.NONE),
        (report(block(), reporting_mta="example.net.stranger.example"), "192.0.2.10", Grade.NONE),
        (received("from evil (evil.example [203.0.113.9]) by mx.example.net", LOCAL), "192.0.2.10", Grade.NONE),
        (received("from [192.0.2.11] (unknown [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from x ([203.0.113.9] helo=[192.0.2.11]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from [192.0.2.11] by mx.example.net ([203.0.113.9])"), "192.0.2.10", Grade.REPORTER),
        (received("from Debian-exim by mx.example.net with local (Exim 4.96) id 1vA"), "192.0.2.10", Grade.REPORTER),
        (received("from localhost (localhost) by mx.example.net (8.17.1.9) id 5AN"), "192.0.2.10", Grade.REPORTER),
        (received("from x by y by mx.example.net with local"), "192.0.2.10", Grade.NONE),
        (received("from a by b with local x (unknown [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from [192.0.2.11] by x (unknown [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from localhost (localhost) by x (evil [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from\tevil (evil.example [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("(envelope-from x) from evil (evil.example [203.0.113.9]) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from 203.0.113.9 (192.0.2.11) by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received(*[LOCAL] * 60), "192.0.2.10", Grade.NONE),
        (received("from nowhere by mx.example.net"), "192.0.2.10", Grade.NONE),
        (received("from unknown (HELO evil) (203.0.113.9) by mx.example.net"), "192.0.2.10", Grade.NONE),
    ],
)
def test_grade(raw, peer, grade):
    """A report is a reporter's only when client, reporting MTA and every hop are ours."""

    assert grade is graded(raw, peer).grade


OURS = "from app.example.net (app.example.net [198.51.100.7]) by mx.example.net (Postfix) with ESMTP id 1; today"
STRANGERS = "from evil.example (unknown [203.0.113.9]) by mx.example.net (Postfix) with ESMTP id 2; today"


@pytest.mark.parametrize(
    ("hops", "grade"),
    [([LOCAL], Grade.REPORTER), ([OURS], Grade.REPORTER), ([STRANGERS], Grade.NONE), ([STRANGERS, OURS], Grade.NONE), ([], Grade.NONE)],
)
def test_backscatter(hops, grade):
    """Our own server bounces a stranger's mail too, sent in our name: only a message that we sent proves anything."""
    returned = "".join(f"Received: {hop}\n" for hop in hops) + "Message-ID: <1@news.example.com>\nTo: anna@example.org\n"

    assert grade is graded(report(block(), returned=returned)).grade


def test_wrapped():
    """Whoever carries a report in a message of his does not vouch for it."""

    assert Grade.NONE is graded(wrapped(report(block()), "MAILER-DAEMON@mx.example.net")).grade


INSIDE = report(block("victim@example.com"), reporting_mta="mx.example.net").decode()


def test_report_within_the_returned_message():
    """A report that stands in the message that is returned is never read: whoever wrote that message wrote it too."""
    raw = report(block("anna@example.org", status="5.2.2")).replace(b"text/rfc822-headers\n\n", b"message/rfc822\n\n" + INSIDE.encode())

    assert ["anna@example.org"] == [failure.recipient.address for failure in parse(raw).failures]


def test_believe_everyone():
    """Who accepts the risk believes strangers, and the reason says so."""
    trust = graded(received(), "203.0.113.9", believe_everyone=True)

    assert (Grade.ASSUMED, "trust.believe is everyone (the client 203.0.113.9 is not in trust.peers)") == (trust.grade, trust.why)
