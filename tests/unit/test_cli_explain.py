"""`bounced explain`: everything that was understood, on two screens, and nothing of a stranger's that is not text."""

import base64
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import bounced
from bounced import cli
from bounced.explain.places import Place, Places
from bounced.model import Envelope
from bounced.parse.mail import Mail
from tests.reports import block, report

SAMPLES = sorted((Path(bounced.__file__).parent / "samples").glob("*.eml"))
SCREENS = 90
REPORT = report(
    block(
        "anna@example.org",
        status="4.7.1",
        diagnostic_code="smtp; 550 5.1.1 <anna@example.org>:\n no such user here",
        remote_mta="dns; mx.example.org",
    ),
    block("ben@example.org", status="5.2.2", diagnostic_code="smtp; 552 5.2.2 mailbox full"),
)


def explain(raw, *arguments, columns=0):
    """Run `bounced explain` on *raw*; return what it prints into a pipe, or on a terminal of so many *columns*, less its colours."""
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(columns)} if columns else {}
    environment = {"BOUNCED_CONFIG": None, **terminal}
    result = CliRunner().invoke(cli._bounced, ["explain", "-", *arguments], input=raw, env=environment, catch_exceptions=False)
    return re.sub(r"\x1b\[[\d;]*m", "", result.stdout) if columns else result.stdout


def line_of(raw, text):
    """Return the number of the first line of *raw* that begins with *text*."""
    return next(number for number, line in enumerate(raw.decode().splitlines(), start=1) if line.startswith(text))


def test_everything_is_there():
    """Parts, readers that spoke and that declined with why, evidence, category, rule, what lost, decision, remedy."""
    words = " ".join(explain(REPORT).split())
    wanted = [
        "bounce, read by rfc3464", "multipart/report", "message/delivery-status part 2", "rfc3464 spoke: 2 recipients", "declined:",
        "mx.example.net", "October news", "anna@example.org: suppress", "from final-recipient", "generic.unknown-user", "invalid-recipient",
        "ben@example.org: retry", "mailbox-full", "Stop mailing this address", "because", "advice: never",
    ]  # fmt: skip

    assert [] == [each for each in wanted if each not in words], words


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines(ending):
    """Each piece of evidence is told with its line in the file, for each recipient its own, whatever ends lines."""
    words = " ".join(explain(REPORT.replace(b"\n", ending)).split())
    first, second = (line_of(REPORT, f"Final-Recipient: rfc822; {name}@") for name in ("anna", "ben"))

    assert f"address from final-recipient line {first} action failed line {first + 1} status 4.7.1 line {first + 2}" in words
    assert f"diagnostic 550 5.1.1 <anna@example.org>: no such user here line {first + 3}" in words
    assert f"remote mta mx.example.org line {first + 5}" in words
    assert f"address from final-recipient line {second} action failed line {second + 1} status 5.2.2 line {second + 2}" in words


def test_lines_of_encoded_parts():
    """What stands in an encoded part is found there, and told with the part's number."""
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nplain\n--x\nContent-Transfer-Encoding: base64\n\n"
    raw += base64.b64encode(b"one\ntwo anna@example.org\n") + b"\n--x--\n"
    places = Places(Mail(raw, Envelope()))
    found = places.find("anna@example.org")

    assert Place(2, 2) == places[found]
    assert None is places.find("ben@example.org")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_two_screens(path):
    """A normal report takes no more than two screens of 80 columns."""
    lines = explain(path.read_bytes(), columns=80).splitlines()

    assert len(lines) <= SCREENS
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_pipe_and_terminal(path):
    """A terminal folds long lines and cuts none; a pipe has them whole, without blanks at the end, and no heading over nothing."""
    piped, folded = explain(path.read_bytes()), explain(path.read_bytes(), columns=60)

    assert "".join(piped.split()) == "".join(folded.split())
    assert [] == [line for line in piped.splitlines() if line != line.rstrip()]
    assert [] == re.findall(r"^\w+\n\n", piped, re.MULTILINE)


def test_many_recipients():
    """Of very many recipients the first few are shown, the others counted."""
    output = explain(report(*(block(f"r{number}@example.org") for number in range(3000))))

    assert "and 2997 more recipients" in output
    assert len(output.splitlines()) <= SCREENS


def test_many_parts():
    """A bomb of nested parts is cut too."""
    raw = "".join(f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n" for depth in range(200)).encode()
    flat = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhello\n" * 5000

    assert [] == [output for output in map(explain, (raw, flat)) if len(output.splitlines()) > SCREENS]


CONTROLS = "\x1b[2J\x1b]0;evil\x07\x9b31m\x00\x08\r\u202e\u2066"


def test_no_control_characters():
    """Nothing in a message gets a control character onto the terminal: no escape sequence, no text direction, no title."""
    raw = report(
        block(f"anna{CONTROLS}@example.org", diagnostic_code=f"smtp; 550 {CONTROLS} user unknown", remote_mta=f"dns; mx{CONTROLS}"),
        message_id=f"<{CONTROLS}@x>",
        reporting_mta=f"mx{CONTROLS}.example.net",
        returned=f"Subject: {CONTROLS}\nMessage-ID: <{CONTROLS}>\nTo: {CONTROLS}\n",
        text=CONTROLS,
    ).replace(b"text/plain", f"text/pl{CONTROLS}ain".encode())
    output = explain(raw)

    assert [] == [character for character in set(output) if not character.isprintable() and character != "\n"]
    assert "suppress" in output


@pytest.mark.parametrize("raw", [b"", b"\n", b"\xff" * 5000, b"Subject: hello\n\nHow are you?\n", b"Content-Type: multipart/report\n\n"])
def test_not_a_report(raw):
    """What is no report is explained too: every reader that was asked declines, and says why."""
    output = explain(raw)

    assert "not-a-report" in output
    assert re.search(r"declined: \w", output)


def test_site_rules(tmp_path):
    """The site's rules are asked first, here as in the daemon."""
    (tmp_path / "site.toml").write_text(
        '[[rule]]\nid = "site.here"\ncategory = "recipient-refused"\nphrases = ["user here"]\nexamples = ["550 no such user here"]\n',
        encoding="utf-8",
    )
    words = " ".join(explain(REPORT, "--rules", str(tmp_path)).split())

    assert "rule site.here" in words
    assert "- rule generic.unknown-user (invalid-recipient), by no such user: it comes later" in words
