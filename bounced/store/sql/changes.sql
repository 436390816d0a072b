-- name: note
INSERT INTO changes (at, change, stream, address, since, until, category, because, generation)
VALUES (:at, :change, :stream, :address, :since, :until, :category, :because, :generation)

-- name: changes
-- The changes after a given one, in all streams or in one.
SELECT seq, at, change, stream, address, since, until, category, because, generation
  FROM changes
 WHERE seq > :after AND (CAST(:stream AS TEXT) IS NULL OR stream = :stream)
 ORDER BY seq
 LIMIT :limit

-- name: newest
SELECT coalesce(max(seq), 0) AS seq FROM changes

-- name: fed
SELECT seq FROM feeds WHERE name = :name

-- name: feed
INSERT INTO feeds (name, seq) VALUES (:name, :seq) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE feeds.seq < excluded.seq
