-- name: to_settle
-- Those of some arrivals that are not judged yet. Here and below the plus sign keeps the index of states out, which holds many more.
SELECT seq, id, at FROM arrivals WHERE id IN (SELECT value FROM json_each(:ids)) AND +state = 'waiting'

-- name: reports
SELECT report_id, trust_rank, revision, decision_id FROM reports WHERE report_id IN (SELECT value FROM json_each(:report_ids))

-- name: is_waiting
SELECT 1 FROM outbox WHERE event_id = :id AND state = 'waiting'

-- name: record_report
INSERT INTO reports (report_id, trust_rank, revision, decision_id, at)
VALUES (:report_id, :trust_rank, :revision, :decision_id, :at)
    ON CONFLICT (report_id) DO UPDATE
   SET trust_rank = excluded.trust_rank, revision = excluded.revision, decision_id = excluded.decision_id, at = excluded.at

-- name: insert_event
INSERT INTO outbox (arrival, event_id, key, type, source, subject, time, reference, body)
VALUES (:arrival, :id, :key, :type, :source, :subject, :time, :reference, :body)

-- name: count_decisions
UPDATE account
   SET made = made + :made, duplicate = duplicate + :duplicate, not_for_publishing = not_for_publishing + :not_for_publishing

-- name: decided
UPDATE arrivals SET state = 'decided' WHERE seq IN (SELECT value FROM json_each(:seqs))

-- name: done
-- Nothing is left to do: the last event was published or set aside, or there was none.
UPDATE arrivals SET state = 'done' WHERE seq IN (SELECT value FROM json_each(:seqs))

-- name: count_done
UPDATE account SET done = done + :done

-- name: pending
-- Events to publish, in the order of the decisions, from the one after a given one.
SELECT event_id AS id, key, type, source, subject, time, reference, body
  FROM outbox
 WHERE state = 'waiting' AND seq > coalesce((SELECT seq FROM outbox WHERE event_id = :after), 0)
 ORDER BY seq
 LIMIT :limit

-- name: publish
UPDATE outbox SET state = 'published' WHERE event_id IN (SELECT value FROM json_each(:ids)) AND +state = 'waiting'

-- name: count_published
UPDATE account SET published = published + :published

-- name: refuse
-- One refusal more of an event that waits; with the last that it may have, it is set aside.
UPDATE outbox
   SET refusals = refusals + 1, reason = :reason, state = CASE WHEN refusals + 1 >= :most THEN 'aside' ELSE state END
 WHERE event_id = :id AND state = 'waiting'
RETURNING state

-- name: finished
-- The arrivals of some events, those of whose events none waits any more.
SELECT seq, id
  FROM arrivals
 WHERE seq IN (SELECT arrival FROM outbox WHERE event_id IN (SELECT value FROM json_each(:ids)))
   AND +state = 'decided'
   AND NOT EXISTS (SELECT 1 FROM outbox WHERE arrival = arrivals.seq AND outbox.state = 'waiting')
