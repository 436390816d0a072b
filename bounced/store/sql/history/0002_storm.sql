-- The storm brake (bounced/decide/storm.py): what is usual of each receiver, and what is held for a person to look at.

-- The day of the last message that the address got, as far as that was told.
ALTER TABLE addresses ADD COLUMN delivered_at TEXT;

CREATE TABLE receivers (
    name       TEXT PRIMARY KEY,
    traffic    TEXT NOT NULL,                 -- JSON
    changed_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX receivers_changed ON receivers (changed_at);

-- What would suppress and is held, with the suppression that it is to be; released, it stays until it is forgotten, so that a second
-- release changes nothing.
CREATE TABLE held (
    report_id   TEXT PRIMARY KEY REFERENCES failures (report_id) ON DELETE CASCADE,
    receiver    TEXT NOT NULL,
    at          TEXT NOT NULL,
    until       TEXT,
    category    TEXT NOT NULL,
    because     TEXT NOT NULL,
    event       TEXT,                          -- the event that would have been published; null where it is not for publishing
    released_by TEXT                           -- the id of the arrival that ordered it
) WITHOUT ROWID;

CREATE INDEX held_open ON held (receiver, at) WHERE released_by IS NULL;
