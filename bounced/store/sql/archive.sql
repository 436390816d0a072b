-- name: to_archive
-- Done, and its message still as it came.
SELECT seq, length(raw) AS octets
  FROM arrivals INDEXED BY arrivals_to_archive JOIN messages USING (seq)
 WHERE state = 'done' AND archived_at IS NULL
 ORDER BY seq
 LIMIT :limit

-- name: message
SELECT raw, mail_from, rcpt_to FROM messages JOIN arrivals USING (seq) WHERE seq = :seq

-- name: archive
UPDATE arrivals SET archived_at = :at WHERE seq = :seq AND state = 'done' AND archived_at IS NULL

-- name: replace_message
UPDATE messages SET raw = :raw WHERE seq = :seq

-- name: count_archived
UPDATE account SET kept_bytes = kept_bytes - :before + :after, archived_bytes = archived_bytes + :after

-- name: archived_bytes
SELECT archived_bytes FROM account

-- name: oldest
-- Archived, the oldest first. Not one of whose events was set aside, nor one that was judged anew and waits to be published.
SELECT seq, archived_at, length(raw) AS octets
  FROM arrivals INDEXED BY arrivals_archived JOIN messages USING (seq)
 WHERE archived_at IS NOT NULL AND state = 'done'
   AND NOT EXISTS (SELECT 1 FROM outbox WHERE arrival = arrivals.seq AND outbox.state = 'aside')
 ORDER BY archived_at
 LIMIT :limit

-- name: old_unread
SELECT seq, length(raw) AS octets
  FROM arrivals INDEXED BY arrivals_unread JOIN messages USING (seq)
 WHERE state = 'unread' AND at < :before
 ORDER BY at
 LIMIT :limit

-- name: held_by_person
SELECT seq, length(raw) AS octets FROM arrivals JOIN messages USING (seq) WHERE id = :id AND state IN ('unread', 'aside')

-- name: delete_events
DELETE FROM outbox WHERE arrival = :seq

-- name: delete_message
DELETE FROM messages WHERE seq = :seq

-- name: delete_arrival
DELETE FROM arrivals WHERE seq = :seq

-- name: count_deleted
-- Count out the octets of deleted messages; `erased` are those that were never done.
UPDATE account
   SET kept_bytes = kept_bytes - :octets, archived_bytes = archived_bytes - :archived, erased = erased + :erased

-- name: forget_reports
DELETE FROM reports WHERE report_id IN (SELECT report_id FROM reports WHERE at < :before ORDER BY at LIMIT :limit)
