//! What is true: devices, people, tickets. One set of queries for SQLite and PostgreSQL, through sqlx's `Any` driver;
//! what differs is in `connect` and in the migrations. The same tests run on both (`tests/store_suite.rs`).
//!
//! Every change to a ticket first takes the next value of the counter `change`, inside its transaction. That row is then
//! held until the commit, so changes become visible in the order of their numbers, and no cursor skips one.

mod attachments;
mod connect;
mod devices;
mod employees;
mod folder;
mod journal;
mod list;
mod migrate;
mod page;
mod people;
mod refused;
mod relay;
mod requesters;
mod retention;
mod rows;
mod staged;
mod thread;
mod tickets;
mod upstream;
mod upstream_place;
mod upstream_trouble;

use std::sync::Arc;

use deskside_protocol::DeviceId;
use sqlx::any::{Any, AnyRow};
use sqlx::{AnyPool, Row as _, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cursor::Cursors;

pub(crate) use attachments::{Arrival, StoredAttachment};
pub(crate) use connect::SQLITE_FILE;
pub(crate) use devices::{NewToken, TokenUse};
pub(crate) use employees::{BegunSignIn, Employee, Onward, Whose};
pub(crate) use folder::FolderError;
pub(crate) use list::ListQuery;
pub(crate) use people::{NewPassword, NewSession, PersonOutcome};
pub(crate) use refused::{FileFate, Note};
pub(crate) use relay::relay_changes;
pub(crate) use requesters::Erasure;
pub(crate) use staged::Staging;
pub(crate) use thread::{ReplyOutcome, TechnicianReply, VerdictOutcome};
pub(crate) use tickets::{Change, ChangeOutcome, Intake, NewTicket};
pub(crate) use upstream::{Filing, Upstream};
pub(crate) use upstream_trouble::Standing;
#[cfg(test)]
pub(crate) use upstream_trouble::Standstill;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or cannot be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database could not be brought to this version's form.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something was stored that this version cannot read.
    #[error("stored data: {0}")]
    Unreadable(String),
    /// The address of the database, or the folder, is of no use.
    #[error("{0}")]
    Setup(String),
    /// The database has a form that this version must not touch.
    #[error("{0}")]
    Form(String),
}

impl StoreError {
    /// Whether a unique constraint spoke: somebody else was first.
    fn is_taken(&self) -> bool {
        match self {
            Self::Database(error) => error.as_database_error().is_some_and(|e| e.is_unique_violation()),
            Self::Migration(_) | Self::Unreadable(_) | Self::Setup(_) | Self::Form(_) => false,
        }
    }

    /// What kind of trouble it is.
    pub(crate) fn trouble(&self) -> Trouble {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut) => Trouble::Passing,
            Self::Database(sqlx::Error::Io(error)) if error.kind() == std::io::ErrorKind::StorageFull => Trouble::Full,
            // A connection that breaks in the midst of a message can look like nonsense.
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => Trouble::Passing,
            Self::Database(sqlx::Error::Database(error)) => error.code().map_or(Trouble::Fault, |code| of_code(&code)),
            Self::Database(_) | Self::Migration(_) | Self::Unreadable(_) | Self::Setup(_) | Self::Form(_) => {
                Trouble::Fault
            }
        }
    }
}

/// What the other end of a request must know of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no room; somebody must make some.
    Full,
    /// Trying again later may help.
    Passing,
    /// It will not.
    Fault,
}

/// PostgreSQL says it in five characters (SQLSTATE), SQLite in a number whose low byte is the primary code.
fn of_code(code: &str) -> Trouble {
    /// A file for the shared index cannot grow, a write came to nothing: on a full disk too.
    const NO_ROOM: [u32; 2] = [4874, 778];
    if code.len() == 5 {
        return match code {
            "53100" => Trouble::Full,
            // Class 08 (connection), 53 (resources), 57 (stopped: the server, or a statement that took too long), 40
            // (retry), 25P03 (a transaction that waited too long), 25006 (a standby that is not the master yet).
            _ if ["08", "53", "57", "40", "25P03", "25006"].iter().any(|class| code.starts_with(class)) => {
                Trouble::Passing
            }
            _ => Trouble::Fault,
        };
    }
    match code.parse::<u32>() {
        Ok(code) if NO_ROOM.contains(&code) => Trouble::Full,
        Ok(code) => match code & 0xff {
            13 => Trouble::Full,
            // BUSY, LOCKED; READONLY, IOERR, CANTOPEN: the disk, and it may come back.
            5 | 6 | 8 | 10 | 14 => Trouble::Passing,
            _ => Trouble::Fault,
        },
        Err(_) => Trouble::Fault,
    }
}

type Result<T> = std::result::Result<T, StoreError>;

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: AnyPool,
    /// How a writing transaction begins: SQLite takes its one write lock at once, so that it never has to give up midway.
    begin: &'static str,
    /// SQLite has one writer at a time; waiting here is fair and costs nothing, waiting in SQLite is neither.
    writers: Option<Arc<Semaphore>>,
    cursors: Cursors,
    place: connect::Place,
}

/// A writing transaction. Rolled back unless [`Write::commit`] is called.
struct Write {
    transaction: Transaction<'static, Any>,
    // After the transaction: fields are dropped in order, and the next writer must find the lock free.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Write {
    async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }

    /// The next number of the change feed. Called first in every transaction that changes a ticket.
    async fn next_change(&mut self) -> Result<i64> {
        let row = sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value")
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(row.try_get(0)?)
    }

    /// The next ticket's number, and the name of the device that it comes from: one way to the database less while
    /// everybody waits for the counter.
    async fn next_ticket(&mut self, device: DeviceId) -> Result<(i64, String)> {
        let row = sqlx::query(
            "UPDATE counters SET value = value + 1 WHERE name = 'ticket'
             RETURNING value, (SELECT d.name FROM devices d WHERE d.id = $1) AS device",
        )
        .bind(device.to_string())
        .fetch_one(&mut *self.transaction)
        .await?;
        Ok((row.try_get("value")?, row.try_get("device")?))
    }
}

impl Store {
    async fn write(&self) -> Result<Write> {
        let turn = match &self.writers {
            Some(writers) => Some(
                Arc::clone(writers)
                    .acquire_owned()
                    .await
                    .map_err(|_closed| StoreError::Setup("the store is closed".to_owned()))?,
            ),
            None => None,
        };
        Ok(Write { transaction: self.pool.begin_with(self.begin).await?, _turn: turn })
    }

    /// Writes and reads cursors of this database.
    pub(crate) fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    /// The connections, for whoever only looks.
    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// How many tickets are in each state.
    pub(crate) async fn counts(&self) -> Result<Vec<(String, i64)>> {
        let found =
            sqlx::query("SELECT state, COUNT(*) AS tickets FROM tickets GROUP BY state").fetch_all(&self.pool).await?;
        found.iter().map(|row| Ok((row.try_get("state")?, row.try_get("tickets")?))).collect()
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT value FROM counters WHERE name = 'change'").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes all connections; SQLite writes its log back into the database.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// A truth value as the databases keep it.
fn flag(value: bool) -> i64 {
    i64::from(value)
}

fn truth(row: &AnyRow, column: &'static str) -> Result<bool> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_from_trouble() {
        for (code, trouble) in [
            ("13", Trouble::Full),
            ("4874", Trouble::Full),
            ("53100", Trouble::Full),
            ("5", Trouble::Passing),
            ("517", Trouble::Passing),
            ("266", Trouble::Passing),
            ("53300", Trouble::Passing),
            ("57P01", Trouble::Passing),
            ("57014", Trouble::Passing),
            ("25006", Trouble::Passing),
            ("25P02", Trouble::Fault),
            ("40001", Trouble::Passing),
            ("08006", Trouble::Passing),
            ("2067", Trouble::Fault),
            ("23505", Trouble::Fault),
            ("1", Trouble::Fault),
            ("", Trouble::Fault),
        ] {
            assert_eq!(of_code(code), trouble, "{code}");
        }
    }
}
