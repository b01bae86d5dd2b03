-- A party contests that its word was overdue. Once for each clock, and never changed.
CREATE TABLE appeals (
    id text NOT NULL,
    incident_id uuid NOT NULL,
    clock integer NOT NULL,
    party text NOT NULL,
    reason text NOT NULL,
    appealed_at timestamp with time zone NOT NULL,
    CONSTRAINT appeals_by_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX appeals_once_per_clock ON appeals (incident_id, clock);

-- What was decided about it, and by whom. Once, and never changed.
CREATE TABLE appeal_decisions (
    appeal_id text NOT NULL,
    verdict text NOT NULL,
    decided_by text NOT NULL,
    reason text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT appeals_decided_once PRIMARY KEY (appeal_id)
);
