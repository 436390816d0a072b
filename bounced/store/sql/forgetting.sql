-- name: key
SELECT key FROM forgetting

-- name: make_key
INSERT INTO forgetting (one, key) VALUES (1, :key) ON CONFLICT DO NOTHING

-- name: forget_address
DELETE FROM addresses WHERE seq = :seq

-- name: forget_name
DELETE FROM addresses WHERE address = :name AND stream = :stream

-- name: keep_hash
UPDATE addresses SET address = :hash, scores = '[]', because = :because, delivered_at = NULL WHERE seq = :seq

-- name: forget_failures_of
DELETE FROM failures WHERE address = :seq

-- name: forget_changes_of
DELETE FROM changes WHERE address = :address

-- name: kept
-- All that is kept of arrivals, from the one after a given one.
SELECT seq, id, state, peer, helo, mail_from, rcpt_to, reason, raw, archived_at
  FROM arrivals JOIN messages USING (seq)
 WHERE seq > :after
 ORDER BY seq
 LIMIT :limit

-- name: events_of
SELECT subject, reference, body FROM outbox WHERE arrival = :seq

-- name: rows
SELECT seq, state, archived_at, length(raw) AS octets,
       (SELECT count(*) FROM outbox WHERE arrival = arrivals.seq AND outbox.state = 'aside') AS aside
  FROM arrivals JOIN messages USING (seq)
 WHERE seq = :seq AND state IN ('done', 'unread', 'aside')

-- name: count_forgotten
-- Events that the sink refused, and a person was to look at, came to nothing.
UPDATE account
   SET kept_bytes = kept_bytes - :octets, archived_bytes = archived_bytes - :archived, erased = erased + :erased,
       not_for_publishing = not_for_publishing + :aside
