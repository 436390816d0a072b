-- How often a consumer gave the event back; after too often it is dead.
ALTER TABLE events ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;
