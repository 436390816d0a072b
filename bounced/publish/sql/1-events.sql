-- The embedded queue. An event is ready until its consumer acknowledges it (acked) or gives it up for good (dead).
-- An acknowledged event keeps its row, without its body, so that the same event published again is not delivered again.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of delivery
    id          TEXT    NOT NULL UNIQUE,
    key         TEXT    NOT NULL,                  -- routing key
    disposition TEXT    NOT NULL,                  -- its second word, which says in what queue the event stands
    state       TEXT    NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'acked', 'dead')),
    changed_at  REAL    NOT NULL,                  -- seconds since 1970, when it came into this state
    body        BLOB    NOT NULL
) STRICT;

CREATE INDEX events_by_state ON events (state, disposition, seq);
