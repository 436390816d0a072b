-- What is done is archived (its message reduced and compressed), then deleted by age and size. Arrivals that wait are left as they are.

-- When the arrival was archived: since then its message is compressed. From this moment its age counts.
ALTER TABLE arrivals ADD COLUMN archived_at TEXT;
-- Octets of the compressed messages, a part of kept_bytes.
ALTER TABLE account ADD COLUMN archived_bytes INTEGER NOT NULL DEFAULT 0;

DROP INDEX arrivals_done;
CREATE INDEX arrivals_to_archive ON arrivals (state) WHERE state = 'done' AND archived_at IS NULL;
CREATE INDEX arrivals_archived ON arrivals (archived_at) WHERE archived_at IS NOT NULL;
-- What a person did not deal with in time, oldest first.
CREATE INDEX arrivals_unread ON arrivals (at) WHERE state = 'unread';
-- What may be forgotten, oldest first.
CREATE INDEX reports_at ON reports (at);
