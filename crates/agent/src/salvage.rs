//! Saves from a damaged store what its owner would miss: requests that have not arrived, with their files, replies and
//! verdicts that wait, and drafts. What has arrived comes back from the helpdesk.
//!
//! Best effort and never in the way: a row that cannot be read, or that says what cannot be, is left behind in the file
//! that was set aside. Identities stay the same and every message is carried over in doubt, so the helpdesk is asked
//! before anything is created again and nothing is doubled.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::local::Draft;
use deskside_protocol::ticket::{AttachmentMeta, Author, TicketDocument, TicketState};
use deskside_protocol::{AttachmentId, ClientId, DraftId, Sha256, Timestamp};
use sqlx::SqliteConnection;

use crate::drafts::{self, Kept};
use crate::identity::HELPDESK;
use crate::outbox::machine::{Kind, Message, Stage};
use crate::store::columns::{to_json, word};
use crate::store::files::{self, Owner};
use crate::store::{Result, Store, StoreError};
use crate::{outbox, requests};

mod rows;

use rows::{Damaged, Record, Table};

/// Longest time that a start waits for this.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was carried over, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Requests with something that waits.
    pub requests: u32,
    /// Drafts.
    pub drafts: u32,
    /// Requests, messages and drafts that were seen there and could not be carried over.
    pub lost: u32,
}

/// Carries over what can be read of the store that was set aside as `kept`, and puts the bytes of files that nothing
/// belongs to any more beside it.
pub async fn carry_over(kept: &Path, store: &Store) -> Salvaged {
    let mut salvaged = Salvaged::default();
    if let Some(source) = Damaged::open(kept).await
        && tokio::time::timeout(PATIENCE, read_all(source, store, &mut salvaged)).await.is_err()
    {
        tracing::error!("the damaged store takes too long to read; the rest stays in the file that was set aside");
    }
    if let Err(error) = files::set_aside_unknown(store, kept).await {
        tracing::warn!(%error, "files of the damaged store could not be put beside it");
    }
    tracing::info!(?salvaged, "carried over from the damaged store");
    salvaged
}

/// A request that something waits for.
struct Found {
    /// Its row; none if that could not be read.
    ticket: Option<Record>,
    /// What waits, in its order.
    messages: Vec<Record>,
    /// Replies in its thread that may wait: their messages could not be read.
    strays: Vec<NewFollowUp>,
}

async fn read_all(mut source: Damaged, store: &Store, salvaged: &mut Salvaged) {
    carry_helpdesk(&mut source, store).await;
    let mut arrived = HashSet::new();
    let mut waiting: BTreeMap<ClientId, Vec<Record>> = BTreeMap::new();
    source
        .each(Table::Outbox, |record| match (record.text("id"), record.parsed("client_id"), record.text("standing")) {
            (Some(id), Some(_), Some("delivered")) => {
                arrived.insert(id.to_owned());
            }
            (Some(_), Some(client_id), Some(_)) => waiting.entry(client_id).or_default().push(record),
            _ => salvaged.lost += 1,
        })
        .await;
    let mut owned: HashMap<(String, String), Vec<AttachmentMeta>> = HashMap::new();
    source
        .each(Table::Files, |record| {
            if let (Some(kind), Some(owner), Some(meta)) =
                (record.text("owner_kind"), record.text("owner"), file(&record))
            {
                owned.entry((kind.to_owned(), owner.to_owned())).or_default().push(meta);
            }
        })
        .await;
    let mine: HashSet<String> =
        waiting.values().flatten().filter_map(|message| message.text("id").map(str::to_owned)).collect();
    let mut entries: HashMap<String, Record> = HashMap::new();
    let mut strays: BTreeMap<ClientId, Vec<NewFollowUp>> = BTreeMap::new();
    source
        .each(Table::Entries, |record| match (record.text("id"), record.parsed("client_id")) {
            (Some(id), Some(_)) if mine.contains(id) => {
                entries.insert(id.to_owned(), record);
            }
            (Some(id), Some(client_id)) if !arrived.contains(id) => {
                let files = owned.get(&("entry".to_owned(), id.to_owned())).cloned().unwrap_or_default();
                if let Some(reply) = stray(&record, files) {
                    strays.entry(client_id).or_default().push(reply);
                }
            }
            _ => {}
        })
        .await;
    let mut found: BTreeMap<ClientId, Found> = BTreeMap::new();
    source
        .each(Table::Tickets, |record| {
            let Some(client_id) = record.parsed::<ClientId>("client_id") else { return };
            let messages = waiting.remove(&client_id).unwrap_or_default();
            let strays = strays.remove(&client_id).unwrap_or_default();
            if !messages.is_empty() || !strays.is_empty() || may_wait(&record, client_id, &arrived) {
                found.insert(client_id, Found { ticket: Some(record), messages, strays });
            }
        })
        .await;
    for (client_id, messages) in waiting {
        found.insert(client_id, Found { ticket: None, messages, strays: Vec::new() });
    }

    let mut without_document = HashSet::new();
    for (client_id, found) in &found {
        let replies = owned.get(&("reply".to_owned(), client_id.to_string())).map_or(&[][..], Vec::as_slice);
        match carry_request(store, *client_id, found, &entries, replies, salvaged).await {
            Ok(true) => salvaged.requests += 1,
            Ok(false) => {
                without_document.insert(*client_id);
            }
            Err(error) => {
                tracing::warn!(%error, %client_id, "a request could not be carried over");
                salvaged.lost += 1;
            }
        }
    }
    carry_texts(&mut source, store, without_document, &owned, salvaged).await;
    carry_drafts(&mut source, store, &owned, salvaged).await;
    source.close().await;
}

/// Whose the numbers are, and where what waits may have arrived. Where the queue was left is not carried over: its places
/// are others here, and without it more is in doubt, not less.
async fn carry_helpdesk(source: &mut Damaged, store: &Store) {
    let mut helpdesk = None;
    source
        .each(Table::Meta, |record| {
            if record.text("name") == Some(HELPDESK) {
                helpdesk = record.text("value").map(str::to_owned);
            }
        })
        .await;
    if let Some(helpdesk) = helpdesk
        && let Err(error) = store.set_meta(HELPDESK, &helpdesk).await
    {
        tracing::warn!(%error, "whose the requests are could not be carried over");
    }
}

/// Whether a ticket without a message of its own may not have arrived: it was written here and has no number.
fn may_wait(ticket: &Record, client_id: ClientId, arrived: &HashSet<String>) -> bool {
    ticket.bytes("document").is_some() && ticket.number("number").is_none() && !arrived.contains(&client_id.to_string())
}

/// An entry as the reply that it was written as here, if the helpdesk was never heard to have it (what it sends back has
/// the name of its author). Its identity keeps it from being there twice.
fn stray(entry: &Record, attachments: Vec<AttachmentMeta>) -> Option<NewFollowUp> {
    let mine = entry.word::<Author>("author")? == Author::Requester;
    let unheard = entry.text("author_name").is_none() && entry.text("new_state").is_none();
    let text = entry.text("text").filter(|text| !text.trim().is_empty() || !attachments.is_empty())?;
    let reply = NewFollowUp { id: entry.parsed("id")?, text: text.to_owned(), attachments };
    (mine && unheard).then_some(reply)
}

fn file(record: &Record) -> Option<AttachmentMeta> {
    Some(AttachmentMeta {
        id: record.parsed("id")?,
        name: record.text("name")?.to_owned(),
        media_type: record.text("media_type")?.to_owned(),
        size_bytes: u64::try_from(record.number("size_bytes")?).ok()?,
        sha256: Sha256::try_from(record.text("sha256")?.to_owned()).ok()?,
        screenshot: record.number("screenshot")? != 0,
    })
}

fn ids(files: &[AttachmentMeta]) -> Vec<AttachmentId> {
    files.iter().map(|file| file.id).collect()
}

/// Carries over a request with all that waits of it, or nothing of it; whether that could be done. It cannot where the
/// ticket itself has not arrived and its document is gone.
async fn carry_request(
    store: &Store,
    client_id: ClientId,
    found: &Found,
    entries: &HashMap<String, Record>,
    replies: &[AttachmentMeta],
    salvaged: &mut Salvaged,
) -> Result<bool> {
    let own = client_id.to_string();
    let document = found.ticket.as_ref().and_then(|ticket| document(ticket, client_id));
    let number = found.ticket.as_ref().and_then(|ticket| ticket.number("number"));
    let itself = found.messages.iter().find(|message| message.text("id") == Some(&own));
    // Its message, or, where that cannot be read, a new one: the helpdesk will say whether it is there. Without a number it
    // is not known to have arrived, whatever else is left of it.
    let must_go = itself.is_some() || (found.ticket.is_some() && number.is_none());
    if must_go && document.is_none() {
        return Ok(false);
    }

    let mut tx = store.begin().await?;
    insert_ticket(&mut tx, client_id, found.ticket.as_ref(), document.as_ref()).await?;
    if let Some((document, _)) = &document {
        for file in &document.attachments {
            files::add(&mut tx, Owner::Ticket(client_id), file).await?;
        }
        if must_go {
            let new = || Message::new(Kind::Ticket, ids(&document.attachments));
            let message =
                itself.and_then(|record| message(record, Kind::Ticket)).unwrap_or_else(new).restarted(Timestamp::now());
            outbox::enqueue(&mut tx, &own, client_id, None, &message).await?;
        }
    }
    for record in found.messages.iter().filter(|message| message.text("id") != Some(&own)) {
        if !carry_message(&mut tx, client_id, record, entries).await? {
            salvaged.lost += 1;
        }
    }
    for reply in &found.strays {
        let payload = to_json(reply)?;
        let message = Message::new(Kind::FollowUp, ids(&reply.attachments)).restarted(Timestamp::now());
        outbox::enqueue(&mut tx, &reply.id.to_string(), client_id, Some(&payload), &message).await?;
        insert_entry(&mut tx, client_id, &reply.id.to_string(), &reply.text, None, None).await?;
        for file in &reply.attachments {
            files::add(&mut tx, Owner::Entry(client_id, reply.id), file).await?;
        }
    }
    for file in replies.iter().filter(|file| is_here(store, file)) {
        files::add(&mut tx, Owner::Reply(client_id), file).await?;
    }
    // What we could not show later is not carried over now.
    if requests::thread(&mut tx, client_id, &|_| false).await?.is_none() {
        return Err(StoreError::Damaged("the request is not there".to_owned()));
    }
    outbox::of_request(&mut tx, client_id).await?;
    tx.commit().await?;
    Ok(true)
}

/// The document that was kept, if it is one, and of this ticket.
fn document(ticket: &Record, client_id: ClientId) -> Option<(TicketDocument, &[u8])> {
    let bytes = ticket.bytes("document")?;
    let document: TicketDocument = serde_json::from_slice(bytes).ok()?;
    (document.client_id == client_id).then_some((document, bytes))
}

fn message(record: &Record, kind: Kind) -> Option<Message> {
    let message: Message = serde_json::from_str(record.text("message")?).ok()?;
    // The standing said that it waits; a state that says otherwise is damage.
    (message.kind == kind && !matches!(message.stage, Stage::Delivered { .. })).then_some(message)
}

async fn insert_ticket(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    ticket: Option<&Record>,
    document: Option<&(TicketDocument, &[u8])>,
) -> Result<()> {
    let now = Timestamp::now();
    let text = |column| ticket.and_then(|ticket| ticket.text(column));
    let moment = |column| ticket.and_then(|ticket| ticket.moment(column)).unwrap_or(now).unix_ms();
    let (title, description) = match document {
        Some((document, _)) => (document.title.as_str(), document.description.as_str()),
        // Without a row these stay empty until the helpdesk tells them.
        None => (text("title").unwrap_or_default(), text("description").unwrap_or_default()),
    };
    let state: Option<TicketState> = ticket.and_then(|ticket| ticket.word("state"));
    sqlx::query(
        "INSERT INTO tickets (client_id, draft_id, title, description, document, number, state, assignee, rating,
                              unread, former, reply_text, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(client_id.to_string())
    .bind(ticket.and_then(|ticket| ticket.parsed::<DraftId>("draft_id")).map(|id| id.to_string()))
    .bind(title)
    .bind(description)
    .bind(document.map(|(_, bytes)| *bytes))
    .bind(ticket.and_then(|ticket| ticket.number("number")))
    .bind(state.as_ref().map(word))
    .bind(text("assignee"))
    .bind(ticket.and_then(|ticket| ticket.number("rating")))
    .bind(ticket.and_then(|ticket| ticket.number("unread")).map_or(0, |unread| i64::from(unread != 0)))
    .bind(ticket.and_then(|ticket| ticket.number("former")).map_or(0, |former| i64::from(former != 0)))
    .bind(text("reply_text").unwrap_or_default())
    .bind(moment("created_at"))
    .bind(moment("updated_at"))
    .execute(connection)
    .await?;
    Ok(())
}

/// Carries over a reply or verdict that waits; whether it can be sent.
async fn carry_message(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    record: &Record,
    entries: &HashMap<String, Record>,
) -> Result<bool> {
    let (Some(id), Some(payload)) = (record.text("id"), record.text("payload")) else { return Ok(false) };
    let reply = serde_json::from_str::<NewFollowUp>(payload).ok().filter(|reply| reply.id.to_string() == id);
    let verdict = serde_json::from_str::<NewVerdict>(payload).ok().filter(|verdict| verdict.id.to_string() == id);
    let files = reply.as_ref().map(|reply| reply.attachments.clone()).unwrap_or_default();
    let kind = match (&reply, &verdict) {
        (Some(_), _) => Kind::FollowUp,
        (None, Some(_)) => Kind::Verdict,
        (None, None) => return Ok(false),
    };
    let message = message(record, kind).unwrap_or_else(|| Message::new(kind, ids(&files))).restarted(Timestamp::now());
    outbox::enqueue(connection, id, client_id, Some(payload), &message).await?;

    let entry = entries.get(id);
    let text = match (&reply, entry) {
        (Some(reply), _) => Some(reply.text.as_str()),
        (None, Some(entry)) => Some(entry.text("text").unwrap_or_default()),
        // A verdict without an entry (a rating) has nothing to show in the thread.
        (None, None) => None,
    };
    let Some(text) = text else { return Ok(true) };
    let new_state: Option<TicketState> = entry.and_then(|entry| entry.word("new_state"));
    let at = entry.and_then(|entry| entry.moment("at")).or_else(|| record.moment("queued_at"));
    insert_entry(connection, client_id, id, text, new_state, at).await?;
    if let Some(reply) = &reply {
        for file in &files {
            files::add(connection, Owner::Entry(client_id, reply.id), file).await?;
        }
    }
    Ok(true)
}

async fn insert_entry(
    connection: &mut SqliteConnection,
    client_id: ClientId,
    id: &str,
    text: &str,
    new_state: Option<TicketState>,
    at: Option<Timestamp>,
) -> Result<()> {
    sqlx::query("INSERT INTO entries (id, client_id, author, at, text, new_state) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(client_id.to_string())
        .bind(word(&Author::Requester))
        .bind(at.unwrap_or_else(Timestamp::now).unix_ms())
        .bind(text)
        .bind(new_state.as_ref().map(word))
        .execute(connection)
        .await?;
    Ok(())
}

/// Turns requests that cannot be sent as they were, their documents being gone, back into drafts with their text, files
/// and identity: what was written is not lost, and what arrived after all is not created again.
async fn carry_texts(
    source: &mut Damaged,
    store: &Store,
    mut without_document: HashSet<ClientId>,
    owned: &HashMap<(String, String), Vec<AttachmentMeta>>,
    salvaged: &mut Salvaged,
) {
    if without_document.is_empty() {
        return;
    }
    let mut texts = Vec::new();
    source
        .each(Table::TicketTexts, |record| {
            let client_id = record.parsed::<ClientId>("client_id").filter(|id| without_document.contains(id));
            let Some((client_id, text)) = client_id.zip(record.text("description")) else { return };
            if !text.trim().is_empty() {
                without_document.remove(&client_id);
                let id = record.parsed("draft_id").unwrap_or_else(DraftId::new);
                texts.push(draft(id, client_id, text, Timestamp::now()));
            }
        })
        .await;
    salvaged.lost += u32::try_from(without_document.len()).unwrap_or(u32::MAX);
    for kept in texts {
        let files = owned.get(&("ticket".to_owned(), kept.client_id.to_string()));
        carry_draft(store, &kept, files, salvaged).await;
    }
}

fn draft(id: DraftId, client_id: ClientId, text: &str, saved_at: Timestamp) -> Kept {
    let draft = Draft {
        id,
        text: text.to_owned(),
        can_work: None,
        affected: None,
        category: None,
        helpdesk_category: None,
        health: None,
        attachments: Vec::new(),
        saved_at,
    };
    Kept { draft, client_id, revision: 0, switches: BTreeMap::new() }
}

async fn carry_drafts(
    source: &mut Damaged,
    store: &Store,
    owned: &HashMap<(String, String), Vec<AttachmentMeta>>,
    salvaged: &mut Salvaged,
) {
    let mut kept: BTreeMap<DraftId, Kept> = BTreeMap::new();
    source
        .each(Table::Drafts, |record| {
            let (Some(id), Some(client_id)) = (record.parsed("id"), record.parsed("client_id")) else {
                salvaged.lost += 1;
                return;
            };
            let saved_at = record.moment("saved_at").unwrap_or_else(Timestamp::now);
            let mut found = draft(id, client_id, record.text("text").unwrap_or_default(), saved_at);
            found.draft.can_work = record.word("can_work");
            found.draft.affected = record.word("affected");
            found.draft.category = record.word("category");
            found.draft.helpdesk_category =
                record.text("helpdesk_category").and_then(|text| serde_json::from_str(text).ok());
            found.revision = record.number("revision").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            kept.insert(id, found);
        })
        .await;
    source
        .each(Table::Switches, |record| {
            let draft = record.parsed("draft").and_then(|id| kept.get_mut(&id));
            if let (Some(draft), Some(section), Some(on)) = (draft, record.word("section"), record.number("is_on")) {
                draft.switches.insert(section, on != 0);
            }
        })
        .await;
    for (id, kept) in &kept {
        let files = owned.get(&("draft".to_owned(), id.to_string()));
        if kept.draft.text.trim().is_empty() && files.is_none() {
            continue;
        }
        carry_draft(store, kept, files, salvaged).await;
    }
}

async fn carry_draft(store: &Store, kept: &Kept, files: Option<&Vec<AttachmentMeta>>, salvaged: &mut Salvaged) {
    let carried = async {
        let mut tx = store.begin().await?;
        // A draft that has become a request is over.
        if requests::exists(&mut tx, kept.client_id).await? {
            return Ok(false);
        }
        drafts::restore(&mut tx, kept).await?;
        for file in files.into_iter().flatten().filter(|file| is_here(store, file)) {
            files::add(&mut tx, Owner::Draft(kept.draft.id), file).await?;
        }
        let there = drafts::find(&mut tx, Some(kept.draft.id)).await?.is_some();
        tx.commit().await?;
        Ok::<bool, StoreError>(there)
    };
    match carried.await {
        Ok(true) => salvaged.drafts += 1,
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, "a draft could not be carried over");
            salvaged.lost += 1;
        }
    }
}

/// Whether the bytes of a file are still in the folder.
fn is_here(store: &Store, file: &AttachmentMeta) -> bool {
    files::kept(store.folder(), file.id).exists()
}
