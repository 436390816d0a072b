"""Ten thousand forged reports, of every kind that we could think of, suppress nobody; the honest ones among them all suppress."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bounced.decide import ReturnPaths, assess
from bounced.judging import Judge
from bounced.model import Arrival, Disposition, Envelope, History
from bounced.parse import parse
from bounced.return_path import Keys, sign
from tests.reports import RETURNED, block, report, wrapped

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS, OTHERS = Keys({1: b"1" * 32, 2: b"2" * 32}), Keys({1: b"x" * 32, 2: b"y" * 32, 3: b"z" * 32})
OURS, STRANGER = "192.0.2.10", "203.0.113.9"
GRADE = assess([OURS], ["mx.example.net"], believe_everyone=False, return_paths=ReturnPaths(KEYS, "b-", 30))
JUDGE = Judge.load()
EACH = 450
#: Whose account the forger has: he gets our mail, and so has return paths that we signed for him.
FORGER = "mallory@example.org"
#: The references of his own messages: who is found by them is himself.
HIS_OWN = {FORGER, "m-1", "m-2"}
ANYWHERE = "return@bounce.example.com"
Sent = tuple[bytes, str, str]


class Forger:
    """Forges reports on a victim; *chance* is his only source of variety."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.victim = f"reader{chance.randrange(10**6)}@example.org"

    def signed(self, recipient: str, reference: str = "", keys: Keys = KEYS, at: datetime = NOW) -> str:
        """Give the return path of a message to *recipient*."""
        return sign(recipient, "bounce.example.com", keys, at, reference=reference)

    def about(self, *recipients: str, **more: object) -> bytes:
        """Make a report that is new, on the victim or on *recipients*."""
        number = self.chance.randrange(10**9)
        return report(*map(block, recipients or (self.victim,)), message_id=f"<{number}@mx.example.net>", **more)

    def returning(self, *fields: str) -> str:
        """Make the header of a returned message to the victim, with *fields*."""
        return "".join(f"{field}\n" for field in ("Message-ID: <1@news.example.com>", f"To: {self.victim}", *fields))

    def mangled(self, local: str) -> str:
        """Change one character of a token."""
        at = self.chance.randrange(2, local.index("@"))
        other = self.chance.choice([each for each in "abcdefghijklmnopqrstuvwxyz234567" if each != local[at]])
        return local[:at] + other + local[at + 1 :]

    def spliced(self) -> str:
        """Put the tag of one of his own return paths in the place of another's."""
        one, other = self.signed(FORGER, "m-1"), self.signed("mallory2@example.org", "m-2")
        at = self.chance.randrange(4, 40)
        return one[:at] + other[at:]

    def complaint(self, *fields: str) -> bytes:
        """Make a feedback report on the victim (RFC 5965)."""
        said = "".join(
            f"{field}\n" for field in ("Feedback-Type: abuse", "User-Agent: x/1", "Version: 1", f"Original-Rcpt-To: {self.victim}", *fields)
        )
        return (
            'From: fbl@example.org\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
            f"--b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\n{said}\n"
            f"--b\nContent-Type: message/rfc822\n\n{self.returning()}\nHello.\n--b--\n"
        ).encode()


#: Kinds of forgery: what is sent, to which recipient, by which client.
FORGERIES: dict[str, Callable[[Forger], Sent]] = {
    "no token": lambda by: (by.about(), ANYWHERE, STRANGER),
    "his own token": lambda by: (by.about(), by.signed(FORGER), STRANGER),
    "his own token with a reference": lambda by: (by.about(), by.signed(FORGER, "m-1"), STRANGER),
    "another reader's token": lambda by: (by.about(), by.signed("bob@example.org"), STRANGER),
    "wrong key": lambda by: (by.about(), by.signed(by.victim, keys=OTHERS), STRANGER),
    "unknown key": lambda by: (by.about(), by.signed(by.victim, keys=Keys({3: b"z" * 32})), STRANGER),
    "old token": lambda by: (by.about(), by.signed(by.victim, at=NOW - by.chance.randrange(31, 3000) * DAY), STRANGER),
    "token of the future": lambda by: (by.about(), by.signed(by.victim, at=NOW + by.chance.randrange(2, 3000) * DAY), STRANGER),
    "changed": lambda by: (by.about(), by.mangled(by.signed(by.victim)), STRANGER),
    "changed, in capitals": lambda by: (by.about(), by.mangled(by.signed(by.victim)).upper(), STRANGER),
    "truncated": lambda by: (by.about(), f"{by.signed(by.victim)[: by.chance.randrange(2, 31)]}@bounce.example.com", STRANGER),
    "lengthened": lambda by: (by.about(), by.signed(by.victim).replace("@", by.chance.choice(["a", "aa", "a2", "aaaa"]) + "@"), STRANGER),
    "spliced": lambda by: (by.about(), by.spliced(), STRANGER),
    "one token, many recipients": lambda by: (
        by.about(FORGER, *(f"{number}.{by.victim}" for number in range(20))), by.signed(FORGER), STRANGER,
    ),
    "token in the wrong place": lambda by: (
        by.about(text=f"{by.signed(by.victim)}\nReturn-Path: <{by.signed(by.victim)}>\n"), ANYWHERE, STRANGER,
    ),
    "token in a field of the report": lambda by: (
        f"Return-Path: <{by.signed(by.victim)}>\nX-Original-To: {by.signed(by.victim)}\n".encode() + by.about(),
        ANYWHERE, STRANGER,
    ),
    "returned header made up": lambda by: (
        by.about(returned=by.returning(f"Return-Path: <{by.signed(FORGER)}>")), ANYWHERE, STRANGER,
    ),
    "reporting MTA made up": lambda by: (by.about(returned=RETURNED), ANYWHERE, STRANGER),
    "trace made up": lambda by: (by.about(received=[f"from localhost ([{OURS}]) by mx.example.net"]), ANYWHERE, STRANGER),
    "relayed by a server of ours": lambda by: (
        by.about(received=[f"from evil.example (evil.example [{STRANGER}]) by mx.example.net"]), ANYWHERE, OURS,
    ),
    "bounced by a server of ours (backscatter)": lambda by: (
        by.about(returned=f"Received: from evil.example (evil.example [{STRANGER}]) by mx.example.net\n{by.returning()}"),
        ANYWHERE, OURS,
    ),
    "carried by another message": lambda by: (wrapped(by.about(), "MAILER-DAEMON@mx.example.net"), ANYWHERE, OURS),
    "made by a server that is not ours": lambda by: (by.about(reporting_mta="mx.evil.example"), ANYWHERE, OURS),
    "complaint without a token": lambda by: (by.complaint(), "fbl@bounce.example.com", STRANGER),
    "complaint with a forged one": lambda by: (
        by.complaint(f"Original-Mail-From: <{by.mangled(by.signed(by.victim))}>"), "fbl@bounce.example.com", STRANGER,
    ),
}  # fmt: skip


def suppressed(sent: Sent) -> list[str]:
    """Judge what was sent; name whom it suppresses, by address or by our own reference."""
    raw, to, peer = sent
    arrival = Arrival(id="1", at=NOW, peer=peer, helo="", envelope=Envelope("", (to,)), raw=raw, size=len(raw), sha256="")
    found, trusts = GRADE(parse(raw, arrival.envelope), arrival)
    verdicts = JUDGE.judge(found, trusts, History(), NOW)
    return [
        each.failure.recipient.address or each.decision.trust.reference
        for each in verdicts
        if each.decision.disposition is Disposition.SUPPRESS
    ]


def test_forgeries():
    """None suppresses anybody but the forger himself; an honest report about each victim, made of the same parts, does."""
    chance = random.Random(20261127)  # noqa: S311 variety, not secrecy
    caught: dict[str, list[str]] = {}
    honest = 0
    for kind, forge in FORGERIES.items():
        for _ in range(EACH):
            forger = Forger(chance)
            if wrong := [each for each in suppressed(forge(forger)) if each not in HIS_OWN]:
                caught.setdefault(kind, []).extend(wrong)
            honest += [forger.victim] == suppressed((forger.about(), forger.signed(forger.victim), STRANGER))

    assert {} == caught
    assert EACH * len(FORGERIES) == honest
    assert (True, True) == (EACH * len(FORGERIES) >= 10_000, len(FORGERIES) >= 20)


def test_one_token_ten_thousand_recipients():
    """A report that names ten thousand, with one valid token, suppresses the one that it was signed for."""
    forger = Forger(random.Random(1))  # noqa: S311 variety, not secrecy
    named = [f"reader{number}@example.org" for number in range(10_000)]

    assert ["reader4@example.org"] == suppressed((forger.about(*named), forger.signed("reader4@example.org"), STRANGER))
    assert [] == suppressed((forger.about(*named), forger.signed(FORGER), STRANGER))


def test_parts_are_honest():
    """The forged reports are reports, and name the victim: what keeps them from suppressing is that nobody believes them."""
    forger = Forger(random.Random(2))  # noqa: S311 variety, not secrecy
    unread = [
        kind
        for kind, forge in FORGERIES.items()
        if not re.search(rb"reader\d+@example\.org", forge(forger)[0]) or not parse(forge(forger)[0]).failures
    ]

    assert [] == unread
