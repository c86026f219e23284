//! My requests: what was submitted here and what the helpdesk says about it ([`sync`]), as the window shows it.

use std::collections::HashMap;

use deskside_helpdesk::TicketRef;
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::local::{Delivery, RequestRow, Thread, ThreadEntry};
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketState, Verdict};
use deskside_protocol::{AttachmentId, ClientId, DraftId, ErrorCode, ErrorReport, FollowUpId, Timestamp, limits};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::drafts::{Kept, beginning};
use crate::outbox::machine::{Kind, Message};
use crate::outbox::{self, Queued};
use crate::store::Result;
use crate::store::columns::{enumeration, maybe_enumeration, moment, parsed, to_json, unsigned, word};
use crate::store::files::{self, Owner};

pub mod sync;
pub mod take_back;

/// Says which messages are on their way now.
pub type IsSending<'a> = &'a (dyn Fn(&str) -> bool + Sync);

/// Whether a request is known here.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn exists(connection: &mut SqliteConnection, id: ClientId) -> Result<bool> {
    let row = sqlx::query("SELECT 1 FROM tickets WHERE client_id = ?")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// The request that this draft has become, if it was submitted.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn of_draft(connection: &mut SqliteConnection, draft: DraftId) -> Result<Option<ClientId>> {
    let row = sqlx::query("SELECT client_id FROM tickets WHERE draft_id = ?")
        .bind(draft.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| parsed(&row, "client_id")).transpose()
}

/// Turns a draft into a request that waits to be sent: ticket, files and message, in the caller's transaction.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn submit(connection: &mut SqliteConnection, kept: &Kept, document: &str) -> Result<()> {
    let draft = &kept.draft;
    let now = Timestamp::now().unix_ms();
    sqlx::query(
        "INSERT INTO tickets (client_id, draft_id, title, description, document, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(kept.client_id.to_string())
    .bind(draft.id.to_string())
    .bind(beginning(&draft.text, limits::TITLE_CHARS))
    .bind(&draft.text)
    .bind(document.as_bytes())
    .bind(now)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    files::hand_over(connection, Owner::Draft(draft.id), Owner::Ticket(kept.client_id)).await?;
    let message = Message::new(Kind::Ticket, ids(&draft.attachments));
    outbox::enqueue(connection, &kept.client_id.to_string(), kept.client_id, None, &message).await?;
    crate::drafts::delete(connection, draft.id).await
}

fn ids(files: &[AttachmentMeta]) -> Vec<AttachmentId> {
    files.iter().map(|file| file.id).collect()
}

/// Keeps a reply that is being written, in the caller's transaction. Too long a text is kept as well: it is refused when
/// it is sent, and until then nobody has lost it; only what no limit could excuse is refused here.
///
/// # Errors
/// `NotFound`, `TextTooLong` beyond ten times what can be sent; those of the store.
pub async fn save_reply(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    text: &str,
) -> std::result::Result<(), ErrorReport> {
    must_exist(connection, client_id).await?;
    if text.len() > limits::TEXT_BYTES * 10 {
        return Err(ErrorReport::new(ErrorCode::TextTooLong, format!("{} bytes", text.len())));
    }
    set_reply(connection, client_id, text).await?;
    Ok(())
}

async fn set_reply(connection: &mut SqliteConnection, client_id: ClientId, text: &str) -> Result<()> {
    sqlx::query("UPDATE tickets SET reply_text = ? WHERE client_id = ?")
        .bind(text)
        .bind(client_id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds a reply with the files that were added to it, in the caller's transaction.
///
/// # Errors
/// `NotFound`, `TextMissing`, `TextTooLong`; those of the store.
pub async fn reply(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    text: &str,
) -> std::result::Result<(), ErrorReport> {
    must_exist(connection, client_id).await?;
    must_fit(text)?;
    let attachments = files::of(connection, Owner::Reply(client_id)).await?;
    if text.trim().is_empty() && attachments.is_empty() {
        return Err(ErrorReport::new(ErrorCode::TextMissing, "the reply is empty"));
    }
    let id = FollowUpId::new();
    files::hand_over(connection, Owner::Reply(client_id), Owner::Entry(client_id, id)).await?;
    let message = Message::new(Kind::FollowUp, ids(&attachments));
    let follow_up = NewFollowUp { id, text: text.to_owned(), attachments };
    let payload = to_json(&follow_up)?;
    outbox::enqueue(connection, &id.to_string(), client_id, Some(&payload), &message).await?;
    entry_of_mine(connection, client_id, id, text, None).await?;
    set_reply(connection, client_id, "").await?;
    Ok(())
}

/// Adds a verdict, in the caller's transaction.
///
/// # Errors
/// `NotFound`; `WrongState` if it does not fit where the request stands; `BadRequest` for stars out of 1 to 5;
/// `TextMissing`, `TextTooLong`; those of the store.
pub async fn verdict(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    verdict: &Verdict,
) -> std::result::Result<(), ErrorReport> {
    must_exist(connection, client_id).await?;
    let row = sqlx::query("SELECT state, rating FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_one(&mut *connection)
        .await
        .map_err(crate::store::StoreError::from)?;
    let state: Option<TicketState> = maybe_enumeration(&row, "state")?;
    let rated = row.try_get::<Option<i64>, _>("rating").map_err(crate::store::StoreError::from)?.is_some();
    let waiting = waiting_verdicts(connection, client_id).await?;
    let closes = |v: &Verdict| matches!(v, Verdict::Confirm | Verdict::Reopen { .. });
    let wrong = |detail: &str| Err(ErrorReport::new(ErrorCode::WrongState, detail));
    let id = FollowUpId::new();
    match verdict {
        Verdict::Confirm => {
            if state != Some(TicketState::Solved) || waiting.iter().any(closes) {
                return wrong("only a solved request can be confirmed, once");
            }
            entry_of_mine(connection, client_id, id, "", Some(TicketState::Closed)).await?;
        }
        Verdict::Reopen { text } => {
            must_fit(text)?;
            if !matches!(state, Some(TicketState::Solved | TicketState::Closed)) || waiting.iter().any(closes) {
                return wrong("only a solved or closed request can be reopened, once");
            }
            entry_of_mine(connection, client_id, id, text, None).await?;
        }
        Verdict::Rate { stars, comment } => {
            if !(1..=5).contains(stars) {
                return Err(ErrorReport::new(ErrorCode::BadRequest, "stars are 1 to 5"));
            }
            must_fit(comment.as_deref().unwrap_or_default())?;
            if !matches!(state, Some(TicketState::Solved | TicketState::Closed)) || rated {
                return wrong("only a solved or closed request can be rated, once");
            }
            sqlx::query("UPDATE tickets SET rating = ? WHERE client_id = ?")
                .bind(i64::from(*stars))
                .bind(client_id.to_string())
                .execute(&mut *connection)
                .await
                .map_err(crate::store::StoreError::from)?;
        }
    }
    let payload = to_json(&NewVerdict { id, verdict: verdict.clone() })?;
    let message = Message::new(Kind::Verdict, Vec::new());
    outbox::enqueue(connection, &id.to_string(), client_id, Some(&payload), &message).await?;
    Ok(())
}

async fn waiting_verdicts(connection: &mut SqliteConnection, client_id: ClientId) -> Result<Vec<Verdict>> {
    let queued = outbox::of_request(connection, client_id).await?;
    Ok(queued
        .iter()
        .filter(|queued| queued.message.kind == Kind::Verdict && !queued.message.is_at_rest())
        .filter_map(|queued| serde_json::from_str::<NewVerdict>(queued.payload.as_deref()?).ok())
        .map(|new| new.verdict)
        .collect())
}

async fn must_exist(connection: &mut SqliteConnection, client_id: ClientId) -> std::result::Result<(), ErrorReport> {
    if exists(connection, client_id).await? {
        return Ok(());
    }
    Err(ErrorReport::new(ErrorCode::NotFound, "no such request"))
}

fn must_fit(text: &str) -> std::result::Result<(), ErrorReport> {
    if text.len() <= limits::TEXT_BYTES {
        return Ok(());
    }
    Err(ErrorReport::new(ErrorCode::TextTooLong, format!("{} bytes; at most {} fit", text.len(), limits::TEXT_BYTES)))
}

/// What was written here is in the thread at once. When the helpdesk has it, its word replaces this one.
async fn entry_of_mine(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    id: FollowUpId,
    text: &str,
    new_state: Option<TicketState>,
) -> Result<()> {
    let now = Timestamp::now();
    sqlx::query("INSERT INTO entries (id, client_id, author, at, text, new_state) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(client_id.to_string())
        .bind(word(&Author::Requester))
        .bind(now.unix_ms())
        .bind(text)
        .bind(new_state.as_ref().map(word))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE tickets SET updated_at = ? WHERE client_id = ?")
        .bind(now.unix_ms())
        .bind(client_id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

fn row_of(row: &SqliteRow, queued: Option<&Queued>, sending: IsSending<'_>) -> Result<RequestRow> {
    let number = row.try_get::<Option<i64>, _>("number")?.and_then(|n| u64::try_from(n).ok());
    let delivery = match queued {
        Some(queued) => outbox::delivery(&queued.message, sending(&queued.id), number),
        // Heard of from the helpdesk; nothing that has no number is claimed to have arrived.
        None => match number {
            Some(number) => Delivery::Delivered { number },
            None => Delivery::Waiting { tries: 0, next_try_at: None, last_error: None },
        },
    };
    Ok(RequestRow {
        client_id: parsed(row, "client_id")?,
        title: row.try_get("title")?,
        delivery,
        state: maybe_enumeration(row, "state")?,
        assignee: row.try_get("assignee")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
        unread: row.try_get("unread")?,
        answered: row
            .try_get::<Option<String>, _>("last_author")?
            .is_some_and(|last| last == word(&Author::Technician)),
        former: row.try_get("former")?,
    })
}

/// With who had the last word: what the system writes into a thread answers nobody.
const ROW: &str = "SELECT client_id, title, number, state, assignee, created_at, updated_at, unread, former,
                     (SELECT author FROM entries WHERE entries.client_id = tickets.client_id AND author <> 'system'
                      ORDER BY at DESC, id DESC LIMIT 1) AS last_author
                   FROM tickets ORDER BY updated_at DESC, client_id DESC";

/// All requests, newest change first.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn list(connection: &mut SqliteConnection, sending: IsSending<'_>) -> Result<Vec<RequestRow>> {
    let queued: HashMap<ClientId, Queued> =
        outbox::of_tickets(connection).await?.into_iter().map(|queued| (queued.client_id, queued)).collect();
    let rows = sqlx::query(ROW).fetch_all(connection).await?;
    rows.iter().map(|row| row_of(row, queued.get(&parsed(row, "client_id")?), sending)).collect()
}

/// One request with its thread.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn thread(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    sending: IsSending<'_>,
) -> Result<Option<Thread>> {
    let Some(ticket) = sqlx::query(
        "SELECT *, (SELECT author FROM entries WHERE entries.client_id = tickets.client_id AND author <> 'system'
                    ORDER BY at DESC, id DESC LIMIT 1) AS last_author
         FROM tickets WHERE client_id = ?",
    )
    .bind(client_id.to_string())
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(None);
    };
    let queued: HashMap<String, Queued> = outbox::of_request(connection, client_id)
        .await?
        .into_iter()
        .map(|queued| (queued.id.clone(), queued))
        .collect();
    let row = row_of(&ticket, queued.get(&client_id.to_string()), sending)?;
    let number = match row.delivery {
        Delivery::Delivered { number } => Some(number),
        Delivery::Parked { number, .. } => number,
        Delivery::Waiting { .. } | Delivery::Sending => None,
    };
    let mut entries = Vec::new();
    let rows = sqlx::query("SELECT * FROM entries WHERE client_id = ? ORDER BY at DESC, id DESC")
        .bind(client_id.to_string())
        .fetch_all(&mut *connection)
        .await?;
    let mut room = limits::THREAD_BYTES;
    for row in &rows {
        let length = row.try_get::<&str, _>("text")?.len();
        let Some(left) = room.checked_sub(length) else { break };
        room = left;
        let id: FollowUpId = parsed(row, "id")?;
        let mine = queued.get(&id.to_string());
        entries.push(ThreadEntry {
            follow_up: FollowUp {
                id,
                author: enumeration(row, "author")?,
                author_name: row.try_get("author_name")?,
                at: moment(row, "at")?,
                text: row.try_get("text")?,
                new_state: maybe_enumeration(row, "new_state")?,
                attachments: files::of(connection, Owner::Entry(client_id, id)).await?,
            },
            delivery: mine.map(|queued| outbox::delivery(&queued.message, sending(&queued.id), number)),
        });
    }
    let earlier = u32::try_from(rows.len() - entries.len()).unwrap_or(u32::MAX);
    entries.reverse();
    Ok(Some(Thread {
        row,
        earlier,
        description: ticket.try_get("description")?,
        attachments: files::of(connection, Owner::Ticket(client_id)).await?,
        entries,
        reply_text: ticket.try_get("reply_text")?,
        reply_attachments: files::of(connection, Owner::Reply(client_id)).await?,
        rating: ticket.try_get::<Option<i64>, _>("rating")?.and_then(|stars| u8::try_from(stars).ok()),
    }))
}

/// Marks a request's answers as read; whether there were unread ones.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn mark_read(connection: &mut SqliteConnection, client_id: ClientId) -> Result<bool> {
    let done = sqlx::query("UPDATE tickets SET unread = 0 WHERE client_id = ? AND unread <> 0")
        .bind(client_id.to_string())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A request as both sides call it.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn ticket_ref(connection: &mut SqliteConnection, client_id: ClientId) -> Result<TicketRef> {
    // The number of another helpdesk's ticket names a stranger's here.
    let row = sqlx::query("SELECT number FROM tickets WHERE client_id = ? AND former = 0")
        .bind(client_id.to_string())
        .fetch_optional(connection)
        .await?;
    let number: Option<i64> = row.map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(TicketRef { client_id, number: number.and_then(|number| u64::try_from(number).ok()) })
}

/// Whether a request is at the helpdesk of before.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn is_former(connection: &mut SqliteConnection, client_id: ClientId) -> Result<bool> {
    let row = sqlx::query("SELECT 1 FROM tickets WHERE client_id = ? AND former <> 0")
        .bind(client_id.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// The helpdesk is another one: what the one before has stays there. A look that finds it again takes the mark away.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn leave_all(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE tickets SET former = 1 WHERE number IS NOT NULL").execute(connection).await?;
    Ok(())
}

/// The title of a request.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn title(connection: &mut SqliteConnection, client_id: ClientId) -> Result<String> {
    let row = sqlx::query("SELECT title FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

/// The document that was sent, if this computer sent it.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn document(connection: &mut SqliteConnection, client_id: ClientId) -> Result<Option<String>> {
    let row = sqlx::query("SELECT document FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_optional(connection)
        .await?;
    let bytes: Option<Vec<u8>> = row.map(|row| row.try_get(0)).transpose()?.flatten();
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|error| crate::store::StoreError::Damaged(error.to_string())))
        .transpose()
}

/// Requests that are not over, and requests with an answer that was not read.
///
/// # Errors
/// [`crate::store::StoreError`].
pub async fn counts(connection: &mut SqliteConnection) -> Result<(u32, u32)> {
    let row = sqlx::query(
        "SELECT count(CASE WHEN state IS NULL OR state <> 'closed' THEN 1 END) AS open,
                count(CASE WHEN unread <> 0 THEN 1 END) AS unread
         FROM tickets",
    )
    .fetch_one(connection)
    .await?;
    let count =
        |column| Ok::<u32, crate::store::StoreError>(u32::try_from(unsigned(&row, column)?).unwrap_or(u32::MAX));
    Ok((count("open")?, count("unread")?))
}
