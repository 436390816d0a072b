-- Every change of the suppression list, in the order in which they were committed: for who mirrors it.

CREATE TABLE changes (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    change     TEXT NOT NULL,                 -- created, changed, lifted, expired
    stream     TEXT NOT NULL,
    address    TEXT NOT NULL,
    since      TEXT NOT NULL,                 -- of the suppression that stands now or, lifted or expired, stood
    until      TEXT,
    category   TEXT NOT NULL,
    because    TEXT NOT NULL,
    generation INTEGER NOT NULL
);

CREATE INDEX changes_at ON changes (at);
-- Suppressions that end by themselves, in the order in which they do.
CREATE INDEX addresses_until ON addresses (until) WHERE until IS NOT NULL;

-- How far the changes are published.
CREATE TABLE feeds (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
);
