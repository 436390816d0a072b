-- What was decided, counted by what operators ask about.

-- A row for each hour in which something of that sort came; those of an empty `hour` are all before the hours that are kept.
-- `latest` is the newest event of the sort, an example to look at.
CREATE TABLE tallies (
    hour        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    disposition TEXT NOT NULL,
    category    TEXT NOT NULL,
    fault       TEXT NOT NULL,
    receiver    TEXT NOT NULL,
    grade       TEXT NOT NULL,
    withheld    TEXT NOT NULL,
    basis       TEXT NOT NULL,
    number      INTEGER NOT NULL,
    latest      TEXT,
    PRIMARY KEY (hour, kind, disposition, category, fault, receiver, grade, withheld, basis)
) WITHOUT ROWID;
