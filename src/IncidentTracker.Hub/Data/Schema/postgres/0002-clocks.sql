-- When to look at a case again, because something it waits for is due. Written when that moves closer, and by whoever
-- looks; what moves away is found out when the old moment comes. A lease changes no index.
CREATE TABLE look_again (
    incident_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NULL,
    CONSTRAINT look_again_by_incident PRIMARY KEY (incident_id)
) WITH (fillfactor = 70);
CREATE INDEX look_again_by_moment ON look_again (at);

-- Steps that were taken about a clock and that people have to hear of.
CREATE TABLE alerts (
    incident_id uuid NOT NULL,
    clock integer NOT NULL,
    stage text NOT NULL,
    party text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    fired_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone NULL,
    CONSTRAINT alerts_once PRIMARY KEY (incident_id, clock, stage)
);
CREATE INDEX alerts_to_tell ON alerts (fired_at) WHERE told_at IS NULL;
CREATE INDEX alerts_by_party ON alerts (party, fired_at);

-- Many silences of one party that people hear of as one. The step is empty while the party is silent altogether.
CREATE TABLE storms (
    party text NOT NULL,
    stage text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    cases integer NOT NULL,
    CONSTRAINT storms_by_beginning PRIMARY KEY (party, stage, began_at)
);

-- When each partner was last heard, whatever it said, and the longest pause that is usual for it.
CREATE TABLE pulses (
    organization_id text NOT NULL,
    heard_at timestamp with time zone NOT NULL,
    usual_pause_seconds integer NOT NULL,
    CONSTRAINT pulses_by_organization PRIMARY KEY (organization_id)
);

-- What clocks are judged by: policies, agreements, working hours, announced maintenance. An edition never changes.
CREATE TABLE sla_editions (
    kind text NOT NULL,
    name text NOT NULL,
    active_from timestamp with time zone NOT NULL,
    body text NOT NULL,
    CONSTRAINT sla_editions_never_change PRIMARY KEY (kind, name)
);

-- When any hub was last at work, in the one row there is, and the stretches in which none was.
CREATE TABLE presence (
    id integer NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT presence_in_one_row PRIMARY KEY (id)
);
CREATE TABLE outages (
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    CONSTRAINT outages_by_beginning PRIMARY KEY (from_at)
);

-- What each party owes, for those who ask for all of it at once. Follows the changes of cases; the clocks themselves lie
-- with the case.
CREATE TABLE duties (
    incident_id uuid NOT NULL,
    clock integer NOT NULL,
    party text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT duties_by_clock PRIMARY KEY (incident_id, clock)
);
CREATE INDEX duties_by_party ON duties (party, due_at, incident_id, clock);

-- How far the duties have followed the changes.
CREATE TABLE duties_cursor (
    id integer NOT NULL,
    transaction_id bigint NOT NULL,
    position bigint NOT NULL,
    CONSTRAINT duties_cursor_in_one_row PRIMARY KEY (id)
);
INSERT INTO duties_cursor (id, transaction_id, position) VALUES (1, 0, 0);
