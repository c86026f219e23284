-- The number and who works on it, as the helpdesk says to which this hub is the gateway.
ALTER TABLE tickets ADD COLUMN upstream_number BIGINT;
ALTER TABLE tickets ADD COLUMN upstream_assignee TEXT;
CREATE INDEX tickets_by_upstream ON tickets (upstream_number);

-- What is to be sent there, and what it has been through (deskside_helpdesk::outbox, as JSON).
CREATE TABLE upstream_outbox (
    client_id TEXT NOT NULL REFERENCES tickets (client_id),
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    payload TEXT,
    message TEXT NOT NULL,
    standing TEXT NOT NULL,
    queued_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, id)
);
CREATE INDEX upstream_outbox_by_standing ON upstream_outbox (standing, position);
