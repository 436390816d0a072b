-- Who asked to be forgotten, and is not to be mailed all the same, is kept under a keyed hash in place of his address.

CREATE TABLE forgetting (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key TEXT NOT NULL                         -- of the hashes, hexadecimal
);
