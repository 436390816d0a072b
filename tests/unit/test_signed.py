"""What a signed return path proves of a report, and of whose: forgeries suppress nobody, forwards the right one."""

from datetime import UTC, datetime, timedelta

import pytest

from bounced.decide import ReturnPaths, assess
from bounced.judging import Judge
from bounced.model import Arrival, Envelope, Grade, History
from bounced.parse import parse
from bounced.return_path import Keys, sign
from tests.reports import block, report

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
KEYS = Keys({1: b"1" * 32, 2: b"2" * 32})
PATHS = ReturnPaths(KEYS, "b-", 30)
JUDGE = Judge.load()


def path(recipient="anna@example.org", *, keys=KEYS, days_ago=0, reference="c42-17"):
    """Sign a return path for *recipient*."""
    return sign(recipient, "bounce.example.com", keys, NOW - timedelta(days=days_ago), reference=reference)


def judged(raw, *rcpt_to, peer="203.0.113.9"):
    """Judge a report that a stranger hands in; give the address, grade, disposition and reference of each decision."""
    arrival = Arrival(id="1", at=NOW, peer=peer, helo="", envelope=Envelope("", rcpt_to), raw=raw, size=len(raw), sha256="")
    grade = assess(["192.0.2.10"], ["mx.example.net"], believe_everyone=False, return_paths=PATHS)
    found, trusts = grade(parse(raw, arrival.envelope), arrival)
    verdicts = JUDGE.judge(found, trusts, History(), NOW)
    return [
        (each.failure.recipient.address, each.decision.trust.grade, each.decision.disposition, each.decision.trust.reference)
        for each in verdicts
    ]


def returned(to="anna@example.org", *more):
    """Make the header of a returned message to *to*."""
    return "".join(f"{line}\n" for line in (f"To: {to}", "Message-ID: <1@news.example.com>", *more))


SIGNED = ("anna@example.org", Grade.SIGNED, "suppress", "c42-17")


def test_signed():
    """A stranger's report that comes back to the return path signed for its recipient suppresses him, and bears the reference."""

    assert [SIGNED] == judged(report(block()), path())


@pytest.mark.parametrize(
    "place",
    [
        lambda: judged(report(block()), path().upper()),
        lambda: judged(report(block()), f"prvs=0123456789={path()}"),
        lambda: judged(report(block()), "other@bounce.example.com", path()),
        lambda: judged(report(block(), returned=returned("anna@example.org", f"Return-Path: <{path()}>")), "fbl@bounce.example.com"),
        lambda: judged(report(block()), path(days_ago=30)),
        lambda: judged(report(block()), path(keys=Keys({1: KEYS.secrets[1]}))),
        lambda: judged(report(block("Anna@Example.org")), path("aNNa@example.ORG")),
    ],
)
def test_wherever_it_comes_back(place):
    """In capitals, wrapped, among others, in the returned header, on its last day, by a former key: it is the same."""
    ((address, grade, disposition, reference),) = place()

    assert ("anna@example.org", Grade.SIGNED, "suppress", "c42-17") == (address.lower(), grade, disposition, reference)


def changed(text, place):
    """Change one character."""
    return text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]


FORGERIES = {
    "no token": (report(block()), "return@bounce.example.com"),
    "another's token": (report(block("victim@example.com")), path()),
    "another's token, with the returned message faked": (
        report(block("victim@example.com"), returned=returned("victim@example.com")),
        path(),
    ),
    "changed recipient tag": (report(block()), changed(path(), 20)),
    "changed day": (report(block()), changed(path(), 4)),
    "changed key id": (report(block()), changed(path(), 2)),
    "changed mac": (report(block()), changed(path(), 44 - 4)),
    "old": (report(block()), path(days_ago=31)),
    "years old": (report(block()), path(days_ago=4000)),
    "from tomorrow's week": (report(block()), path(days_ago=-8)),
    "wrong key": (report(block()), path(keys=Keys({1: b"3" * 32}))),
    "unknown key": (report(block()), path(keys=Keys({9: KEYS.secrets[1]}))),
    "empty key": (report(block()), path(keys=Keys({7: b""}))),
    "truncated": (report(block()), path().partition("@")[0][:-3] + "@bounce.example.com"),
    "prolonged": (report(block()), path().partition("@")[0] + "aa@bounce.example.com"),
    "nothing but the prefix": (report(block()), "b-@bounce.example.com"),
    "the token in the subject": (report(block(), returned=returned("anna@example.org", f"Subject: {path()}")), "return@bounce.example.com"),
    "the token in the text": (report(block(), text=f"Return-Path: <{path()}>\n"), "return@bounce.example.com"),
    "an unsigned To added": (report(block("victim@example.com"), returned=returned("anna@example.org, victim@example.com")), path()),
    "ten thousand recipients": (report(*(block(f"victim{number}@example.com") for number in range(10_000))), path()),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged(name):
    """None of these suppresses anybody but, where the token is valid, the one that it was signed for."""
    raw, rcpt_to = FORGERIES[name]
    found = judged(raw, rcpt_to)

    assert not [each for each in found if each[0] != "anna@example.org" and each[0] is not None and each[2] == "suppress"]
    assert rcpt_to == path() or not [each for each in found if each[2] == "suppress"]


def test_one_of_many():
    """Of a report on many recipients the token vouches for its own alone."""
    found = judged(report(*(block(f"{name}@example.org") for name in ("eve", "anna", "bob"))), path())

    assert [Grade.NONE, Grade.SIGNED, Grade.NONE] == [grade for _, grade, _, _ in found]
    assert ["anna@example.org"] == [address for address, _, disposition, _ in found if disposition == "suppress"]


def test_forwarded():
    """A forwarder that names an address of its own suppresses the one that was mailed, when it returns the message's header."""

    assert [SIGNED] == judged(report(block("anna.new@host.example"), returned=returned()), path())


def test_forwarded_with_nothing_returned():
    """Without the returned header nobody is named, and the reference says who it is."""

    assert [(None, Grade.SIGNED, "suppress", "c42-17")] == judged(report(block("anna.new@host.example"), returned="Subject: x\n"), path())


def test_forwarded_without_a_reference():
    """With neither a name nor a reference there is nobody to suppress: the report is a stranger's."""
    ((address, grade, disposition, _),) = judged(report(block("anna.new@host.example"), returned="Subject: x\n"), path(reference=""))

    assert ("anna.new@host.example", Grade.NONE, "retry") == (address, grade, disposition)


@pytest.mark.parametrize(("days_ago", "grade"), [(31, Grade.EXPIRED), (0, Grade.FORGED)])
def test_worth_of_what_is_not_valid(days_ago, grade):
    """An old one is expired, one by another key forged; each is withheld with its reason."""
    keys = KEYS if grade is Grade.EXPIRED else Keys({1: b"3" * 32})
    ((_, found, disposition, reference),) = judged(report(block()), path(keys=keys, days_ago=days_ago))

    assert (grade, "retry", None) == (found, disposition, reference)


def test_old_one_of_our_own_server():
    """What our own server reports is believed also when the message had waited long: the token takes nothing away."""
    ((_, grade, disposition, _),) = judged(report(block()), path(days_ago=31), peer="192.0.2.10")

    assert (Grade.REPORTER, "suppress") == (grade, disposition)


def complaint(*fields):
    """Make a feedback report (RFC 5965 §2, Appendix B) whose second part has these fields more."""
    lines = ["Feedback-Type: abuse", "User-Agent: SomeGenerator/1.0", "Version: 1", *fields]
    parts = "".join(f"{line}\n" for line in lines)
    return (
        "From: <abusedesk@example.com>\nSubject: FW: Earn money\nTo: <fbl@bounce.example.com>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="part"\n\n'
        "--part\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--part\nContent-Type: message/feedback-report\n\n{parts}\n"
        "--part\nContent-Type: message/rfc822\n\nFrom: <news@example.net>\nTo: <anna@example.org>\nSubject: Earn money\n\nhello\n--part--\n"
    ).encode()


def test_complaint():
    """A complaint with our token in Original-Mail-From suppresses; without, it is withheld."""
    with_token = judged(complaint(f"Original-Mail-From: <{path()}>"), "fbl@bounce.example.com")
    without = judged(complaint("Original-Mail-From: <news@example.net>"), "fbl@bounce.example.com")

    assert [SIGNED] == with_token
    assert [("anna@example.org", Grade.NONE, "retry", None)] == without


def test_domain_in_other_letters():
    """A recipient signed with his domain in A-labels is known when the report writes it in Unicode, and the other way round."""
    plain, coded = "anna@bücher.example", "anna@xn--bcher-kva.example"

    for signed, named in ((plain, coded), (coded, plain)):
        assert [Grade.SIGNED] == [grade for _, grade, _, _ in judged(report(block(named)), path(signed))]
