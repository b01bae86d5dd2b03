-- A party contests that its word was overdue. Once for each clock, and never changed.
CREATE TABLE appeals (
    id TEXT NOT NULL,
    incident_id BLOB NOT NULL,
    clock INTEGER NOT NULL,
    party TEXT NOT NULL,
    reason TEXT NOT NULL,
    appealed_at INTEGER NOT NULL,
    CONSTRAINT appeals_by_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX appeals_once_per_clock ON appeals (incident_id, clock);

-- What was decided about it, and by whom. Once, and never changed.
CREATE TABLE appeal_decisions (
    appeal_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    CONSTRAINT appeals_decided_once PRIMARY KEY (appeal_id)
);
