-- name: judged
-- Kept arrivals that were judged or could be: not those that wait to be, nor the postmaster's. From the one after a given one.
SELECT seq, id, state
  FROM arrivals
 WHERE seq > :after AND state <> 'waiting' AND form <> 'release' AND NOT for_postmaster
 ORDER BY seq
 LIMIT :limit

-- name: published
-- Events that are kept, published or not, in the order in which they were decided, from the one after a given one.
SELECT seq, body FROM outbox WHERE seq > :after ORDER BY seq LIMIT :limit

-- name: arrival
SELECT seq, at, state FROM arrivals WHERE id = :id AND state IN ('done', 'decided')

-- name: standing
-- The latest decision on a report, and its event, as long as the arrival is kept that led to it.
SELECT revision, decision_id, body
  FROM reports JOIN outbox ON event_id = decision_id
 WHERE report_id = :report_id AND arrival = (SELECT seq FROM arrivals WHERE id = :id)

-- name: count_made
UPDATE account SET made = made + 1

-- name: count_reopened
-- What was counted as done has an event to publish again.
UPDATE account SET done = done - 1

-- name: decided
UPDATE arrivals SET state = 'decided' WHERE seq = :seq
