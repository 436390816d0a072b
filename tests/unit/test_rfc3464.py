"""Delivery status notifications, as specified and as they come."""

import pytest

from bounced.model import Action, Envelope, Kind, Source
from bounced.parse import parse
from tests.reports import block, endings, report, wrapped

FIVE_FATES = report(
    block("hard@example.org", diagnostic_code="smtp; 550 5.1.1 <hard@example.org>: no such\n    user"),
    block("soft@example.org", action="Failed", status="4.4.7", diagnostic_code="smtp; 452 4.2.2 mailbox is full"),
    block("late@example.org", action="delayed", status="4.4.1", will_retry_until="Tue, 24 Nov 2026 10:00:00 +0000"),
    block("fine@example.org", action="delivered", status="2.0.0"),
    "Final-Recipient rfc822; broken@example.org\nAction failed\nStatus: 5.7.1 (refused)\nnonsense\n",
)


@pytest.mark.parametrize("ending", ["LF", "CRLF", "CR"])
def test_five_fates(ending):
    """Five recipients of five fates, one block broken, are read alike in every line ending."""
    read = parse(endings(FIVE_FATES)[ending])

    assert [
        ("hard@example.org", Kind.BOUNCE, Action.FAILED, "5.1.1", 550),
        ("soft@example.org", Kind.BOUNCE, Action.FAILED, "4.4.7", 452),
        ("late@example.org", Kind.DELAY, Action.DELAYED, "4.4.1", None),
        ("fine@example.org", Kind.DELIVERY, Action.DELIVERED, "2.0.0", None),
        ("broken@example.org", Kind.BOUNCE, Action.FAILED, "5.7.1", None),
    ] == [(each.recipient.address, each.kind, each.action, each.status, each.reply) for each in read.failures]


def test_report():
    """What holds for all recipients, and the returned message, is read once."""
    read = parse(report(block(), received=["by mx.example.net (Postfix) id 1; today"]))

    assert (Kind.BOUNCE, "rfc3464", "mx.example.net", ("by mx.example.net (Postfix) id 1; today",)) == (
        read.kind,
        read.reader,
        read.reporting_mta,
        read.hops,
    )
    assert ("<original-1@news.example.com>", "October news", ("anna@example.org",)) == (
        read.original.message_id,
        read.original.subject,
        read.original.to,
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Reporting-MTA: dns; a.example\n\n" + block("a@example.org") + "\n" + block("b@example.org"), ["a@example.org", "b@example.org"]),
        ("Reporting-MTA: dns; a.example\n" + block("a@example.org") + block("b@example.org"), ["a@example.org", "b@example.org"]),
        ("Final-Recipient: rfc822; a@example.org\n\nAction: failed\n\nStatus: 5.1.1\n", ["a@example.org"]),
        (block("a@example.org") + "\nAction: failed\nStatus: 5.2.1\n\n" + block("b@example.org"), ["a@example.org", None, "b@example.org"]),
        ("\n\n\n" + block("a@example.org"), ["a@example.org"]),
    ],
)
def test_blocks(status, expected):
    """Blank lines within blocks, none between them, and a block without its address are told apart."""
    raw = b"Content-Type: message/delivery-status\n\n" + status.encode()

    assert expected == [failure.recipient.address for failure in parse(raw).failures]


def test_original_recipient():
    """The address that was mailed goes before the one that a forwarder made of it, which is kept."""
    failure = parse(report(block("anna.new@host.example", original_recipient="rfc822;anna@example.org"))).failures[0]

    assert ("anna@example.org", Source.ORIGINAL_RECIPIENT, "anna.new@host.example") == (
        failure.recipient.address,
        failure.recipient.source,
        failure.recipient.final,
    )


@pytest.mark.parametrize(
    ("field", "status", "action", "kind"),
    [
        ("FAILED", "5.0.0", Action.FAILED, Kind.BOUNCE),
        ("failed (permanently)", "5.0.0", Action.FAILED, Kind.BOUNCE),
        ("expired", "4.4.7", Action.FAILED, Kind.BOUNCE),
        ("relayed", "2.0.0", Action.RELAYED, Kind.DELIVERY),
        ("Delayed", "4.0.0", Action.DELAYED, Kind.DELAY),
        (None, "5.1.1", Action.FAILED, Kind.BOUNCE),
        (None, "4.1.1", None, Kind.BOUNCE),
        (None, "2.1.5", Action.DELIVERED, Kind.DELIVERY),
    ],
)
def test_action(field, status, action, kind):
    """Actions are read in any case and with comments; without one, the status speaks."""
    failure = parse(report(block(action=field, status=status))).failures[0]

    assert (action, kind) == (failure.action, failure.kind)


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("base64", lambda text: __import__("base64").encodebytes(text)), ("quoted-printable", lambda text: text.replace(b"=", b"=3D"))],
)
def test_encoded_status(encoding, encode):
    """A status part may come base64 or quoted-printable, which RFC 3464 forbids."""
    raw = f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}\n\n".encode() + encode(block().encode())

    assert ["anna@example.org"] == [failure.recipient.address for failure in parse(raw).failures]


def test_nameless():
    """Where the block names a program in place of an address, the returned message says who was mailed."""
    failure = parse(report(block("|/usr/bin/deliver"))).failures[0]

    assert ("anna@example.org", Source.RETURNED_MESSAGE, "|/usr/bin/deliver") == (
        failure.recipient.address,
        failure.recipient.source,
        failure.recipient.final,
    )


def test_utf8():
    """A report of RFC 6533 names UTF-8 addresses, escaped or plain."""
    raw = "Content-Type: message/global-delivery-status\n\n" + block(final_recipient="utf-8; änna@exämple.org")

    assert "änna@exämple.org" == parse(raw.encode()).failures[0].recipient.address


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"Subject: hello\n\nHow are you?\n",
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example\n",
        wrapped(report(block()), "colleague@example.com"),
    ],
    ids=["empty", "blank", "a letter", "no recipients", "forwarded by a person"],
)
def test_no_report(raw):
    """What reports nothing, and what a person forwards, is no report."""

    assert Kind.NOT_A_REPORT is parse(raw).kind


def test_wrapped():
    """A report that a gateway wraps as an attachment is the gateway's bounce."""
    raw = wrapped(report(block()), "MAILER-DAEMON@gw.example")

    assert ["anna@example.org"] == [failure.recipient.address for failure in parse(raw).failures]


def test_wrong_boundary():
    """A report whose header names another boundary than its body uses is read by the one in the body."""
    raw = report(block()).replace(b'boundary="=_report"', b'boundary="=_other"')

    assert ["anna@example.org"] == [failure.recipient.address for failure in parse(raw).failures]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (report(block(), message_id="<report-1@mx.example.net>", received=["by other; later"]), True),
        (report(block(), message_id="<report-2@mx.example.net>"), False),
    ],
)
def test_identity(other, same):
    """A report is the same by its Message-ID, whatever way it took."""

    assert same is (parse(report(block())).identity == parse(other).identity)


def test_identity_without_message_id():
    """Without a Message-ID, Date, From and body tell reports apart, in any line ending."""
    raw = report(block(), message_id=None)

    assert 1 == len({parse(each).identity for each in endings(raw).values()})
    assert parse(raw).identity != parse(raw.replace(b"anna", b"bert")).identity


def test_reply_in_status():
    """A server that writes the reply into the comment of the Status field, and no diagnostic, is read too."""
    failure = parse(report(block(status="5.1.1 (550 no such user here)"))).failures[0]

    assert (550, "5.1.1", "550 no such user here") == (failure.reply, failure.status, failure.diagnostic)


@pytest.mark.parametrize(("diagnostic", "expected"), [("smtp; message size exceeds size limit 200 of server", None), ("x-unix; 77", None)])
def test_no_reply(diagnostic, expected):
    """A size is no reply of success, and a program's exit status none at all."""

    assert expected is parse(report(block(status="5.3.4", diagnostic_code=diagnostic))).failures[0].reply


def test_words_of_another():
    """A server that repeats the first recipient's answer for all says nothing of the others."""
    said = "smtp; 550 5.1.1 <a@example.org>: user unknown"
    failures = parse(report(block("a@example.org", diagnostic_code=said), block("b@example.org", diagnostic_code=said))).failures

    assert [(550, "5.1.1"), (None, None)] == [(failure.reply, failure.status) for failure in failures]


TRACE = "Received: from news.example.com by mx.example.net for <{}>; today\nTo: {}\nSubject: October news\n"


@pytest.mark.parametrize(
    ("final", "mailed", "to", "expected"),
    [
        ("nils@host.example", "info@example.net", "info@example.net", ("info@example.net", "nils@host.example")),
        ("nils@host.example", "nils@host.example", "info@example.net", ("nils@host.example", None)),
        ("nils@host.example", "info@example.net", "list@example.net", ("nils@host.example", None)),
        ("nils@host.example", "nils@example.net", "nils@example.net", ("nils@host.example", None)),
    ],
    ids=["an alias", "blind copy", "a list", "one name at two domains"],
)
def test_mailed(final, mailed, to, expected):
    """The address behind an alias gives way to the one that the returned message proves to have been mailed, and to no other."""
    recipient = parse(report(block(final), returned=TRACE.format(mailed, to))).failures[0].recipient

    assert expected == (recipient.address, recipient.final)


def test_own_return_path():
    """A report never names our own return path as the recipient that failed."""
    read = parse(report(block("return@bounce.example.com")), Envelope("", ("Return@bounce.example.com",)))

    assert [None] == [failure.recipient.address for failure in read.failures]
