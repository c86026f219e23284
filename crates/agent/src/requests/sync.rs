//! What the helpdesk says about my requests. A nudge only says "look": the changes are fetched from the last cursor, so
//! lost or repeated nudges do no harm. All of it is a server's word: shortened, cleaned, counted.

use deskside_helpdesk::{Helpdesk, HelpdeskError};
use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp, TicketState};
use deskside_protocol::{ClientId, ErrorCode, file_names, limits};
use sqlx::{Row, SqliteConnection};

use crate::drafts::beginning;
use crate::identity::{self, HELPDESK};
use crate::media;
use crate::outbox;
use crate::ports::Notification;
use crate::store::columns::{signed, word};
use crate::store::files::{self, Owner};
use crate::store::{Result, Store, StoreError, forget_meta, meta, set_meta};

/// Where the cursor is kept, together with the helpdesk that it belongs to.
const CURSOR: &str = "cursor";
/// Kept while the very first look is under way: its pages may take several tries.
const FIRST_LOOK: &str = "first-look";
/// Pages fetched in one go, against a server that never says "that was all".
const PAGES: usize = 10_000;

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The helpdesk.
    #[error(transparent)]
    Helpdesk(#[from] HelpdeskError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a look has brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Requests that changed.
    pub changed: Vec<ClientId>,
    /// What is worth a notification. Marked as shown already: each comes once, even if the program ends now.
    pub notifications: Vec<Notification>,
}

/// Forgets where the last look ended: the next one begins at the beginning (another helpdesk, another identity).
///
/// # Errors
/// [`StoreError`].
pub async fn forget_cursor(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("DELETE FROM meta WHERE name IN (?, ?)").bind(CURSOR).bind(FIRST_LOOK).execute(connection).await?;
    Ok(())
}

/// Fetches what changed since the last look, and keeps it, page by page with its cursor. `helpdesk` says which one is
/// looked at ([`crate::identity`]): once requests belong to another one, what it says is about none of them any more.
///
/// # Errors
/// [`SyncError`]; what was fetched until then is kept.
pub async fn look(
    store: &Store,
    desk: &dyn Helpdesk,
    helpdesk: &str,
    news: &mut News,
) -> std::result::Result<(), SyncError> {
    let mut cursor = store.meta(CURSOR).await?;
    // On the very first look everything is old: a computer that was set up anew shows no hundred notifications.
    // Neither does one whose first look broke off and goes on now.
    let quiet = cursor.is_none() || store.meta(FIRST_LOOK).await?.is_some();
    for _ in 0..PAGES {
        let page = match desk.changes(cursor.as_deref()).await {
            // It was set back or set up anew, and gives all in its present state: what is known here stays no news.
            Err(error) if error.code == ErrorCode::StartOver && cursor.is_some() => {
                tracing::info!("the helpdesk wants to be asked from the beginning");
                cursor = None;
                continue;
            }
            page => page?,
        };
        let stands_still = cursor.as_deref() == Some(page.cursor.as_str());
        if !(stands_still && page.tickets.is_empty()) {
            let mut tx = store.begin().await?;
            if meta(&mut tx, HELPDESK).await?.is_some_and(|now| !identity::is_same(&now, helpdesk)) {
                tracing::info!("the helpdesk was changed while it was looked at: what it says is not kept");
                return Ok(());
            }
            for ticket in &page.tickets {
                take(&mut tx, ticket, quiet, news).await?;
            }
            set_meta(&mut tx, CURSOR, &page.cursor).await?;
            if quiet && page.more {
                set_meta(&mut tx, FIRST_LOOK, "under way").await?;
            } else {
                forget_meta(&mut tx, FIRST_LOOK).await?;
            }
            tx.commit().await.map_err(StoreError::from)?;
        }
        if !page.more || stands_still {
            break;
        }
        cursor = Some(page.cursor);
    }
    Ok(())
}

async fn take(connection: &mut SqliteConnection, view: &TicketView, quiet: bool, news: &mut News) -> Result<()> {
    let id = view.client_id;
    let before = sqlx::query("SELECT state FROM tickets WHERE client_id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    let known = before.is_some();
    if !known {
        let count: i64 = sqlx::query("SELECT count(*) FROM tickets").fetch_one(&mut *connection).await?.try_get(0)?;
        if usize::try_from(count).unwrap_or(usize::MAX) >= limits::REQUESTS_KEPT {
            return Ok(());
        }
    }
    // Title and description of a request that was written here stay as they were written, unless they were lost.
    sqlx::query(
        "INSERT INTO tickets (client_id, title, description, number, state, assignee, rating, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (client_id) DO UPDATE SET
             title = CASE WHEN title = '' THEN excluded.title ELSE title END,
             description = CASE WHEN description = '' THEN excluded.description ELSE description END,
             number = excluded.number, former = 0, state = excluded.state,
             assignee = excluded.assignee, rating = coalesce(excluded.rating, rating), updated_at = excluded.updated_at",
    )
    .bind(id.to_string())
    .bind(line(&view.title, limits::TITLE_CHARS))
    .bind(text(&view.description))
    .bind(signed(view.number))
    .bind(word(&view.state))
    .bind(view.assignee.as_deref().map(|name| line(name, limits::NAME_CHARS)))
    .bind(view.rating.map(|stars| i64::from(stars.clamp(1, 5))))
    .bind(view.created_at.unix_ms())
    .bind(view.updated_at.unix_ms())
    .execute(&mut *connection)
    .await?;
    let given_up = outbox::given_up(connection, &id.to_string()).await?;
    for file in view.attachments.iter().filter(|file| !given_up.contains(&file.id)).take(limits::ATTACHMENTS) {
        files::add(connection, Owner::Ticket(id), &attachment(file)).await?;
    }
    let mut newest: Option<&FollowUp> = None;
    let skipped = view.thread.len().saturating_sub(limits::THREAD_ENTRIES);
    for entry in view.thread.iter().skip(skipped) {
        if take_entry(connection, id, entry).await? && is_news(entry) {
            newest = Some(entry);
        }
    }
    news.changed.push(id);
    let Some(entry) = newest.filter(|_| !quiet) else { return Ok(()) };
    sqlx::query("UPDATE tickets SET unread = 1 WHERE client_id = ?")
        .bind(id.to_string())
        .execute(&mut *connection)
        .await?;
    let title = crate::requests::title(connection, id).await?;
    let number = Some(view.number);
    news.notifications.push(match (entry.text.trim().is_empty(), entry.new_state) {
        (true, Some(state)) => Notification::State { client_id: id, number, title, state },
        _ => Notification::Answer {
            client_id: id,
            number,
            title,
            author: entry.author_name.as_deref().map(|name| line(name, limits::NAME_CHARS)),
            text: line(&entry.text, limits::NOTIFICATION_CHARS),
        },
    });
    Ok(())
}

/// Keeps an entry; whether it was not known before.
async fn take_entry(connection: &mut SqliteConnection, ticket: ClientId, entry: &FollowUp) -> Result<bool> {
    let known = sqlx::query("SELECT 1 FROM entries WHERE id = ?")
        .bind(entry.id.to_string())
        .fetch_optional(&mut *connection)
        .await?
        .is_some();
    // An entry stays in its own thread, whatever a server says later.
    sqlx::query(
        "INSERT INTO entries (id, client_id, author, author_name, at, text, new_state) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET author = excluded.author, author_name = excluded.author_name,
             at = excluded.at, text = excluded.text, new_state = excluded.new_state
         WHERE client_id = excluded.client_id",
    )
    .bind(entry.id.to_string())
    .bind(ticket.to_string())
    .bind(word(&entry.author))
    .bind(entry.author_name.as_deref().map(|name| line(name, limits::NAME_CHARS)))
    .bind(entry.at.unix_ms())
    .bind(text(&entry.text))
    .bind(entry.new_state.as_ref().map(word))
    .execute(&mut *connection)
    .await?;
    let given_up = outbox::given_up(connection, &entry.id.to_string()).await?;
    for file in entry.attachments.iter().filter(|file| !given_up.contains(&file.id)).take(limits::ATTACHMENTS) {
        files::add(connection, Owner::Entry(ticket, entry.id), &attachment(file)).await?;
    }
    Ok(!known)
}

/// Whether an entry is an answer to its requester: words of somebody else, or a state that asks something of them.
fn is_news(entry: &FollowUp) -> bool {
    let asks = matches!(entry.new_state, Some(TicketState::Solved | TicketState::WaitingForRequester));
    match entry.author {
        Author::Requester => false,
        Author::Technician | Author::System => asks || !entry.text.trim().is_empty(),
    }
}

fn attachment(file: &AttachmentMeta) -> AttachmentMeta {
    let known = limits::MEDIA_TYPES.iter().find(|known| **known == file.media_type);
    AttachmentMeta {
        name: file_names::harmless(&file.name),
        media_type: known.map_or("application/octet-stream", |known| *known).to_owned(),
        ..file.clone()
    }
}

/// A text of a server in one line, without marks that turn the direction of writing around (Unicode Standard Annex 9): it
/// stands beside words of ours, also where nothing can set it apart (notifications).
fn line(text: &str, chars: usize) -> String {
    let turns = |c: &char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text.chars().filter(|c| !turns(c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    beginning(&clean, chars)
}

/// A text of a server, of the length that requesters may write themselves, without control characters.
fn text(text: &str) -> String {
    let text = media::cut(text, limits::TEXT_BYTES);
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
