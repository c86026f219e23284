-- Whose ticket it is, as its requester signs in, in lower case; NULL until it was read from the document (store::requesters).
ALTER TABLE tickets ADD COLUMN requester_login TEXT;
-- When the retention took from the ticket what it came with.
ALTER TABLE tickets ADD COLUMN diagnostics_removed_at BIGINT;
ALTER TABLE tickets ADD COLUMN files_removed_at BIGINT;
CREATE INDEX tickets_by_requester ON tickets (requester_login);
CREATE INDEX tickets_by_age ON tickets (updated_at);

-- The notice ends with change_seq now, so that whoever missed notices knows from where to look. Older hubs read the words
-- before it.
CREATE OR REPLACE FUNCTION tell_ticket_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('deskside_tickets',
        NEW.number || ' ' || (TG_OP = 'INSERT')::int || ' ' || NEW.device_id || ' ' || NEW.visible_seq || ' ' || NEW.change_seq);
    RETURN NULL;
END
$$;
