//! What is true: devices, people, tickets. One set of queries for SQLite and PostgreSQL, through sqlx's `Any` driver;
//! what differs is in `connect` and in the migrations. The same tests run on both (`tests/store_suite.rs`).
//!
//! Every change to a ticket first takes the next value of the counter `change`, inside its transaction. That row is then
//! held until the commit, so changes become visible in the order of their numbers, and no cursor skips one.

mod attachments;
mod connect;
mod devices;
mod list;
mod page;
mod people;
mod relay;
mod rows;
mod thread;
mod tickets;

use std::sync::Arc;

use sqlx::any::{Any, AnyRow};
use sqlx::{AnyPool, Row as _, Transaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use attachments::{Arrival, StoredAttachment};
pub(crate) use devices::{NewToken, TokenUse};
pub(crate) use list::ListQuery;
pub(crate) use people::{NewPassword, NewSession};
pub(crate) use relay::relay_changes;
pub(crate) use thread::{ReplyOutcome, TechnicianReply, VerdictOutcome};
pub(crate) use tickets::{Change, ChangeOutcome, Intake, NewTicket};

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
}

impl StoreError {
    /// Whether a unique constraint spoke: somebody else was first.
    fn is_taken(&self) -> bool {
        match self {
            Self::Database(error) => error.as_database_error().is_some_and(|e| e.is_unique_violation()),
            Self::Migration(_) | Self::Unreadable(_) | Self::Setup(_) => false,
        }
    }

    /// Whether trying again later may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            // SQLITE_BUSY and SQLITE_LOCKED, SQLITE_FULL; PostgreSQL: class 53 (resources), 57P0x (shutting down), 40 (retry).
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
                matches!(code.as_ref(), "5" | "6" | "13" | "517" | "261")
                    || code.starts_with("53")
                    || code.starts_with("57P0")
                    || code.starts_with("40")
            }),
            Self::Database(_) | Self::Migration(_) | Self::Unreadable(_) | Self::Setup(_) => false,
        }
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
    epoch: String,
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
        self.next("UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value").await
    }

    async fn next_ticket(&mut self) -> Result<i64> {
        self.next("UPDATE counters SET value = value + 1 WHERE name = 'ticket' RETURNING value").await
    }

    async fn next(&mut self, statement: &'static str) -> Result<i64> {
        Ok(sqlx::query(statement).fetch_one(&mut *self.transaction).await?.try_get(0)?)
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

    /// What cursors of this database carry (see [`crate::cursor`]).
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
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
