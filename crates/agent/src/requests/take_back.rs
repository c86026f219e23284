//! Takes back what the helpdesk refuses: its writer gets the words again, to change them or to let them go. Nothing typed
//! is lost by it: a request that never arrived becomes a draft, a reply goes back to where replies are written.

use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::facts::SectionId;
use deskside_protocol::local::{Draft, LedgerAction};
use deskside_protocol::ticket::{TicketDocument, Verdict};
use deskside_protocol::{AttachmentId, ClientId, DraftId, ErrorCode, ErrorReport, FollowUpId, Timestamp, limits};
use sqlx::{Row, SqliteConnection};

use crate::drafts::{self, Kept};
use crate::ledger;
use crate::outbox::machine::{Kind, Stage};
use crate::outbox::{self, Queued};
use crate::store::files::{self, Owner};
use crate::store::{Result, StoreError};

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// The draft that a request has become.
    pub draft: Option<DraftId>,
    /// Places in the queue that are free now.
    pub gone: Vec<i64>,
    /// Files that nothing needs any more: the bytes are the caller's to delete, after the commit.
    pub unneeded: Vec<AttachmentId>,
}

/// Takes back, in the caller's transaction, what is parked of a request: the reply or verdict `entry` alone, or all of it.
/// `of_request` is everything of it that has not arrived, in order.
///
/// A request that never arrived becomes a draft together with everything that was written after it. Where only files were
/// refused, the rest has arrived and stays; the files are let go.
///
/// # Errors
/// `NotFound` if nothing of it is parked; `TooManyFiles` if the files of a reply do not fit beside those of the reply that
/// is being written; those of the store.
pub async fn take_back(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    entry: Option<FollowUpId>,
    of_request: &[Queued],
) -> std::result::Result<TakenBack, ErrorReport> {
    let parked: Vec<&Queued> = of_request
        .iter()
        .filter(|queued| matches!(queued.message.stage, Stage::Parked { .. }))
        .filter(|queued| entry.is_none_or(|entry| queued.id == entry.to_string()))
        .collect();
    if parked.is_empty() {
        return Err(ErrorReport::new(ErrorCode::NotFound, "nothing of this is parked"));
    }
    let mut taken = TakenBack::default();
    let lost = |queued: &&&Queued| queued.message.kind == Kind::Ticket && !queued.message.has_arrived();
    if parked.iter().any(|queued| lost(&queued)) {
        taken.gone = of_request.iter().map(|queued| queued.sequence).collect();
        taken.draft = Some(to_draft(connection, client_id, of_request).await?);
        ledger::record(connection, LedgerAction::TakenBack, None, "a request that was refused is a draft again")
            .await?;
        return Ok(taken);
    }
    for queued in parked {
        taken.gone.push(queued.sequence);
        let detail = if queued.message.has_arrived() {
            let refused = without_files(connection, client_id, queued, &mut taken).await?;
            format!("{refused} files that were refused")
        } else if queued.message.kind == Kind::Verdict {
            undo_verdict(connection, client_id, queued).await?;
            "a verdict that was refused".to_owned()
        } else {
            to_reply(connection, client_id, queued).await?;
            "a reply that was refused".to_owned()
        };
        ledger::record(connection, LedgerAction::TakenBack, Some(client_id), &detail).await?;
    }
    Ok(taken)
}

/// The request as a new draft: another identity, for what was refused under the old one may be so for ever.
async fn to_draft(connection: &mut SqliteConnection, client_id: ClientId, of_request: &[Queued]) -> Result<DraftId> {
    let row = sqlx::query("SELECT description, document, reply_text FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_one(&mut *connection)
        .await?;
    let bytes: Option<Vec<u8>> = row.try_get("document")?;
    let document: Option<TicketDocument> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let mut text: String = row.try_get("description")?;
    let replies: Vec<NewFollowUp> = of_request.iter().filter_map(reply_in).collect();
    for reply in &replies {
        append(&mut text, &reply.text);
    }
    append(&mut text, &row.try_get::<String, _>("reply_text")?);

    // What was held back stays held back until its writer says otherwise.
    let left =
        |section: &SectionId| document.as_ref().is_some_and(|document| document.facts.present().contains(section));
    let switches = SectionId::ALL.iter().map(|section| (*section, left(section)));
    let draft = DraftId::new();
    let kept = Kept {
        draft: Draft {
            id: draft,
            text,
            can_work: document.as_ref().and_then(|document| document.can_work),
            affected: document.as_ref().and_then(|document| document.affected),
            category: document.as_ref().and_then(|document| document.category),
            helpdesk_category: document.as_ref().and_then(|document| document.helpdesk_category.clone()),
            health: document.as_ref().and_then(|document| document.health.clone()),
            attachments: Vec::new(),
            saved_at: Timestamp::now(),
        },
        client_id: ClientId::new(),
        revision: 0,
        switches: if document.is_some() { switches.collect() } else { std::collections::BTreeMap::new() },
    };
    drafts::restore(connection, &kept).await?;
    let owners = [Owner::Ticket(client_id), Owner::Reply(client_id)];
    for owner in owners.into_iter().chain(replies.iter().map(|reply| Owner::Entry(client_id, reply.id))) {
        files::hand_over(connection, owner, Owner::Draft(draft)).await?;
    }
    // Its entries and messages go with it.
    sqlx::query("DELETE FROM tickets WHERE client_id = ?").bind(client_id.to_string()).execute(connection).await?;
    Ok(draft)
}

fn reply_in(queued: &Queued) -> Option<NewFollowUp> {
    if queued.message.kind != Kind::FollowUp {
        return None;
    }
    serde_json::from_str(queued.payload.as_deref()?).ok()
}

fn append(text: &mut String, more: &str) {
    if more.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

/// A reply that never arrived goes back to where replies are written, below what stands there.
async fn to_reply(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    queued: &Queued,
) -> std::result::Result<(), ErrorReport> {
    let reply = reply_in(queued).ok_or_else(|| ErrorReport::new(ErrorCode::Internal, "the reply cannot be read"))?;
    let there = files::of(connection, Owner::Reply(client_id)).await?;
    if there.len() + reply.attachments.len() > limits::ATTACHMENTS {
        let detail = format!("{} files are there already, {} more come back", there.len(), reply.attachments.len());
        return Err(ErrorReport::new(ErrorCode::TooManyFiles, detail));
    }
    files::hand_over(connection, Owner::Entry(client_id, reply.id), Owner::Reply(client_id)).await?;
    write_again(connection, client_id, &reply.text).await?;
    remove(connection, queued).await?;
    Ok(())
}

/// Puts words back where replies are written.
async fn write_again(connection: &mut SqliteConnection, client_id: ClientId, words: &str) -> Result<()> {
    let row = sqlx::query("SELECT reply_text FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_one(&mut *connection)
        .await?;
    let mut text: String = row.try_get(0)?;
    append(&mut text, words);
    super::set_reply(connection, client_id, &text).await
}

/// A verdict that never arrived was not given.
async fn undo_verdict(connection: &mut SqliteConnection, client_id: ClientId, queued: &Queued) -> Result<()> {
    let payload = queued.payload.as_deref().unwrap_or_default();
    if let Ok(NewVerdict { verdict, .. }) = serde_json::from_str(payload) {
        match verdict {
            Verdict::Confirm => {}
            Verdict::Reopen { text } => write_again(connection, client_id, &text).await?,
            Verdict::Rate { comment, .. } => {
                sqlx::query("UPDATE tickets SET rating = NULL WHERE client_id = ?")
                    .bind(client_id.to_string())
                    .execute(&mut *connection)
                    .await?;
                write_again(connection, client_id, comment.as_deref().unwrap_or_default()).await?;
            }
        }
    }
    remove(connection, queued).await
}

/// Takes a message and its entry in the thread away.
async fn remove(connection: &mut SqliteConnection, queued: &Queued) -> Result<()> {
    sqlx::query("DELETE FROM entries WHERE id = ?").bind(&queued.id).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM outbox WHERE sequence = ?").bind(queued.sequence).execute(connection).await?;
    Ok(())
}

/// Lets the files go that were refused; how many there were.
async fn without_files(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    queued: &Queued,
    taken: &mut TakenBack,
) -> Result<usize> {
    let owner = match queued.message.kind {
        Kind::Ticket => Owner::Ticket(client_id),
        Kind::FollowUp | Kind::Verdict => Owner::Entry(
            client_id,
            queued.id.parse().map_err(|_| StoreError::Damaged("an entry's identity".to_owned()))?,
        ),
    };
    let refused = &queued.message.refused;
    for file in refused {
        if files::remove(connection, owner, file.file).await? {
            taken.unneeded.push(file.file);
        }
    }
    outbox::keep(connection, queued, &queued.message.clone().without_refused()).await?;
    Ok(refused.len())
}
