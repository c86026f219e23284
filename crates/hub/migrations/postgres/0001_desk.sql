-- Whole numbers stand for truth values (0, 1) and moments (milliseconds since 1970, UTC), so that the same queries run
-- on both databases.

CREATE TABLE meta (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

-- One row each. A writer takes the next value inside its transaction and so keeps the row until it commits: values
-- become visible in the order in which they were given out, and a reader's cursor never passes one that is still to come.
CREATE TABLE counters (
    name TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('change', 0), ('ticket', 0);

CREATE TABLE people (
    login TEXT PRIMARY KEY NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    must_change BIGINT NOT NULL,
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    digest TEXT PRIMARY KEY NOT NULL,
    login TEXT NOT NULL REFERENCES people (login),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_login ON sessions (login);

CREATE TABLE enrolment_tokens (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE devices (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    platform TEXT NOT NULL,
    token_id TEXT NOT NULL REFERENCES enrolment_tokens (id),
    enrolled_at BIGINT NOT NULL,
    seen_at BIGINT,
    revoked BIGINT NOT NULL
);

CREATE TABLE tickets (
    client_id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    device_id TEXT NOT NULL REFERENCES devices (id),
    -- The bytes as received, and their SHA-256.
    document BYTEA NOT NULL,
    document_digest TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    requester TEXT NOT NULL,
    state TEXT NOT NULL,
    urgency TEXT NOT NULL,
    impact TEXT NOT NULL,
    assignee TEXT REFERENCES people (login),
    findings BIGINT NOT NULL,
    screenshot BIGINT NOT NULL,
    awaits_answer BIGINT NOT NULL,
    rating_stars BIGINT,
    rating_comment TEXT,
    created_at BIGINT NOT NULL,
    -- Any change, and changes that the requester can see.
    updated_at BIGINT NOT NULL,
    visible_at BIGINT NOT NULL,
    change_seq BIGINT NOT NULL UNIQUE,
    visible_seq BIGINT NOT NULL UNIQUE,
    -- What the console's search looks through, folded (crate::search).
    search TEXT NOT NULL
);
CREATE INDEX tickets_by_device ON tickets (device_id, visible_seq);
CREATE INDEX tickets_by_state ON tickets (state, change_seq);
CREATE INDEX tickets_by_assignee ON tickets (assignee, change_seq);

CREATE TABLE follow_ups (
    client_id TEXT NOT NULL REFERENCES tickets (client_id),
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT,
    author_login TEXT,
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    new_state TEXT,
    internal BIGINT NOT NULL,
    -- SHA-256 of what was asked, to tell a repetition from something else under the same identity.
    digest TEXT NOT NULL,
    PRIMARY KEY (client_id, id)
);
CREATE INDEX follow_ups_by_position ON follow_ups (client_id, position);

CREATE TABLE verdicts (
    client_id TEXT NOT NULL REFERENCES tickets (client_id),
    id TEXT NOT NULL,
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (client_id, id)
);

CREATE TABLE attachments (
    id TEXT PRIMARY KEY NOT NULL,
    client_id TEXT NOT NULL REFERENCES tickets (client_id),
    follow_up_id TEXT,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    screenshot BIGINT NOT NULL,
    arrived_at BIGINT
);
CREATE INDEX attachments_by_ticket ON attachments (client_id, position);

-- Hubs that share this database tell each other which ticket changed: number, whether it is new, device, visible_seq.
CREATE FUNCTION tell_ticket_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('deskside_tickets',
        NEW.number || ' ' || (TG_OP = 'INSERT')::int || ' ' || NEW.device_id || ' ' || NEW.visible_seq);
    RETURN NULL;
END
$$;
CREATE TRIGGER tickets_tell AFTER INSERT OR UPDATE OF change_seq ON tickets FOR EACH ROW EXECUTE FUNCTION tell_ticket_change();
