-- name: accept
-- Count an arrival and its octets in, unless that would exceed the limit.
UPDATE account
   SET accepted = accepted + 1, kept_bytes = kept_bytes + :octets
 WHERE kept_bytes + :octets <= :max_bytes

-- name: insert_arrival
INSERT INTO arrivals (id, at, peer, helo, mail_from, rcpt_to, size, sha256, stream, tls, for_postmaster, state, reason)
VALUES (:id, :at, :peer, :helo, :mail_from, :rcpt_to, :size, :sha256, :stream, :tls, :for_postmaster, :state, :reason)

-- name: insert_message
INSERT INTO messages (seq, raw) VALUES (:seq, :raw)

-- name: waiting
-- Arrivals to be judged, oldest first, from the one after a given one.
SELECT id, at, peer, helo, mail_from, rcpt_to, raw, size, sha256, stream, tls, for_postmaster
  FROM arrivals JOIN messages USING (seq)
 WHERE state = 'waiting' AND seq > coalesce((SELECT seq FROM arrivals WHERE id = :after), 0)
 ORDER BY seq
 LIMIT :limit

-- name: hand_to_person
-- From `waiting` alone: what is settled stays settled.
UPDATE arrivals SET state = :state, reason = :reason WHERE id = :id AND state = 'waiting'

-- name: held
-- What waits for a person, the newest first, with as much of the message as holds its header. The inner query sorts
-- numbers alone, of however many there are.
SELECT id, at, peer, mail_from, rcpt_to, size, state, reason, substr(raw, 1, 16384) AS head
  FROM arrivals JOIN messages USING (seq)
 WHERE seq IN (SELECT seq FROM arrivals WHERE state IN ('unread', 'aside') ORDER BY seq DESC LIMIT :limit)
 ORDER BY seq DESC

-- name: arrival
SELECT id, at, peer, helo, mail_from, rcpt_to, raw, size, sha256, stream, tls, for_postmaster
  FROM arrivals JOIN messages USING (seq)
 WHERE id = :id

-- name: prunable
-- Done, old enough, and with no event of theirs set aside: for that one, a person may want the message. The index is
-- named because SQLite would choose that of the states, and sort all that is done.
SELECT seq, length(raw) AS octets
  FROM arrivals INDEXED BY arrivals_done JOIN messages USING (seq)
 WHERE state = 'done' AND at < :before
   AND NOT EXISTS (SELECT 1 FROM outbox WHERE arrival = arrivals.seq AND outbox.state = 'aside')
 ORDER BY at
 LIMIT :limit

-- name: delete_events
DELETE FROM outbox WHERE arrival = :seq

-- name: delete_message
DELETE FROM messages WHERE seq = :seq

-- name: delete_arrival
DELETE FROM arrivals WHERE seq = :seq

-- name: release
-- Count out the octets of pruned messages.
UPDATE account SET kept_bytes = kept_bytes - :octets
