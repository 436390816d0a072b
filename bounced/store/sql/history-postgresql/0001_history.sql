-- What is remembered of addresses, as in the embedded history, whose statements it shares: times are text of one length there and here.

CREATE TABLE addresses (
    seq             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream          TEXT COLLATE "C" NOT NULL,
    address         TEXT COLLATE "C" NOT NULL,             -- folded
    scores          TEXT NOT NULL,                         -- a JSON array, one a day that counted
    suppressed_at   TEXT COLLATE "C",
    until           TEXT COLLATE "C",                      -- null: until it is lifted
    category        TEXT,
    because         TEXT,
    times           INTEGER NOT NULL,
    generation      INTEGER NOT NULL,
    changed_at      TEXT COLLATE "C" NOT NULL,
    UNIQUE (address, stream)
);

CREATE INDEX addresses_suppressed ON addresses (suppressed_at, seq) WHERE suppressed_at IS NOT NULL;
CREATE INDEX addresses_changed ON addresses (changed_at) WHERE suppressed_at IS NULL OR until IS NOT NULL;

CREATE TABLE failures (
    report_id TEXT COLLATE "C" PRIMARY KEY,
    address   BIGINT NOT NULL REFERENCES addresses (seq) ON DELETE CASCADE,
    at        TEXT COLLATE "C" NOT NULL,
    category  TEXT NOT NULL,
    points    DOUBLE PRECISION NOT NULL,
    because   TEXT NOT NULL,
    before    TEXT NOT NULL                                -- the history, JSON
);

CREATE INDEX failures_address ON failures (address, at);
CREATE INDEX failures_at ON failures (at);
