-- Whose ticket it is, as its requester signs in, in lower case; NULL until it was read from the document (store::requesters).
ALTER TABLE tickets ADD COLUMN requester_login TEXT;
-- When the retention took from the ticket what it came with.
ALTER TABLE tickets ADD COLUMN diagnostics_removed_at INTEGER;
ALTER TABLE tickets ADD COLUMN files_removed_at INTEGER;
CREATE INDEX tickets_by_requester ON tickets (requester_login);
CREATE INDEX tickets_by_age ON tickets (updated_at);
