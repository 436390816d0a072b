"""What holds of `parse` for any bytes: it answers, and in steps that the size bounds."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bounced
from bounced.model import Kind, Report
from bounced.parse import condense, parse
from bounced.parse.mime import MAX_DEPTH
from tests.reports import block, report

SAMPLES = sorted((Path(bounced.__file__).parent / "samples").glob("*.eml"))
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "messages"
#: Words that the grammar gives a meaning, and some that only look like it.
TOKENS = [
    *(b"\r\n", b"\n", b"\r", b"\n\n", b" ", b"\t", b";", b":", b"--", b"=", b'"', b"(", b"<", b"@", b"\0", b"\xff", b"=?utf-8?q?", b"?="),
    *(b"Content-Type: ", b"multipart/report", b"multipart/mixed", b"boundary=x", b'boundary="', b"--x", b"--x--", b"message/rfc822"),
    *(
        b"message/delivery-status",
        b"text/html",
        b"Content-Transfer-Encoding: base64\n",
        b"quoted-printable",
        b"charset=punycode",
        b"Received: ",
    ),
    *(
        b"Final-Recipient: rfc822; ",
        b"Original-Recipient:",
        b"Action: failed\n",
        b"Status: 5.1.1\n",
        b"Diagnostic-Code: smtp; 550 5.1.1 no\n",
    ),
    *(b"anna@example.org", b"prvs=1=a@b.example", b"SRS0=a=b=c=d@e.example", b"From: MAILER-DAEMON\n", b"Reporting-MTA: dns; a.example\n"),
]
mails = st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from(TOKENS), max_size=200).map(b"".join))


@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mails)
def test_any_bytes(raw):
    """Any bytes give a report, and the same one each time; what is kept of them is never more than they are."""
    read = parse(raw)

    assert isinstance(read, Report)
    assert read == parse(raw)
    assert len(condense(raw)) <= len(raw)


@pytest.mark.parametrize("part", range(5))
def test_every_prefix(part):
    """Messages cut off anywhere are read without an exception: every prefix of fifty of them."""
    by_size = sorted((path.read_bytes() for path in CORPUS.rglob("*.eml")), key=len)  # none where the corpus is not at hand
    messages = by_size[150:190] + [path.read_bytes() for path in SAMPLES]

    kinds = {parse(raw[:length]).kind for raw in messages[part::5] for length in range(len(raw))}

    assert Kind.NOT_A_REPORT in kinds


def nested(depth):
    """Multiparts within one another."""
    return b"".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'.encode() for n in range(depth))


BOMBS = {
    "nested multiparts": lambda n: nested(n // 60),
    "parts": lambda n: b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\n\n" * (n // 6),
    "boundary look-alikes": lambda n: b"Content-Type: multipart/report; boundary=b\n\n" + b"--bb\n" * (n // 5),
    "boundaries within lines": lambda n: b"Content-Type: multipart/report; boundary=b\n\n" + b"x--b" * (n // 4),
    "nested messages": lambda n: b"From: MAILER-DAEMON\n" + b"Content-Type: message/rfc822\n\n" * (n // 30),
    "one long header": lambda n: b"Subject: " + b"a" * n,
    "many headers": lambda n: b"a:b\n" * (n // 4),
    "folded header": lambda n: b"To: " + b"a\n " * (n // 3),
    "one long line": lambda n: b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; " + b"a" * n,
    "no colons": lambda n: b"Content-Type: message/delivery-status\n\n" + b"Action " * (n // 7),
    "blocks": lambda n: report(*[block(f"a{i}@example.org") for i in range(n // 70)]),
    "addresses": lambda n: report(block(), returned="To: " + "a@b.c," * (n // 6)),
    "at signs": lambda n: report(block(), returned="To: " + "@" * n),
    "local parts": lambda n: report(block("a" * n), returned="To: " + "a" * n),
    "encoded words": lambda n: report(block(), returned="Subject: " + "=?utf-8?q?" * (n // 10)),
    "codes": lambda n: report(block(diagnostic_code="smtp; " + "5.1." * (n // 4))),
    "digits": lambda n: report(block(diagnostic_code="smtp; " + "5" * n)),
    "parameters": lambda n: b"Content-Type: multipart/report" + b"; a=b" * (n // 5) + b"\n\n",
    "comments": lambda n: b"Content-Type: " + b"(" * n + b"\n\n",
    "banners": lambda n: b"From: MAILER-DAEMON\n\n" + b"--- Addresses failed ---\n<a@b.c>\n" * (n // 33),
    "tags": lambda n: b"From: MAILER-DAEMON\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/html\n\n" + b"<" * n,
}


def steps(raw):
    """Count the lines of ours that run while *raw* is parsed."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        if "bounced" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        parse(raw)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("bomb", BOMBS)
def test_steps(bomb):
    """Steps are bounded by the size: four times the octets take at most about four times the steps."""
    small, large = (steps(BOMBS[bomb](size)) for size in (20_000, 80_000))

    assert large <= 4.5 * small + 200
    assert large <= 15 * 80_000


class Counting(bytes):
    """Octets that count how many of them are searched."""

    searched = 0

    def find(self, sought, start=0, end=None):
        """Find, and count the octets from *start* to what is found."""
        end = len(self) if end is None else end
        found = super().find(sought, start, end)
        self.searched += (found if found != -1 else end) - start
        return found


@pytest.mark.parametrize("bomb", BOMBS)
def test_octets_searched(bomb):
    """The scan passes over the octets at most once a level of nesting, and a few times for the header block."""
    raw = Counting(BOMBS[bomb](200_000))
    parse(raw)

    assert raw.searched <= (2 * MAX_DEPTH + 6) * len(raw)
