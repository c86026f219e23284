-- Files that a technician has brought for an answer that is not written yet. Their bytes are on the disk.
CREATE TABLE staged_files (
    id TEXT PRIMARY KEY NOT NULL,
    client_id TEXT NOT NULL REFERENCES tickets (client_id),
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX staged_files_by_login ON staged_files (login, client_id);
CREATE INDEX staged_files_by_age ON staged_files (at);
CREATE INDEX staged_files_by_digest ON staged_files (sha256);
CREATE INDEX attachments_by_digest ON attachments (sha256);

-- Who did what in the administration of the hub. Logins are words here, not references: an entry outlives its people.
CREATE TABLE journal (
    id TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    deed TEXT NOT NULL,
    subject TEXT NOT NULL
);
