-- What a request is about in the helpdesk's own words (CategoryChoice as JSON), where the user chose.
ALTER TABLE drafts ADD COLUMN helpdesk_category TEXT;
