-- What is remembered of addresses. Times are ISO 8601 in UTC with microseconds, so that they sort as text.

-- One row an address and stream that ever failed. Its suppression, if it has one, may have ended meanwhile: who reads, looks at the clock.
CREATE TABLE addresses (
    seq             INTEGER PRIMARY KEY,
    stream          TEXT NOT NULL,
    address         TEXT NOT NULL,             -- folded
    scores          TEXT NOT NULL,             -- a JSON array, one a day that counted
    suppressed_at   TEXT,
    until           TEXT,                      -- null: until it is lifted
    category        TEXT,
    because         TEXT,
    times           INTEGER NOT NULL,
    generation      INTEGER NOT NULL,
    changed_at      TEXT NOT NULL,
    UNIQUE (address, stream)
);

-- The suppressions, in the order in which they were made.
CREATE INDEX addresses_suppressed ON addresses (suppressed_at) WHERE suppressed_at IS NOT NULL;
-- What may be forgotten, the oldest first.
CREATE INDEX addresses_changed ON addresses (changed_at) WHERE suppressed_at IS NULL OR until IS NOT NULL;

-- Every report that was believed and what was known before it, so that it is counted once and decided alike each time.
CREATE TABLE failures (
    report_id TEXT PRIMARY KEY,
    address   INTEGER NOT NULL REFERENCES addresses (seq) ON DELETE CASCADE,
    at        TEXT NOT NULL,
    category  TEXT NOT NULL,
    points    REAL NOT NULL,
    because   TEXT NOT NULL,
    before    TEXT NOT NULL                    -- the history, JSON
) WITHOUT ROWID;

CREATE INDEX failures_address ON failures (address, at);
CREATE INDEX failures_at ON failures (at);
