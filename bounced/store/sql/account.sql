-- name: account
-- Counted since the beginning, beside what is found open now.
SELECT accepted, done, erased, made, published, duplicate, not_for_publishing, kept_bytes, archived_bytes,
       (SELECT count(*) FROM arrivals WHERE state = 'waiting') AS arrivals_waiting,
       (SELECT count(*) FROM arrivals WHERE state = 'decided') AS arrivals_decided,
       (SELECT count(*) FROM arrivals WHERE state = 'unread')  AS arrivals_unread,
       (SELECT count(*) FROM arrivals WHERE state = 'aside')   AS arrivals_aside,
       (SELECT count(*) FROM outbox WHERE state = 'waiting')   AS events_waiting,
       (SELECT count(*) FROM outbox WHERE state = 'aside')     AS events_aside
  FROM account
