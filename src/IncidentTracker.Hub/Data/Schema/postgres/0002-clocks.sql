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
