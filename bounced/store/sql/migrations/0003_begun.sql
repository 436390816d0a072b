-- An arrival whose judging ends the process would do so after every start.

-- How often judging it was begun after a start. What has come since the start is not counted.
ALTER TABLE arrivals ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
