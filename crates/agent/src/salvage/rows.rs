//! Reads what can be read of a damaged database: row by row, past what is broken, and never writing to it.

use std::collections::HashMap;
use std::path::Path;

use deskside_protocol::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Column as _, ConnectOptions as _, Connection as _, Row as _, SqliteConnection, TypeInfo as _};
use sqlx::{Value as _, ValueRef as _};

/// Rows asked for in one go. Few, since a ticket's row holds its whole document.
const CHUNK: i64 = 16;
/// Rows that may be missing or broken one after the other before the rest of a table is given up: a page holds at most a
/// few hundred, and every row asked for in vain costs a moment of the start.
const IN_VAIN: i64 = 4096;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Drafts.
    Drafts,
    /// Their switches.
    Switches,
    /// Tickets with their documents.
    Tickets,
    /// Tickets up to their text: what is left where a document cannot be read.
    TicketTexts,
    /// Entries of threads.
    Entries,
    /// Files of all owners.
    Files,
    /// Messages, delivered or not.
    Outbox,
    /// What is kept by its name.
    Meta,
}

impl Table {
    /// The statements for the next rows and for a single one.
    fn statements(self) -> (&'static str, &'static str) {
        macro_rules! both {
            ($what:literal) => {
                (
                    concat!("SELECT rowid AS place, ", $what, " WHERE rowid > ? ORDER BY rowid LIMIT ?"),
                    concat!("SELECT rowid AS place, ", $what, " WHERE rowid = ? LIMIT ?"),
                )
            };
        }
        match self {
            Self::Drafts => both!("* FROM drafts"),
            Self::Switches => both!("* FROM draft_sections"),
            Self::Tickets => both!("* FROM tickets"),
            Self::TicketTexts => both!("client_id, draft_id, description FROM tickets"),
            Self::Entries => both!("* FROM entries"),
            Self::Files => both!("* FROM files"),
            Self::Outbox => both!("* FROM outbox"),
            Self::Meta => both!("name, value FROM meta"),
        }
    }
}

#[derive(Debug, Clone)]
enum Cell {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row that could be read. What it says is to be doubted: damage can look like a value.
#[derive(Debug, Clone)]
pub(super) struct Record(HashMap<String, Cell>);

impl Record {
    fn of(row: &SqliteRow) -> Option<Self> {
        let mut cells = HashMap::new();
        for column in row.columns() {
            let value = row.try_get_raw(column.ordinal()).ok()?.to_owned();
            if value.is_null() {
                continue;
            }
            let cell = match value.type_info().name() {
                "INTEGER" => Cell::Number(value.try_decode().ok()?),
                // Fails for what is no UTF-8: we wrote none such.
                "TEXT" => Cell::Text(value.try_decode().ok()?),
                "BLOB" => Cell::Bytes(value.try_decode().ok()?),
                _ => return None,
            };
            cells.insert(column.name().to_owned(), cell);
        }
        Some(Self(cells))
    }

    /// A number, if there is one.
    #[must_use]
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        match self.0.get(column)? {
            Cell::Number(number) => Some(*number),
            Cell::Text(_) | Cell::Bytes(_) => None,
        }
    }

    /// A text, if there is one.
    #[must_use]
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        match self.0.get(column)? {
            Cell::Text(text) => Some(text),
            Cell::Number(_) | Cell::Bytes(_) => None,
        }
    }

    /// Bytes, if there are any.
    #[must_use]
    pub(super) fn bytes(&self, column: &str) -> Option<&[u8]> {
        match self.0.get(column)? {
            Cell::Bytes(bytes) => Some(bytes),
            Cell::Number(_) | Cell::Text(_) => None,
        }
    }

    /// A text that parses (an identity).
    #[must_use]
    pub(super) fn parsed<T: std::str::FromStr>(&self, column: &str) -> Option<T> {
        self.text(column)?.parse().ok()
    }

    /// A word of the protocol.
    #[must_use]
    pub(super) fn word<T: DeserializeOwned>(&self, column: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(self.text(column)?.to_owned())).ok()
    }

    /// A moment.
    #[must_use]
    pub(super) fn moment(&self, column: &str) -> Option<Timestamp> {
        self.number(column).map(Timestamp::from_unix_ms)
    }
}

/// A damaged database, open for reading.
#[derive(Debug)]
pub(super) struct Damaged(SqliteConnection);

impl Damaged {
    /// Opens it, with the write-ahead log beside it if that can be read: the newest is in there.
    pub(super) async fn open(file: &Path) -> Option<Self> {
        for without_log in [false, true] {
            let options = SqliteConnectOptions::new()
                .filename(file)
                .read_only(true)
                // Without the log nothing else is looked at either (SQLite, "URI Filenames", immutable).
                .immutable(without_log)
                .foreign_keys(false)
                // SQLite then also opens a file that is shorter than its header says, and one whose schema has broken
                // entries; nothing is written, since the file is opened for reading (SQLite, "PRAGMA writable_schema").
                .pragma("writable_schema", "ON")
                // Looks into a page before it believes what is in there.
                .pragma("cell_size_check", "ON");
            let opened = async {
                let mut connection = options.connect().await?;
                sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await?;
                Ok::<_, sqlx::Error>(connection)
            };
            match opened.await {
                Ok(connection) => return Some(Self(connection)),
                Err(error) => tracing::warn!(%error, without_log, "the damaged store cannot be opened like this"),
            }
        }
        None
    }

    /// Hands over every row of a table that can be read, in the order of the table.
    pub(super) async fn each(&mut self, table: Table, mut take: impl FnMut(Record)) {
        let (several, single) = table.statements();
        let mut after: i64 = 0;
        let mut in_vain: i64 = 0;
        while in_vain < IN_VAIN {
            match sqlx::query(several).bind(after).bind(CHUNK).fetch_all(&mut self.0).await {
                Ok(rows) => {
                    let Some(last) = rows.last().and_then(|row| row.try_get::<i64, _>("place").ok()) else { return };
                    // Damage can lead back to where we were.
                    if last <= after {
                        return;
                    }
                    (after, in_vain) = (last, 0);
                    rows.iter().filter_map(Record::of).for_each(&mut take);
                }
                Err(error) => {
                    tracing::debug!(%error, ?table, after, "rows that cannot be read");
                    let end = after.saturating_add(CHUNK);
                    for place in after.saturating_add(1)..=end {
                        let row = sqlx::query(single).bind(place).bind(1_i64).fetch_optional(&mut self.0).await;
                        match row.ok().flatten().as_ref().and_then(Record::of) {
                            Some(record) => {
                                in_vain = 0;
                                take(record);
                            }
                            None => in_vain += 1,
                        }
                    }
                    after = end;
                }
            }
        }
    }

    /// Lets the file go.
    pub(super) async fn close(self) {
        // It was only read: there is nothing that closing could fail to keep.
        let _ = self.0.close().await;
    }
}
