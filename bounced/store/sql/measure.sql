-- name: measure
-- What counts against the limit, and the oldest arrival with something left to do: of either state the first one of an index.
SELECT kept_bytes - archived_bytes AS kept_bytes,
       (SELECT min(at) FROM (SELECT at FROM (SELECT at FROM arrivals WHERE state = 'waiting' ORDER BY seq LIMIT 1)
                             UNION ALL
                             SELECT at FROM (SELECT at FROM arrivals WHERE state = 'decided' ORDER BY seq LIMIT 1))) AS oldest
  FROM account

-- name: probe
-- What is there already, written again.
UPDATE account SET accepted = accepted
