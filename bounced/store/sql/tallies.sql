-- name: count
INSERT INTO tallies (hour, kind, disposition, category, fault, receiver, grade, withheld, basis, number, latest)
VALUES (:hour, :kind, :disposition, :category, :fault, :receiver, :grade, :withheld, :basis, :number, :latest)
    ON CONFLICT DO UPDATE SET number = number + excluded.number, latest = coalesce(excluded.latest, latest)

-- name: since
SELECT hour, kind, disposition, category, fault, receiver, grade, withheld, basis, number, latest
  FROM tallies
 WHERE hour >= :hour AND hour > ''

-- name: sums
-- Since the file was made.
SELECT disposition, fault, receiver, grade, kind, basis, sum(number) AS number
  FROM tallies
 GROUP BY disposition, fault, receiver, grade, kind, basis

-- name: fold
-- Hours that nobody looks at any more become one.
INSERT INTO tallies (hour, kind, disposition, category, fault, receiver, grade, withheld, basis, number, latest)
SELECT '', kind, disposition, category, fault, receiver, grade, withheld, basis, sum(number), NULL
  FROM tallies
 WHERE hour > '' AND hour < :hour
 GROUP BY kind, disposition, category, fault, receiver, grade, withheld, basis
    ON CONFLICT DO UPDATE SET number = number + excluded.number

-- name: drop
DELETE FROM tallies WHERE hour > '' AND hour < :hour
