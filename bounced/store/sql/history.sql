-- name: counted
-- A report that was counted already, with what was known before it.
SELECT before FROM failures WHERE report_id = :report_id

-- name: memory
SELECT seq, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE address = :address AND stream = :stream

-- name: remember
INSERT INTO addresses (stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at,
                       changed_at)
VALUES (:stream, :address, :scores, :suppressed_at, :until, :category, :because, :times, :generation, :delivered_at, :changed_at)
    ON CONFLICT (address, stream) DO UPDATE
   SET scores = excluded.scores, suppressed_at = excluded.suppressed_at, until = excluded.until, category = excluded.category,
       because = excluded.because, times = excluded.times, generation = excluded.generation, delivered_at = excluded.delivered_at,
       changed_at = excluded.changed_at
RETURNING seq

-- name: count
INSERT INTO failures (report_id, address, at, category, points, because, before)
VALUES (:report_id, :address, :at, :category, :points, :because, :before)

-- name: forget_failures
DELETE FROM failures WHERE report_id IN (SELECT report_id FROM failures WHERE at < :before ORDER BY at LIMIT :limit)

-- name: forget_addresses
-- Unchanged for so long, and not suppressed, or no longer for as long.
DELETE FROM addresses
 WHERE seq IN (SELECT seq
                 FROM addresses
                WHERE (suppressed_at IS NULL OR until IS NOT NULL) AND changed_at < :before AND coalesce(until, '') < :before
                ORDER BY changed_at
                LIMIT :limit)

-- name: forget_changes
DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE at < :before ORDER BY at LIMIT :limit)

-- name: forget_receivers
DELETE FROM receivers WHERE name IN (SELECT name FROM receivers WHERE changed_at < :before ORDER BY changed_at LIMIT :limit)

-- name: suppressed
-- Those that stand, in the order in which they were made, from the one after a given one.
SELECT seq, stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE suppressed_at IS NOT NULL
   AND (suppressed_at, seq) > (:after, :after_seq)
   AND (until IS NULL OR until > :now)
   AND (CAST(:stream AS TEXT) IS NULL OR stream = :stream)
 ORDER BY suppressed_at, seq
 LIMIT :limit

-- name: check
-- Those of some addresses (as many names as a page has) that are suppressed.
SELECT seq, stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE address IN (:addresses)
   AND suppressed_at IS NOT NULL
   AND (until IS NULL OR until > :now)
   AND (CAST(:stream AS TEXT) IS NULL OR stream = :stream)

-- name: ended
-- Suppressions that have ended by themselves, and that nobody was told of yet.
SELECT seq, stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE until IS NOT NULL AND until <= :now
 ORDER BY until
 LIMIT :limit

-- name: matching
SELECT seq, stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE suppressed_at IS NOT NULL
   AND (until IS NULL OR until > :now)
   AND replace(address, :part, '') <> address
 ORDER BY address, stream
 LIMIT :limit

-- name: of_address
SELECT seq, stream, address, scores, suppressed_at, until, category, because, times, generation, delivered_at
  FROM addresses
 WHERE address = :address
 ORDER BY stream

-- name: failures_of
SELECT report_id, at, category, points, because FROM failures WHERE address = :seq ORDER BY at DESC LIMIT :limit
