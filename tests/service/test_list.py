"""`bounced list`: the history shown, exported and changed, beside the process that writes it."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from functools import partial

import click
import pytest
from click.testing import CliRunner

from bounced import cli
from bounced.errors import InputUnreadable
from bounced.model import Suppression
from bounced.store import forgetting, suppressions
from bounced.store.hashed import make_key
from bounced.store.history import Histories, in_folder, on_server
from tests.service.test_history import tell

STORY = (
    (0, "full", "r1"),
    (1, "dead", "r2", "bob@example.org"),
    (2, "unwanted", "r3", "=carl@example.org"),
    (3, "bare", "r4", "dora@example.org"),
)


@pytest.fixture(params=["embedded", "postgresql"])
async def run(request, tmp_path):
    """Run a command on a history that is being written meanwhile, of each kind."""
    environ, engine = {"BOUNCED_JOURNAL__FOLDER": str(tmp_path)}, in_folder(tmp_path)
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").new_database()
        environ |= {"BOUNCED_HISTORY__STORE": "postgresql", "BOUNCED_HISTORY__URL": url}
        engine = on_server(url, seconds=30)

    async def run(*arguments, given=""):
        return await asyncio.to_thread(
            CliRunner().invoke, cli._bounced, ["list", *arguments], env=environ, input=given, catch_exceptions=False, standalone_mode=False
        )

    async with Histories(engine, commit_seconds=30) as histories:
        await tell(histories, *STORY)
        await tell(histories, (1, "dead", "r5"), stream="news")
        run.histories = histories
        yield run


async def test_show(run):
    """Each stream's standing with its reason, points that live no more, and the failures; in any case of letters; 1 for who is unknown."""
    shown = await run("show", "ANNA@example.org")
    unknown = await run("show", "nobody@example.org")

    assert "anna@example.org in stream default: not suppressed" in shown.stdout
    assert (
        "anna@example.org in stream news: suppressed since 2026-03-02T12:00:00+00:00 until it is lifted, invalid-recipient: It failed"
        in shown.stdout
    )
    assert "mailbox-full\t1\tIt failed; it counts" in shown.stdout
    assert "  0 of 5 points, from 0 days" in shown.stdout
    assert (0, 1) == (shown.return_value, unknown.return_value)


async def test_export(run):
    """All that stand, the oldest first; what has ended is left out; CSV and JSON lines say the same."""
    rows = list(csv.reader(io.StringIO((await run("export")).stdout)))
    lines = [json.loads(line) for line in (await run("export", "--jsonl")).stdout.splitlines()]
    news = list(csv.reader(io.StringIO((await run("export", "--stream", "news")).stdout)))

    assert ["address", "stream", "since", "until", "category", "because"] == rows[0]
    assert {("bob@example.org", "default"), ("anna@example.org", "news"), ("=carl@example.org", "default")} == {
        (row[0], row[1]) for row in rows[1:]
    }
    assert sorted(row[2] for row in rows[1:]) == [row[2] for row in rows[1:]]
    assert rows[1:] == [list(line.values()) for line in lines]
    assert ["anna@example.org"] == [row[0] for row in news[1:]]


async def test_export_pages(run):
    """More than fit in a page are all there, each once."""
    await tell(run.histories, *((1, "dead", f"x{number}", f"reader{number}@example.org") for number in range(2500)))
    rows = list(csv.reader(io.StringIO((await run("export")).stdout)))[1:]

    assert 2503 == len(rows) == len({(row[0], row[1]) for row in rows})


async def test_lift(run):
    """What is lifted counts no more, in the streams that are meant, and the writer knows it at the next report."""
    lifted = await run("lift", "bob@example.org")
    other_stream = await run("lift", "anna@example.org", "--stream", "weekly")
    nobody = await run("lift", "nobody@example.org")
    (after,) = await tell(run.histories, (4, "list", "r9", "bob@example.org"))

    assert "bob@example.org in stream default: lifted; it was suppressed since" in lifted.stdout
    assert (0, 1, 1) == (lifted.return_value, other_stream.return_value, nobody.return_value)
    assert (None, 2) == (after.history.memory.suppression, after.history.memory.generation)


async def test_delivered(run):
    """Who got a message is forgiven, but for a complaint; what is no address is named and left out."""
    given = "bob@example.org\n\nno address\n=carl@example.org\nanna@example.org\nstranger@example.org\n"
    done = await run("delivered", "-", given=given)
    left = list(csv.reader(io.StringIO((await run("export")).stdout)))[1:]

    named = ("stranger@example.org", "bob@example.org")
    known = [await run.histories.database.read(partial(suppressions.about, address=each)) for each in named]

    assert [datetime.now(UTC).date()] * 2 == [entries[0].memory.delivered.date() for entries in known]
    assert "line 3: no address: no address; left out" in done.stderr
    assert "3 addresses forgiven" in done.stderr
    assert ["=carl@example.org"] == [row[0] for row in left]


async def test_no_history(tmp_path):
    """Where none is kept, that is said."""
    environ = {"BOUNCED_JOURNAL__FOLDER": str(tmp_path)}
    with pytest.raises(InputUnreadable, match=r"history\.db is not there"):
        CliRunner().invoke(cli._bounced, ["list", "export"], env=environ, catch_exceptions=False, standalone_mode=False)


async def test_find(run):
    """What is suppressed and has the words in it, in any case of letters; 1 where nothing has."""
    found = await run("find", "CARL@")
    domain = await run("find", "example.org", "--limit", "2")
    nothing = await run("find", "%")

    assert ["=carl@example.org"] == [line.split("\t")[0] for line in found.stdout.splitlines()]
    assert 2 == len(domain.stdout.splitlines())
    assert (0, 1, "") == (found.return_value, nothing.return_value, nothing.stdout)


async def test_add(run):
    """By hand an address is suppressed whatever it was, for some days or for good; a delivery does not lift it, `lift` does."""
    await run("add", "Emil@example.org", "--because", "asked us")
    await run("add", "bob@example.org", "--days", "3", "--stream", "news")
    await run("delivered", "-", given="emil@example.org\n")
    shown = await run("show", "emil@example.org")
    rows = {(row[0], row[1]): row for row in csv.reader(io.StringIO((await run("export")).stdout))}
    lifted = await run("lift", "emil@example.org")

    assert "manual: asked us" in shown.stdout
    assert ("manual", "asked us", "") == (
        rows["emil@example.org", "default"][4],
        rows["emil@example.org", "default"][5],
        rows["emil@example.org", "default"][3],
    )
    assert "manual" == rows["bob@example.org", "news"][4]
    assert rows["bob@example.org", "news"][3]
    assert "lifted; it was suppressed since" in lifted.stdout


@pytest.mark.parametrize(("option", "form"), [([], "csv"), (["--jsonl"], "jsonl")])
async def test_round_trip(run, option, form):
    """What was exported, imported after all was lifted, is the same list; imported once more it changes nothing."""
    before = (await run("export", *option)).stdout  # three that stand to this day
    for address in ("bob@example.org", "=carl@example.org", "dora@example.org", "anna@example.org"):
        await run("lift", address)
    trial = await run("import", "-", "--format", form, "--dry-run", given=before)
    first = await run("import", "-", "--format", form, given=before)
    again = await run("import", "-", "--format", form, given=before)
    after = (await run("export", *option)).stdout

    assert sorted(before.splitlines()) == sorted(after.splitlines())
    assert ["3 addresses would be suppressed, 0 were already, 0 left out"] == trial.stderr.splitlines()
    assert ["3 addresses suppressed, 0 were already, 0 left out"] == first.stderr.splitlines()
    assert ["0 addresses suppressed, 3 were already, 0 left out"] == again.stderr.splitlines()


OTHERS = """\
Email Address,Reason,CREATED
emil@example.org,550 5.1.1 nobody,1700000000
fritz@example.org,"spam, he says",2024-02-03T04:05:06
nobody,x,1700000000
emil@example.org,twice,1700000000
gina@example.org,x,yesterday
,x,1
"""


async def test_of_another_product(run):
    """Columns are mapped; each row that can't be used is named with its line, and the others go in."""
    done = await run("import", "-", "--stream", "shop", "--column", "because=reason", "--column", "since=Created", given=OTHERS)
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO((await run("export", "--stream", "shop")).stdout))}

    assert 1 == done.return_value
    assert [
        "line 4: nobody: no address; left out",
        "line 6: yesterday: no time; left out",
        "line 7: (nothing): no address; left out",
        "2 addresses suppressed, 1 were already, 3 left out",
    ] == done.stderr.splitlines()
    assert ["shop", "2023-11-14T22:13:20+00:00", "", "manual", "550 5.1.1 nobody"] == rows["emil@example.org"]
    assert ["shop", "2024-02-03T04:05:06+00:00", "", "manual", "spam, he says"] == rows["fritz@example.org"]


@pytest.mark.parametrize(
    ("given", "form", "said"),
    [
        ("emil@example.org\n\n fritz@example.org \nx\n", "lines", ["line 4: x: no address; left out", "2 addresses suppressed"]),
        (
            '{"email": "emil@example.org"}\n[]\n{"a": "',
            "jsonl",
            ["line 2: no JSON object", "line 3: no JSON object", "1 address suppressed"],
        ),
        ("address,until\nemil@example.org,2020-01-01\n", "csv", ["line 2: emil@example.org: its suppression is over", "0 addresses"]),
        ("", "csv", ["0 addresses suppressed"]),
        ("a\x00b\nx\n", "csv", ["line 2: ", "0 addresses suppressed"]),
        ("address\nemil@example.org\udcff\n", "csv", ["line 2: ", "0 addresses suppressed"]),
    ],
)
async def test_import_anything(run, given, form, said):
    """Whatever is imported, what can be used goes in and the rest is named."""
    done = await run("import", "-", "--format", form, given=given.encode("utf-8", "surrogateescape"))

    assert len(said) == len(done.stderr.splitlines()), done.stderr
    assert all(line.startswith(part) for line, part in zip(done.stderr.splitlines(), said, strict=True))


async def test_bad_column(run):
    """A column that is none of ours is told."""
    with pytest.raises(click.UsageError, match="want OURS=THEIRS"):
        await run("import", "-", "--column", "mail=Email", given="")


async def test_forgotten(run):
    """Who is forgotten and suppressed stays so, by a hash: found when he is asked for, named in no list, lifted like others."""
    engine, now = run.histories.database._engine, datetime.now(UTC)
    with engine.amending(["news\0anna@example.org"]) as connection:
        known = forgetting.forget(connection, "Anna@Example.org", now, key=make_key(connection))
        again = forgetting.forget(connection, "anna@example.org", now, key=make_key(connection))
    shown = await run("show", "anna@example.org")
    listed = (await run("export")).stdout
    checked = await run.histories.check(["ANNA@example.org", "bob@example.org", "who@example.org"], now)
    asked = await run.histories.suppression("news", "anna@example.org", now)
    lifted = await run("lift", "anna@example.org")
    after = await run.histories.check(["anna@example.org"], now)

    assert ((2, 1), (1, 1)) == (known, again)
    assert "in stream news: suppressed" in shown.stdout
    assert "anna@" not in listed
    assert {"anna@example.org", "bob@example.org"} == {entry.address for entry in checked}
    assert asked is not None
    assert (0, []) == (lifted.return_value, after)


@pytest.mark.parametrize("how", ["delivered", "suppressed"])
async def test_forgotten_and_changed(run, how):
    """Who was forgotten and gets mail, or is suppressed anew, has one standing, whoever is asked: no hash is left beside it."""
    now = datetime.now(UTC)
    with run.histories.database._engine.amending(["news\0anna@example.org"]) as connection:
        forgetting.forget(connection, "anna@example.org", now, key=make_key(connection))
    if how == "delivered":
        await run.histories.delivered("news", ["anna@example.org"], now, frozenset(), now)
    else:
        again = Suppression(since=now, until=None, category="manual", because="again")
        await run.histories.suppress("news", "anna@example.org", again, now)
    checked = await run.histories.check(["anna@example.org"], now)
    asked = await run.histories.suppression("news", "anna@example.org", now)
    with run.histories.database._engine.reading() as connection:
        entries = suppressions.about(connection, "anna@example.org")

    assert ["anna@example.org"] == [entry.address for entry in entries if entry.stream == "news"]
    assert (how == "suppressed") == bool(asked)
    assert ([] if asked is None else ["again"]) == [entry.memory.suppression.because for entry in checked]
