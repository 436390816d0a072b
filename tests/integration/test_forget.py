"""`bounced forget`: nothing in any file of the daemon names the person any more, raw or decoded; whom not to mail is still known."""

import base64
import contextlib
import quopri
import sqlite3
import zlib

import pytest

from bounced.database.file import scripts, scrub
from bounced.store import Journal, forgetting
from bounced.store.reader import amending_journal, reading_journal
from bounced.store.statements import MIGRATIONS
from tests.integration.test_status import bounced
from tests.journal_samples import NOON, SETTINGS, arrival, draft
from tests.reports import block, report
from tests.servers.daemon import serve

PERSON = "wanted.person@example.org"
VERP = b"wanted.person=example.org"
OTHERS = 150


def encoded(raw, how):
    """Give *raw*, a whole report, as an attachment that is encoded so."""
    coded = base64.encodebytes(raw) if how == "base64" else quopri.encodestring(raw).replace(b"@", b"=40")
    head = f"Message-ID: <{how}@mx>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nwhat came:\n--x\nContent-Type: text/plain\n"
    return f"{head}Content-Transfer-Encoding: {how}\n\n".encode() + coded + b"\n--x--\n"


def about(address, number):
    """A bounce of *address*, which its returned message names too."""
    return report(block(address), message_id=f"<{number}@mx.example.net>", returned=f"Received: by mx.example.net\nTo: <{address}>\n")


def octets(folder):
    """Give the octets of all files, by name."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def decoded(folder):
    """Count the arrivals that are kept, and those that name the person when all of them is decoded."""
    with reading_journal(folder) as connection:
        (number,) = connection.execute("SELECT count(*) FROM arrivals").fetchone()
        return number, len(list(forgetting.mentions(connection, forgetting.is_named(PERSON))))


async def test_nothing_left(tmp_path):
    """Raw, encoded, in VERP, in mail that was no report, in events, history and queue: all of it goes, and nothing of others."""
    folder = tmp_path / "journal"
    async with serve(folder) as daemon:
        for number in range(OTHERS):
            await daemon.send(about(f"other{number}@example.org", number))
            if number % 10 == 0:
                await daemon.send(about(PERSON, f"p{number}"), to=f"news+wanted.person=example.org-{number}@bounce.example.com")
        await daemon.send(b"Subject: hello\n\nWanted.Person@Example.ORG wrote\n")
        for how in ("base64", "quoted-printable"):
            await daemon.send(encoded(about(PERSON, how), how))
        await daemon.logged("arrival.done", times=OTHERS + OTHERS // 10)
        first = await bounced("forget", PERSON, folder=folder)
        await consume(folder)
        code, said = await bounced("forget", PERSON, folder=folder)
        shown = await bounced("list", "show", PERSON, folder=folder)
        found = {name for name, text in octets(folder).items() if PERSON.encode() in text.lower() or VERP in text.lower()}
        kept, named = decoded(folder)
        status = await daemon.status()
        await daemon.send(about(PERSON, "again"))
        again = await daemon.logged("arrival.done", times=OTHERS + OTHERS // 10 + 1)
        code_lifted, _ = await bounced("list", "lift", PERSON, folder=folder)
        lifted = await bounced("list", "show", PERSON, folder=folder)

    assert (75, True) == (first[0], "still to be published or read" in first[1])
    assert (0, set(), 0) == (code, found, named), said
    assert OTHERS == kept
    assert status["balanced"]
    assert (0, True, False) == (shown[0], "suppressed" in shown[1], PERSON in shown[1])
    assert again["decisions"] == {"suppress.invalid-recipient": 1}
    assert (0, True) == (code_lifted, "not suppressed" in lifted[1])


async def consume(folder):
    """Take all off the embedded queue."""
    code, said = await bounced("consume", "--no-follow", folder=folder)
    assert code == 0, said


async def test_archived(tmp_path):
    """What is archived goes too, with what its message has left in the file; the account balances."""
    async with Journal(tmp_path, SETTINGS) as journal:
        for number in range(40):
            await journal.keep(arrival(number, about(PERSON if number % 2 else "other@example.org", number)))
            await journal.settle(arrival(number).id, [draft(f"r{number}")])
            await journal.published([f"r{number}/0"])
        await journal.archive(NOON)
        with reading_journal(tmp_path) as connection:
            seqs = [mention.seq for mention in forgetting.mentions(connection, forgetting.is_named(PERSON))]
        with amending_journal(tmp_path) as connection:
            erased = forgetting.erase(connection, seqs)
        scrubbed = scrub(tmp_path / "journal.db", scripts(MIGRATIONS))
        account = await journal.account()

    assert (20, True, True) == (erased, scrubbed, account.balanced)
    assert set() == {name for name, text in octets(tmp_path).items() if PERSON.encode() in text}
    assert (20, 0) == decoded(tmp_path)


async def test_everything(tmp_path):
    """With --everything not even a hash is kept; a name that only contains the address is another's, and is left alone."""
    folder = tmp_path / "journal"
    async with serve(folder) as daemon:
        await daemon.send(about(PERSON, 1), about(f"not-{PERSON}", 2), about(f"{PERSON}.uk", 3))
        await daemon.logged("arrival.done", times=3)
        await consume(folder)
        code, said = await bounced("forget", PERSON, "--everything", folder=folder)
        shown = [(await bounced("list", "show", name, folder=folder))[0] for name in (PERSON, f"not-{PERSON}", f"{PERSON}.uk")]
        no_address, _ = await bounced("forget", "nobody", folder=folder)

    assert (0, [1, 0, 0], 64) == (code, shown, no_address), said
    with contextlib.closing(sqlite3.connect(folder / "history.db")) as history:
        assert [] == history.execute("SELECT address FROM addresses WHERE address LIKE 'forgotten:%'").fetchall()


@pytest.mark.parametrize(
    ("octets", "is_named"),
    [
        (b"<Wanted.Person@example.org>", True),
        (b"rfc822;wanted.person+40example.org", True),
        (b"?to=wanted.person%40example.org&", True),
        (b"bounce-wanted.person=example.org@news.example", True),
        (b"wanted.person@example.org.", True),
        (b"not-wanted.person@example.org", False),
        (b"unwanted.person@example.org", False),
        (b"wanted.person@example.org.uk", False),
        (b"wanted.person@example.organic", False),
        (zlib.compress(b"wanted.person@example.org"), False),
    ],
)
def test_named(octets, is_named):
    """What names the person is told from what names others."""
    assert is_named == forgetting.is_named(PERSON)(octets)
