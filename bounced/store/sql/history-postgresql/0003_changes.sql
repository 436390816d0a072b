-- Every change of the suppression list, in the order in which they were committed: for who mirrors it.

CREATE TABLE changes (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         TEXT COLLATE "C" NOT NULL,
    change     TEXT NOT NULL,                 -- created, changed, lifted, expired
    stream     TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    since      TEXT NOT NULL,                 -- of the suppression that stands now or, lifted or expired, stood
    until      TEXT,
    category   TEXT NOT NULL,
    because    TEXT NOT NULL,
    generation INTEGER NOT NULL
);

CREATE INDEX changes_at ON changes (at);
-- Suppressions that end by themselves, in the order in which they do.
CREATE INDEX addresses_until ON addresses (until) WHERE until IS NOT NULL;

-- How far the changes are published.
CREATE TABLE feeds (
    name TEXT PRIMARY KEY,
    seq  BIGINT NOT NULL
);

-- Who follows the numbers must not miss one that was taken first and committed last: whoever takes one holds this lock until he commits.
-- It is the last lock that a transaction takes, so that no two wait for each other.
CREATE FUNCTION bounced_one_after_the_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7162534495843);
    RETURN NULL;
END
$$;

CREATE TRIGGER one_after_the_other BEFORE INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION bounced_one_after_the_other();
