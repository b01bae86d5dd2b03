-- Who takes part. Written at start and by administration, read from memory.
CREATE TABLE organizations (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    acts_for TEXT NOT NULL,
    CONSTRAINT organizations_by_id PRIMARY KEY (id)
);

-- One row per case, and one per file of sightings (no reference).
CREATE TABLE incidents (
    id BLOB NOT NULL,
    reference TEXT NULL,
    opened_at INTEGER NOT NULL,
    merged_into BLOB NULL,
    version INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    phase TEXT NOT NULL,
    facts BLOB NOT NULL,
    state BLOB NOT NULL,
    CONSTRAINT incidents_by_id PRIMARY KEY (id)
);
CREATE UNIQUE INDEX incidents_by_reference ON incidents (reference);
CREATE INDEX incidents_by_survivor ON incidents (merged_into) WHERE merged_into IS NOT NULL;

-- Every word of every party, never changed. Without a row id the rows lie in the order of their key: a case in one place.
CREATE TABLE claims (
    incident_id BLOB NOT NULL,
    partner_id TEXT NOT NULL,
    update_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT claims_once_for_ever PRIMARY KEY (incident_id, partner_id, update_id)
) WITHOUT ROWID;

-- Identifiers that other systems gave. The day is empty where it does not matter.
CREATE TABLE external_references (
    scheme TEXT NOT NULL,
    value TEXT NOT NULL,
    day TEXT NOT NULL,
    incident_id BLOB NOT NULL,
    CONSTRAINT external_references_by_value PRIMARY KEY (scheme, value, day, incident_id)
) WITHOUT ROWID;

-- The traveller, apart from the claims, so that a person can be forgotten and the history kept.
CREATE TABLE travellers (
    incident_id BLOB NOT NULL,
    family_name TEXT NOT NULL,
    CONSTRAINT travellers_by_incident PRIMARY KEY (incident_id)
);

-- Requests that opened a case, so that asking again gives the same one.
CREATE TABLE open_requests (
    partner_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    incident_id BLOB NOT NULL,
    CONSTRAINT open_requests_once PRIMARY KEY (partner_id, request_id)
);

-- How far each partner's stream has come.
CREATE TABLE streams (
    partner_id TEXT NOT NULL,
    stream_id TEXT NOT NULL,
    next_sequence INTEGER NOT NULL,
    CONSTRAINT streams_by_name PRIMARY KEY (partner_id, stream_id)
);

-- What changed, in order, for those who follow. One writer at a time, so positions come in order of commit and the
-- transaction says nothing more.
CREATE TABLE changes (
    position INTEGER NOT NULL CONSTRAINT changes_by_position PRIMARY KEY AUTOINCREMENT,
    transaction_id INTEGER NOT NULL DEFAULT 0,
    incident_id BLOB NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX changes_by_transaction ON changes (transaction_id, position);

-- Keys that sign what the hub gives to browsers; shared by all hubs on this database.
CREATE TABLE protection_keys (
    name TEXT NOT NULL,
    xml TEXT NOT NULL,
    CONSTRAINT protection_keys_by_name PRIMARY KEY (name)
);
