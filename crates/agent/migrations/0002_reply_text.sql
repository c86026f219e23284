-- What is being written as an answer: kept as typed, like a draft.
ALTER TABLE tickets ADD COLUMN reply_text TEXT NOT NULL DEFAULT '';
