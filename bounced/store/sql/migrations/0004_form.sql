-- Not all that is kept came by SMTP: what an operator orders goes the same way.

-- What the octets are: a `message`; or, as JSON, a `reply` that the sending MTA got, or a `release` (what is to be released from a storm).
ALTER TABLE arrivals ADD COLUMN form TEXT NOT NULL DEFAULT 'message';
