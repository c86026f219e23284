//! What waits to be sent. [`machine`] decides, the worker behind [`handle`] does, and this is the table between them.

use deskside_protocol::local::Delivery;
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::store::Result;
use crate::store::columns::{json, moment, parsed, to_json, unsigned};

mod flight;
pub mod handle;
pub use deskside_helpdesk::outbox as machine;
mod worker;

use machine::{Message, Stage};

/// A message in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its place.
    pub sequence: i64,
    /// The ticket's client id, or the entry's id.
    pub id: String,
    /// The request that it belongs to.
    pub client_id: ClientId,
    /// The follow-up or verdict as JSON; a ticket's document is with the ticket.
    pub payload: Option<String>,
    /// What it is going through.
    pub message: Message,
    /// When it was written.
    pub queued_at: Timestamp,
}

fn standing(message: &Message) -> &'static str {
    match message.stage {
        Stage::New { .. } | Stage::Placed { .. } => "waiting",
        Stage::Parked { .. } => "parked",
        Stage::Delivered { .. } => "delivered",
    }
}

fn read(row: &SqliteRow) -> Result<Queued> {
    Ok(Queued {
        sequence: row.try_get("sequence")?,
        id: row.try_get("id")?,
        client_id: parsed(row, "client_id")?,
        payload: row.try_get("payload")?,
        message: json(row, "message")?,
        queued_at: moment(row, "queued_at")?,
    })
}

/// Puts a message at the end of the queue, in the transaction of what it tells.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn enqueue(
    connection: &mut SqliteConnection,
    id: &str,
    client_id: ClientId,
    payload: Option<&str>,
    message: &Message,
) -> Result<()> {
    sqlx::query("INSERT INTO outbox (id, client_id, payload, message, standing, queued_at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(client_id.to_string())
        .bind(payload)
        .bind(to_json(message)?)
        .bind(standing(message))
        .bind(Timestamp::now().unix_ms())
        .execute(connection)
        .await?;
    Ok(())
}

/// Everything that is not delivered, after this place, in order.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn undelivered(connection: &mut SqliteConnection, after: i64) -> Result<Vec<Queued>> {
    let rows = sqlx::query("SELECT * FROM outbox WHERE standing <> 'delivered' AND sequence > ? ORDER BY sequence")
        .bind(after)
        .fetch_all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// The last place of the queue, whatever became of what stands there.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn last(connection: &mut SqliteConnection) -> Result<i64> {
    let row = sqlx::query("SELECT coalesce(max(sequence), 0) FROM outbox").fetch_one(connection).await?;
    Ok(row.try_get(0)?)
}

/// How many messages are parked for this reason.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn parked_for(connection: &mut SqliteConnection, code: ErrorCode) -> Result<usize> {
    let parked = undelivered(connection, 0).await?;
    let of_code = |queued: &&Queued| matches!(&queued.message.stage, Stage::Parked { why, .. } if why.code == code);
    Ok(parked.iter().filter(of_code).count())
}

/// Everything of one request, in order.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn of_request(connection: &mut SqliteConnection, client_id: ClientId) -> Result<Vec<Queued>> {
    let rows = sqlx::query("SELECT * FROM outbox WHERE client_id = ? ORDER BY sequence")
        .bind(client_id.to_string())
        .fetch_all(connection)
        .await?;
    rows.iter().map(read).collect()
}

/// The messages that create tickets, for the list.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn of_tickets(connection: &mut SqliteConnection) -> Result<Vec<Queued>> {
    let rows = sqlx::query("SELECT * FROM outbox WHERE id = client_id").fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

/// Keeps what a message has come to; whether it is still there. A delivered one needs its payload no more.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn keep(connection: &mut SqliteConnection, queued: &Queued, message: &Message) -> Result<bool> {
    // By its identity too: in another store the same place is another's.
    let done = sqlx::query(
        "UPDATE outbox SET message = ?, standing = ?, payload = CASE WHEN ? = 'delivered' THEN NULL ELSE payload END
         WHERE sequence = ? AND id = ?",
    )
    .bind(to_json(message)?)
    .bind(standing(message))
    .bind(standing(message))
    .bind(queued.sequence)
    .bind(&queued.id)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Files of a message that its writer does without: the helpdesk may go on naming them.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn given_up(connection: &mut SqliteConnection, id: &str) -> Result<Vec<AttachmentId>> {
    let row = sqlx::query("SELECT message FROM outbox WHERE id = ? AND instr(message, '\"given_up\"') > 0")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    let message: Option<Message> = row.map(|row| json(&row, "message")).transpose()?;
    Ok(message.map(|message| message.given_up).unwrap_or_default())
}

/// Requests with something that waits, and requests with something parked.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn counts(connection: &mut SqliteConnection) -> Result<(u32, u32)> {
    let row = sqlx::query(
        "SELECT count(DISTINCT CASE WHEN standing = 'waiting' THEN client_id END) AS waiting,
                count(DISTINCT CASE WHEN standing = 'parked' THEN client_id END) AS parked
         FROM outbox WHERE standing <> 'delivered'",
    )
    .fetch_one(connection)
    .await?;
    let count =
        |column| Ok::<u32, crate::store::StoreError>(u32::try_from(unsigned(&row, column)?).unwrap_or(u32::MAX));
    Ok((count("waiting")?, count("parked")?))
}

/// A message as the window shows it. `number` is its ticket's, for entries that have none of their own.
#[must_use]
pub fn delivery(message: &Message, sending: bool, number: Option<u64>) -> Delivery {
    match &message.stage {
        Stage::Delivered { number: own } => Delivery::Delivered { number: own.or(number).unwrap_or(0) },
        Stage::Parked { why, number: own, .. } => Delivery::Parked {
            error: why.clone(),
            number: if message.has_arrived() { own.or(number) } else { None },
            refused: message.refused.iter().map(|refused| refused.file).collect(),
        },
        Stage::New { .. } | Stage::Placed { .. } if sending => Delivery::Sending,
        Stage::New { .. } | Stage::Placed { .. } => Delivery::Waiting {
            tries: message.tries,
            next_try_at: message.not_before,
            last_error: message.last_error.as_ref().map(|error| error.code),
        },
    }
}
