-- Times are milliseconds since 1970 in UTC. Words are those of the protocol (kebab-case), identities are UUIDs in text.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- What is being written. Its ticket's identity is there from the beginning, so that it is the same at every try.
CREATE TABLE drafts (
    id        TEXT PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    text      TEXT NOT NULL DEFAULT '',
    can_work  TEXT,
    affected  TEXT,
    category  TEXT,
    -- Grows with every change: a preview belongs to one revision.
    revision  INTEGER NOT NULL DEFAULT 0,
    saved_at  INTEGER NOT NULL
) STRICT;

-- Switches that the user touched; the others follow from the text.
CREATE TABLE draft_sections (
    draft   TEXT NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
    section TEXT NOT NULL,
    is_on   INTEGER NOT NULL,
    PRIMARY KEY (draft, section)
) STRICT;

CREATE TABLE tickets (
    client_id   TEXT PRIMARY KEY,
    -- The draft it came from: a Submit whose answer was lost can be asked again.
    draft_id    TEXT UNIQUE,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    -- The bytes that were previewed and are sent; NULL for a ticket that was only ever heard of from the helpdesk.
    document    BLOB,
    number      INTEGER,
    state       TEXT,
    assignee    TEXT,
    rating      INTEGER,
    unread      INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- The thread. What was written here is in it from the beginning; the outbox says whether it has arrived.
CREATE TABLE entries (
    id          TEXT PRIMARY KEY,
    client_id   TEXT NOT NULL REFERENCES tickets (client_id) ON DELETE CASCADE,
    author      TEXT NOT NULL,
    author_name TEXT,
    at          INTEGER NOT NULL,
    text        TEXT NOT NULL,
    new_state   TEXT
) STRICT;
CREATE INDEX entries_of_ticket ON entries (client_id, at);

-- Files. `owner` is a draft, a ticket, an entry, or (while a reply is written) the ticket that is replied to.
CREATE TABLE files (
    id         TEXT PRIMARY KEY,
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('draft', 'ticket', 'reply', 'entry')),
    owner      TEXT NOT NULL,
    -- The ticket to ask for it, when the bytes are not here.
    client_id  TEXT,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    screenshot INTEGER NOT NULL,
    position   INTEGER NOT NULL
) STRICT;
CREATE INDEX files_of_owner ON files (owner_kind, owner, position);

-- What waits to be sent, in order. `message` is the state of the machine (outbox/machine.rs) as JSON.
CREATE TABLE outbox (
    sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The ticket's client id, or the entry's id.
    id        TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL REFERENCES tickets (client_id) ON DELETE CASCADE,
    -- The follow-up or verdict as JSON; a ticket's document is in `tickets`.
    payload   TEXT,
    message   TEXT NOT NULL,
    -- waiting, parked or delivered: what `message` says, for queries.
    standing  TEXT NOT NULL CHECK (standing IN ('waiting', 'parked', 'delivered')),
    queued_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_standing ON outbox (standing);
CREATE INDEX outbox_of_ticket ON outbox (client_id, sequence);

CREATE TABLE ledger (
    sequence  INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    action    TEXT NOT NULL,
    client_id TEXT,
    detail    TEXT NOT NULL,
    digest    TEXT NOT NULL
) STRICT;
