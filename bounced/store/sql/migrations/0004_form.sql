-- Not all that is kept came by SMTP: what an operator orders goes the same way.

-- What the octets are: a `message`, or a `release` (JSON: what is to be released from a storm).
ALTER TABLE arrivals ADD COLUMN form TEXT NOT NULL DEFAULT 'message';
