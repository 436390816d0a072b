-- name: traffic
SELECT traffic FROM receivers WHERE name = :name

-- name: keep_traffic
INSERT INTO receivers (name, traffic, changed_at) VALUES (:name, :traffic, :changed_at)
    ON CONFLICT (name) DO UPDATE SET traffic = excluded.traffic, changed_at = excluded.changed_at

-- name: hold
INSERT INTO held (report_id, receiver, at, until, category, because, event)
VALUES (:report_id, :receiver, :at, :until, :category, :because, :event)

-- name: is_held
-- Whether something is held that is about an address, which is then not counted once more.
SELECT 1 FROM held JOIN failures USING (report_id) WHERE failures.address = :address AND released_by IS NULL LIMIT 1

-- name: drop_of_address
-- It is suppressed by another failure meanwhile, or got a message, or an operator lifted it.
DELETE FROM held
 WHERE released_by IS NULL
   AND report_id IN (SELECT report_id FROM failures WHERE address = (SELECT seq FROM addresses WHERE address = :address AND stream = :stream))

-- name: storms
-- What is held, by receiver, the newest last.
SELECT receiver, count(*) AS number, min(held.at) AS since, max(held.at) AS latest, min(held.because) AS because
  FROM held
 WHERE released_by IS NULL
 GROUP BY receiver
 ORDER BY latest

-- name: held
-- What is held of a receiver (all, where none is named), up to a time (or all), the oldest first.
SELECT report_id, receiver, held.at AS at, addresses.address AS address, stream, held.category AS category
  FROM held JOIN failures USING (report_id) JOIN addresses ON addresses.seq = failures.address
 WHERE released_by IS NULL
   AND (CAST(:receiver AS TEXT) IS NULL OR receiver = :receiver)
   AND (CAST(:before AS TEXT) IS NULL OR held.at <= :before)
   AND (held.at, report_id) > (:after, :after_id)
 ORDER BY held.at, report_id
 LIMIT :limit

-- name: whose
SELECT stream, addresses.address AS address, receiver
  FROM held JOIN failures USING (report_id) JOIN addresses ON addresses.seq = failures.address
 WHERE report_id = :report_id

-- name: to_release
-- One that is held, or that this very order has released before.
SELECT held.receiver AS receiver, held.at AS at, held.until AS until, held.category AS category, held.because AS because, event,
       released_by, addresses.address AS address, stream, failures.before AS before
  FROM held JOIN failures USING (report_id) JOIN addresses ON addresses.seq = failures.address
 WHERE report_id = :report_id AND (released_by IS NULL OR released_by = :by)

-- name: release
UPDATE held SET released_by = :by WHERE report_id = :report_id

-- name: forget_storm
-- Told again of the report, we answer as if no storm had been: it is released.
UPDATE failures SET before = :before WHERE report_id = :report_id

-- name: drop
DELETE FROM held WHERE report_id = :report_id AND released_by IS NULL
