-- name: latest
-- Events, the newest first, before a given one.
SELECT seq, event_id, time, body FROM outbox WHERE seq < :before ORDER BY seq DESC LIMIT :limit

-- name: event
SELECT body FROM outbox WHERE event_id = :id

-- name: decision_on
SELECT decision_id FROM reports WHERE report_id = :report_id
