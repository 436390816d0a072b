"""The journal's SQL files: every statement is one that SQLite takes, has its name, and reads by an index."""

import sqlite3
from collections import defaultdict
from importlib.resources import files

import pytest

from bounced.database.file import scripts
from bounced.store.statements import MIGRATIONS, statements

FILES = ("account.sql", "archive.sql", "arrivals.sql", "corrections.sql", "outbox.sql")
#: Reads all that is kept, for an operator's command.
WHOLE = "every"
NAMED = [pytest.param(sql, id=f"{file}:{name}") for file in FILES for name, sql in statements(file).items() if name != WHOLE]


@pytest.fixture(scope="module")
def schema():
    connection = sqlite3.connect(":memory:")
    for script in scripts(MIGRATIONS):
        connection.executescript(script)
    yield connection
    connection.close()


def plan(schema, sql):
    """Ask SQLite how it would carry out *sql*."""
    return [row[3] for row in schema.execute(f"EXPLAIN QUERY PLAN {sql}", Parameters())]


class Parameters(defaultdict):
    """A value for whatever parameter a statement names."""

    def __missing__(self, key):
        return 1


@pytest.mark.parametrize("sql", NAMED)
def test_sound(schema, sql):
    """A statement fits the schema, and never walks a table that grows."""
    harmless = ("SCAN account", "SCAN json_each VIRTUAL TABLE")  # one row, and what a statement is about
    walks = [step for step in plan(schema, sql) if step.startswith("SCAN") and not step.startswith(harmless)]

    assert [] == walks


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("arrivals.sql", "waiting"),
        ("archive.sql", "to_archive"),
        ("archive.sql", "oldest"),
        ("archive.sql", "old_unread"),
        ("outbox.sql", "pending"),
    ],
)
def test_in_order(schema, file, name):
    """A page of what waits is read in its order by an index of what waits, never sorted or picked from all that is done."""
    first, *others = plan(schema, statements(file)[name])

    assert "USING INDEX" in first
    assert [] == [step for step in others if "TEMP B-TREE" in step]


@pytest.mark.parametrize("file", FILES)
def test_names(file):
    """Names are given once in a file, and no statement is empty."""
    text = (files("bounced.store") / "sql" / file).read_text()

    assert text.count("-- name: ") == len(statements(file))
    assert all(statements(file).values())
