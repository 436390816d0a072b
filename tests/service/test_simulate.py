"""`bounced simulate`: the policy in force does again what the daemon did, and another shows what it would have done."""

import json
import random
from datetime import timedelta

import pytest
from click.testing import CliRunner
from msgspec import structs

from bounced import cli
from bounced.config import Config
from bounced.decide import policy
from bounced.decide.simulation import Observed, Play
from bounced.model import Kind, Report
from bounced.pipeline.drafting import draft
from bounced.pipeline.remembering import Asked, Remembered
from bounced.service.terms import terms_of
from bounced.store.history import Histories, in_folder
from tests.reports import block, report
from tests.servers.daemon import serve
from tests.service.test_history import BELIEVED, DELIVERED, STRANGER, arrival, case
from tests.unit.test_counting import CATEGORIES, FINDINGS, START

TERMS = terms_of(Config())
WHAT = ["full", "soft", "dead", "bare", "net", "list", "ok", "unwanted", "abandoned"]


def story(seed, number=300):
    """Make up what happens to ten addresses in half a year."""
    chance = random.Random(seed)  # noqa: S311 variety, not secrecy
    days = sorted(chance.uniform(0, 180) for _ in range(number))
    return [
        (day, chance.choice(WHAT), f"r{n}", f"reader{chance.randrange(10)}@example.org", chance.choice([BELIEVED, BELIEVED, STRANGER]))
        for n, day in enumerate(days)
    ]


async def played(folder, events):
    """Have a daemon's history decide *events*; give what it published, and who is suppressed in the end."""
    bodies = []
    terms = TERMS._replace(site=TERMS.site._replace(kinds=frozenset(Kind)))
    async with Histories(in_folder(folder), commit_seconds=30) as histories:
        for day, *rest in events:
            at = arrival(day)
            told = case(*rest)
            if told.finding is FINDINGS["bare"]:  # its rule is how a bare code is known by
                told = structs.replace(told, finding=structs.replace(told.finding, rule="codes.550"))
            (verdict,) = await Remembered(histories).verdicts(TERMS.judge, [Asked(at, told)])
            bodies.append(draft(terms, at, Report(kind=Kind.BOUNCE, identity=""), verdict).make(0, None).body)
        listed = await histories.check([f"reader{number}@example.org" for number in range(10)], START + timedelta(days=events[-1][0]))
    return bodies, {entry.address for entry in listed}


def simulate(*arguments, given=b"", **environ):
    """Run the command."""
    command = ["simulate", *map(str, arguments)]
    return CliRunner().invoke(cli._bounced, command, input=given, env=environ, catch_exceptions=False, standalone_mode=False)


def table(said):
    """Read the rows of the first table."""
    return {row[0]: (int(row[1]), int(row[2])) for line in said.splitlines() if len(row := line.split("\t")) == 3}


@pytest.mark.parametrize("seed", range(5))
async def test_again(tmp_path, seed):
    """Played by the policy in force what was published leads to the list that there is, also when it comes twice and in no order."""
    bodies, listed = await played(tmp_path, story(seed))
    (tmp_path / "none.toml").write_text("")
    lines = [*bodies, *bodies[:50]]
    random.Random(1).shuffle(lines)  # noqa: S311 variety, not secrecy
    rows = table(simulate(tmp_path / "none.toml", "-", given=b"\n".join(lines)).stdout)

    assert listed
    assert (len(listed), len(listed)) == rows["suppressed at the end"]
    assert all(today == other for today, other in rows.values())


async def test_other(tmp_path):
    """A policy for which a full mailbox is enough suppresses those, and --list names them."""
    bodies, _ = await played(tmp_path, [(0, "full", "r1"), (1, "dead", "r2", "bob@example.org")])
    (tmp_path / "strict.toml").write_text("[category.mailbox-full]\ndisposition = 'suppress'\n")
    (tmp_path / "events").write_bytes(b"\n".join([*bodies, b"{", b""]))
    done = simulate(tmp_path / "strict.toml", tmp_path / "events", "--list")
    rows = table(done.stdout)

    assert (0, 1) == rows["suppressed: mailbox-full"]
    assert (1, 1) == rows["suppressed: invalid-recipient"]
    assert (1, 2) == rows["suppressed at the end"]
    assert "anna@example.org\tdefault\tsimulated\t2026-03-01\tmailbox-full\tIt failed" in done.stdout
    assert "line 3: " in done.stderr


async def test_of_an_older_release(tmp_path):
    """Events that don't say whether a failure was permanent are read by their codes."""
    bodies, _ = await played(tmp_path, [(0, "dead", "r1")])
    event = json.loads(bodies[0])
    del event["data"]["decision"]["permanent"], event["data"]["decision"]["abandoned"]
    event["data"]["dsn"] |= {"action": "failed", "status": "5.1.1"}
    (tmp_path / "none.toml").write_text("")
    temporary = json.loads(json.dumps(event))
    temporary["data"]["dsn"]["status"] = "4.1.1"
    rows = [table(simulate(tmp_path / "none.toml", "-", given=json.dumps(each).encode()).stdout) for each in (event, temporary)]

    assert [(1, 1), (0, 0)] == [each["suppressed at the end"] for each in rows]


def test_nothing(tmp_path):
    """No events are no error."""
    (tmp_path / "none.toml").write_text("")

    assert (0, 0) == table(simulate(tmp_path / "none.toml", "-").stdout)["suppressed at the end"]


def test_lifted():
    """A delivery lifts what the policy lets it lift, and that is counted."""
    rules = policy.load(CATEGORIES)
    play = Play(rules)
    seen = Observed(at=START, stream="default", address="anna@example.org", report_id="r1", finding=FINDINGS["dead"], trust=BELIEVED)
    play.tell(seen)
    play.tell(structs.replace(seen, at=START + timedelta(days=1), report_id="r2", finding=DELIVERED))

    assert (1, 1, set()) == (play.suppressed.total(), play.lifted.total(), play.standing(START + timedelta(days=2)))


async def test_of_the_journals(tmp_path):
    """Without a file the events that the journals keep are played, storms left out."""
    folder = tmp_path / "journal"
    (tmp_path / "none.toml").write_text("")
    async with serve(folder, f"file:{tmp_path / 'events'}", STORM__ADDRESSES="20") as daemon:
        await daemon.send(*(report(block(f"reader{number}@example.org"), message_id=f"<{number}>") for number in range(30)))
        await daemon.logged("arrival.done", times=30)
        await daemon.end()
    done = simulate(tmp_path / "none.toml", BOUNCED_JOURNAL__FOLDER=str(folder))

    assert (30, 30) == table(done.stdout)["suppressed at the end"]
    assert "30 reports from" in done.stderr
    assert "left out" not in done.stderr
