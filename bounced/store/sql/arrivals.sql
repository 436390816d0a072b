-- name: accept
-- Count an arrival and its octets in, unless that would exceed the limit. What is archived has a limit of its own.
UPDATE account
   SET accepted = accepted + 1, kept_bytes = kept_bytes + :octets
 WHERE kept_bytes - archived_bytes + :octets <= :max_bytes

-- name: insert_arrival
INSERT INTO arrivals (id, at, peer, helo, mail_from, rcpt_to, size, sha256, stream, tls, for_postmaster, form, state, reason)
VALUES (:id, :at, :peer, :helo, :mail_from, :rcpt_to, :size, :sha256, :stream, :tls, :for_postmaster, :form, :state, :reason)

-- name: insert_message
INSERT INTO messages (seq, raw) VALUES (:seq, :raw)

-- name: waiting
-- Arrivals to be judged, oldest first, from the one after a given one.
SELECT seq, id, at, peer, helo, mail_from, rcpt_to, raw, size, sha256, stream, tls, for_postmaster, form, archived_at
  FROM arrivals JOIN messages USING (seq)
 WHERE state = 'waiting' AND seq > coalesce((SELECT seq FROM arrivals WHERE id = :after), 0)
 ORDER BY seq
 LIMIT :limit

-- name: waiting_ids
SELECT id FROM arrivals WHERE state = 'waiting'

-- name: begin_first
UPDATE arrivals SET begun = 1 WHERE id = :id AND begun = 0

-- name: begin
UPDATE arrivals SET begun = begun + 1 WHERE id = :id RETURNING begun

-- name: hand_to_person
-- From `waiting` alone: what is settled stays settled.
UPDATE arrivals SET state = :state, reason = :reason WHERE id = :id AND state = 'waiting'

-- name: set_row_aside
-- By its number, because its id may be what is damaged.
UPDATE arrivals SET state = 'aside', reason = :reason WHERE seq = :seq AND state = 'waiting'

-- name: release
-- Give back to be judged what waits for a person; the postmaster's mail is never judged.
UPDATE arrivals SET state = 'waiting', reason = NULL, begun = 0 WHERE id = :id AND state IN ('unread', 'aside') AND for_postmaster = 0

-- name: held
-- What waits for a person, the newest first, with as much of the message as holds its header. The inner query sorts
-- numbers alone, of however many there are.
SELECT id, at, peer, mail_from, rcpt_to, size, state, reason, substr(raw, 1, 16384) AS head
  FROM arrivals JOIN messages USING (seq)
 WHERE seq IN (SELECT seq FROM arrivals WHERE state IN ('unread', 'aside') ORDER BY seq DESC LIMIT :limit)
 ORDER BY seq DESC

-- name: arrival
SELECT id, at, peer, helo, mail_from, rcpt_to, raw, size, sha256, stream, tls, for_postmaster, form, archived_at
  FROM arrivals JOIN messages USING (seq)
 WHERE id = :id

-- name: every
-- For an operator's command, beside the daemon.
SELECT id, at, peer, helo, mail_from, rcpt_to, raw, size, sha256, stream, tls, for_postmaster, form, archived_at
  FROM arrivals JOIN messages USING (seq)
 WHERE form = 'message' AND NOT for_postmaster
 ORDER BY seq
