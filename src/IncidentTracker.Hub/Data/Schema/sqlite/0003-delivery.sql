-- Where organizations want to be told of events.
CREATE TABLE webhook_endpoints (
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    disabled_reason TEXT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB NULL,
    previous_secret_until INTEGER NULL,
    created_at INTEGER NOT NULL,
    failing_since INTEGER NULL,
    probe_at INTEGER NULL,
    quiet_until INTEGER NULL,
    CONSTRAINT webhook_endpoints_by_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX webhook_endpoints_one_per_address ON webhook_endpoints (organization_id, url);

-- The outbox: what is to be told to somebody outside. The id is made from what it tells and whom, so that nothing is
-- queued twice. What waits is indexed, what is done is not: taking what is due costs what is due.
CREATE TABLE deliveries (
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    lane TEXT NOT NULL,
    recipient TEXT NULL,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at INTEGER NULL,
    locked_until INTEGER NULL,
    fence INTEGER NOT NULL,
    delivered_at INTEGER NULL,
    parked_reason TEXT NULL,
    CONSTRAINT deliveries_once_for_ever PRIMARY KEY (id)
);
CREATE INDEX deliveries_waiting ON deliveries (lane, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_lane ON deliveries (lane, created_at, id);

-- Every try, and how it ended.
CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL,
    fence INTEGER NOT NULL,
    lane TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    took_milliseconds INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER NULL,
    CONSTRAINT delivery_attempts_by_delivery PRIMARY KEY (delivery_id, fence)
);

-- Organizations for which events are written down, and since when.
CREATE TABLE event_followers (
    organization_id TEXT NOT NULL,
    since_at INTEGER NOT NULL,
    since_transaction_id INTEGER NOT NULL,
    since_position INTEGER NOT NULL,
    CONSTRAINT event_followers_by_organization PRIMARY KEY (organization_id)
);

-- That an organization can read something new of a case. Written by one hub at a time, so positions come in order.
CREATE TABLE events (
    position INTEGER NOT NULL CONSTRAINT events_by_position PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    incident_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    version INTEGER NOT NULL,
    phase TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    event_type TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX events_by_id ON events (id);
CREATE INDEX events_by_organization ON events (organization_id, position);
CREATE UNIQUE INDEX events_without_gaps ON events (incident_id, organization_id, sequence);

-- How far changes have been turned into events.
CREATE TABLE event_cursor (
    id INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    CONSTRAINT event_cursor_is_one PRIMARY KEY (id)
);
INSERT INTO event_cursor (id, transaction_id, position) VALUES (1, 0, 0);

-- Whom to write to.
CREATE TABLE contacts (
    organization_id TEXT NOT NULL,
    level TEXT NOT NULL,
    mail TEXT NOT NULL,
    CONSTRAINT contacts_once PRIMARY KEY (organization_id, level, mail)
);

-- Addresses that want no more mail.
CREATE TABLE mail_refusals (
    mail TEXT NOT NULL,
    refused_at INTEGER NOT NULL,
    CONSTRAINT mail_refusals_by_address PRIMARY KEY (mail)
);
