-- Requests of the helpdesk of before: their numbers mean something else in the one that is connected now. The helpdesk
-- that all others belong to is in `meta`, as "helpdesk".
ALTER TABLE tickets ADD COLUMN former INTEGER NOT NULL DEFAULT 0;
