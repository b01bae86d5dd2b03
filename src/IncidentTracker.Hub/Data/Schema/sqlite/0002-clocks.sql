-- When to look at a case again, because something it waits for is due. Written when that moves closer, and by whoever
-- looks; what moves away is found out when the old moment comes.
CREATE TABLE look_again (
    incident_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    leased_until INTEGER NULL,
    CONSTRAINT look_again_by_incident PRIMARY KEY (incident_id)
) WITHOUT ROWID;
CREATE INDEX look_again_by_moment ON look_again (at);

-- Steps that were taken about a clock and that people have to hear of.
CREATE TABLE alerts (
    incident_id BLOB NOT NULL,
    clock INTEGER NOT NULL,
    stage TEXT NOT NULL,
    party TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    fired_at INTEGER NOT NULL,
    told_at INTEGER NULL,
    CONSTRAINT alerts_once PRIMARY KEY (incident_id, clock, stage)
) WITHOUT ROWID;
CREATE INDEX alerts_to_tell ON alerts (fired_at) WHERE told_at IS NULL;
CREATE INDEX alerts_by_party ON alerts (party, fired_at);

-- Many silences of one party that people hear of as one. The step is empty while the party is silent altogether.
CREATE TABLE storms (
    party TEXT NOT NULL,
    stage TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    CONSTRAINT storms_by_beginning PRIMARY KEY (party, stage, began_at)
);

-- When each partner was last heard, whatever it said, and the longest pause that is usual for it.
CREATE TABLE pulses (
    organization_id TEXT NOT NULL,
    heard_at INTEGER NOT NULL,
    usual_pause_seconds INTEGER NOT NULL,
    CONSTRAINT pulses_by_organization PRIMARY KEY (organization_id)
);

-- What clocks are judged by: policies, agreements, working hours, announced maintenance. An edition never changes.
CREATE TABLE sla_editions (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    active_from INTEGER NOT NULL,
    body TEXT NOT NULL,
    CONSTRAINT sla_editions_never_change PRIMARY KEY (kind, name)
);

-- When any hub was last at work, in the one row there is, and the stretches in which none was.
CREATE TABLE presence (
    id INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT presence_in_one_row PRIMARY KEY (id)
);
CREATE TABLE outages (
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    CONSTRAINT outages_by_beginning PRIMARY KEY (from_at)
);

-- What each party owes, for those who ask for all of it at once. Follows the changes of cases; the clocks themselves lie
-- with the case.
CREATE TABLE duties (
    incident_id BLOB NOT NULL,
    clock INTEGER NOT NULL,
    party TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    CONSTRAINT duties_by_clock PRIMARY KEY (incident_id, clock)
);
CREATE INDEX duties_by_party ON duties (party, due_at, incident_id, clock);

-- How far the duties have followed the changes.
CREATE TABLE duties_cursor (
    id INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT duties_cursor_in_one_row PRIMARY KEY (id)
);
INSERT INTO duties_cursor (id, transaction_id, position) VALUES (1, 0, 0);
