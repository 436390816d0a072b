-- The journal's first schema. Times are ISO 8601 in UTC with microseconds, so that they sort as text.

-- One row an accepted message, without its octets: states change, and a row is rewritten whole.
--   waiting  accepted, to be judged           unread  no report, or for the postmaster: a person's
--   decided  judged, events yet to publish    aside   judging it raised: a person's
--   done     nothing left to do
CREATE TABLE arrivals (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    at             TEXT NOT NULL,
    peer           TEXT NOT NULL,
    helo           TEXT NOT NULL,
    mail_from      TEXT,
    rcpt_to        TEXT NOT NULL,              -- a JSON array
    size           INTEGER NOT NULL,
    sha256         TEXT NOT NULL,
    stream         TEXT NOT NULL,
    tls            TEXT,
    for_postmaster INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'decided', 'done', 'unread', 'aside')),
    reason         TEXT                        -- why it is a person's
);

-- What is left to do, in order, and to be counted. Not a partial index: SQLite would not see that one fits a query.
CREATE INDEX arrivals_state ON arrivals (state);
-- What may be pruned, oldest first.
CREATE INDEX arrivals_done ON arrivals (at) WHERE state = 'done';

-- The octets that are kept of an arrival.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY REFERENCES arrivals (seq),
    raw BLOB NOT NULL
);

-- Every report on a recipient that was counted, how far it was believed, and the latest decision on it.
CREATE TABLE reports (
    report_id   TEXT PRIMARY KEY,
    trust_rank  INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    decision_id TEXT NOT NULL,
    at          TEXT NOT NULL
) WITHOUT ROWID;

-- The events that decisions led to, in the order in which they were decided.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    arrival   INTEGER NOT NULL REFERENCES arrivals (seq),
    event_id  TEXT NOT NULL UNIQUE,
    key       TEXT NOT NULL,
    type      TEXT NOT NULL,
    source    TEXT NOT NULL,
    subject   TEXT,
    time      TEXT NOT NULL,
    reference TEXT,
    body      BLOB NOT NULL,
    state     TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'published', 'aside')),
    refusals  INTEGER NOT NULL DEFAULT 0,
    reason    TEXT                             -- why the sink refused it
);

CREATE INDEX outbox_state ON outbox (state);
CREATE INDEX outbox_arrival ON outbox (arrival);

-- What has been counted since the file was made. Arrivals and decisions that are still open are counted where they
-- stand; that both ways of counting agree is the proof that nothing was lost.
CREATE TABLE account (
    only               INTEGER PRIMARY KEY CHECK (only = 1),
    accepted           INTEGER NOT NULL DEFAULT 0,
    done               INTEGER NOT NULL DEFAULT 0,
    erased             INTEGER NOT NULL DEFAULT 0,
    made               INTEGER NOT NULL DEFAULT 0,
    published          INTEGER NOT NULL DEFAULT 0,
    duplicate          INTEGER NOT NULL DEFAULT 0,
    not_for_publishing INTEGER NOT NULL DEFAULT 0,
    kept_bytes         INTEGER NOT NULL DEFAULT 0   -- octets in `messages`
);

INSERT INTO account (only) VALUES (1);
