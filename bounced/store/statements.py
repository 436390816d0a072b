"""Reads the SQL files beside it: each statement has a name, and a comment where the statement itself does not say why.

A statement begins with `-- name: NAME` and ends before the next. There is no query builder and no ORM: what runs is what stands there.
"""

from importlib.resources import files

_MARK = "-- name: "
_FOLDER = files("bounced.store") / "sql"

#: The scripts of the schemas of the journal and of the history, in the order of their names.
MIGRATIONS = _FOLDER / "migrations"
HISTORY_MIGRATIONS = _FOLDER / "history"
#: The same schema for PostgreSQL.
SERVER_MIGRATIONS = _FOLDER / "history-postgresql"


def statements(file: str) -> dict[str, str]:
    """Read the statements of *file* in `sql/`, by name; their comments stay in, for SQLite to skip."""
    _, *blocks = (_FOLDER / file).read_text(encoding="utf-8").split(_MARK)
    named = (block.partition("\n") for block in blocks)
    return {name.strip(): statement.strip() for name, _, statement in named}
