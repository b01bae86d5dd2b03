-- Until when an alert waits, for others or for people to be at work, and the level at which people heard of it.
ALTER TABLE alerts ADD COLUMN wait_until INTEGER NULL;
ALTER TABLE alerts ADD COLUMN told_to TEXT NULL;

-- Those who supervise cases are told of their own cases only, so each owner has a storm of its own there.
CREATE TABLE storms_of_owners (
    party TEXT NOT NULL,
    stage TEXT NOT NULL,
    owner TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    CONSTRAINT storms_by_beginning PRIMARY KEY (party, stage, owner, began_at)
);
INSERT INTO storms_of_owners SELECT party, stage, '', began_at, last_at, cases FROM storms;
DROP TABLE storms;
ALTER TABLE storms_of_owners RENAME TO storms;

-- A pause is usual once there was another as long: so the longest one is kept beside it, and since when a partner is known.
CREATE TABLE pulses_with_longest (
    organization_id TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    heard_at INTEGER NOT NULL,
    usual_pause_seconds INTEGER NOT NULL,
    longest_pause_seconds INTEGER NOT NULL,
    CONSTRAINT pulses_by_organization PRIMARY KEY (organization_id)
);
INSERT INTO pulses_with_longest SELECT organization_id, heard_at, heard_at, usual_pause_seconds, usual_pause_seconds FROM pulses;
DROP TABLE pulses;
ALTER TABLE pulses_with_longest RENAME TO pulses;
