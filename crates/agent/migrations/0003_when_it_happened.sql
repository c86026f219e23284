-- How the computer was when it happened (HealthSlice as JSON), where the user said when.
ALTER TABLE drafts ADD COLUMN health TEXT;
