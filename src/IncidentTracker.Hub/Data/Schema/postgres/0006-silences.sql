-- Until when an alert waits, for others or for people to be at work, and the level at which people heard of it.
ALTER TABLE alerts ADD COLUMN wait_until timestamp with time zone NULL;
ALTER TABLE alerts ADD COLUMN told_to text NULL;

-- Those who supervise cases are told of their own cases only, so each owner has a storm of its own there.
ALTER TABLE storms RENAME COLUMN last_at TO told_at;
ALTER TABLE storms ADD COLUMN owner text NOT NULL DEFAULT '';
ALTER TABLE storms ALTER COLUMN owner DROP DEFAULT;
ALTER TABLE storms DROP CONSTRAINT storms_by_beginning;
ALTER TABLE storms ADD CONSTRAINT storms_by_beginning PRIMARY KEY (party, stage, owner, began_at);

-- A pause is usual once there was another as long: so the longest one is kept beside it, and since when a partner is known.
ALTER TABLE pulses ADD COLUMN since_at timestamp with time zone;
ALTER TABLE pulses ADD COLUMN longest_pause_seconds integer;
UPDATE pulses SET since_at = heard_at, longest_pause_seconds = usual_pause_seconds;
ALTER TABLE pulses ALTER COLUMN since_at SET NOT NULL;
ALTER TABLE pulses ALTER COLUMN longest_pause_seconds SET NOT NULL;
