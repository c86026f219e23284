-- Whose computer it is: said by IT when it made the token, or proved by a sign-in (JSON; until when, in ms).
ALTER TABLE enrolment_tokens ADD COLUMN person TEXT;
ALTER TABLE devices ADD COLUMN person TEXT;
ALTER TABLE devices ADD COLUMN signed_in TEXT;
ALTER TABLE devices ADD COLUMN signed_in_until INTEGER;

-- In whose name a ticket is filed at the helpdesk to which this hub is the gateway, as that helpdesk calls them.
ALTER TABLE tickets ADD COLUMN upstream_requester TEXT;
