//! The story that every helpdesk tells: a request with files arrives once, is found again, is replied to from both sides,
//! solved, and whatever else the helpdesk can do. What it cannot do it must say beforehand ([`Capabilities`]).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use deskside_helpdesk::{Attempt, Capabilities, Enclosure, Helpdesk, HelpdeskError, Placed, TicketRef, Way};
use deskside_protocol::connect::CategoryChoice;
use deskside_protocol::desk::{NewFollowUp, NewVerdict, TicketView};
use deskside_protocol::facts::Facts;
use deskside_protocol::ticket::{
    Affected, AttachmentMeta, Author, CanWork, Category, Level, Requester, TicketDocument, TicketState, Verdict,
};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, Sha256, Timestamp};
use futures_util::TryStreamExt as _;
use sha2::Digest as _;

use crate::column::Column;

/// A file's name and bytes.
pub type Bytesful = (String, Vec<u8>);

/// What a helpdesk holds of a ticket, looked at from its own side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Everything that a technician reads of it: title and body.
    pub text: String,
    /// Files of the ticket and of its entries, but those that the connector adds by itself.
    pub files: Vec<Bytesful>,
    /// What the requester added, in its order.
    pub replies: Vec<String>,
}

/// A helpdesk, and what is done on its other side.
#[async_trait]
pub trait Backend: Send {
    /// Its name, as `docs/helpdesks.md` has it.
    fn name(&self) -> &'static str;
    /// The requester's connection.
    fn desk(&self) -> Arc<dyn Helpdesk>;
    /// A technician answers, with a file if there is one.
    async fn answer(&mut self, number: u64, text: &str, file: Option<Bytesful>) -> anyhow::Result<()>;
    /// A technician writes something that the requester must never see.
    async fn note(&mut self, number: u64, text: &str) -> anyhow::Result<()>;
    /// A technician solves it.
    async fn solve(&mut self, number: u64) -> anyhow::Result<()>;
    /// All tickets that hold this text.
    async fn held(&mut self, text: &str) -> anyhow::Result<Vec<Held>>;
    /// A file that it refuses for good; `None` if it takes all that this program sends.
    fn refuses(&self) -> Option<Bytesful>;
    /// Whether a requester gets the bytes of a technician's file; where not, that there is one is told all the same.
    fn downloads(&self) -> bool {
        true
    }
    /// Withdraws the requester's credential, or gives it back; false if that cannot be done here.
    async fn revoke(&mut self, revoked: bool) -> anyhow::Result<bool>;
}

/// A file in `folder`, and what is announced of it.
///
/// # Errors
/// If it cannot be written.
pub fn enclosure(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<Enclosure> {
    let id = AttachmentId::new();
    let path = folder.join(id.to_string());
    std::fs::write(&path, bytes)?;
    let media_type = match name.rsplit_once('.') {
        Some((_, "png")) => "image/png",
        Some((_, "txt" | "log")) => "text/plain",
        _ => "application/octet-stream",
    };
    let digest: [u8; 32] = sha2::Sha256::digest(bytes).into();
    let meta = AttachmentMeta {
        id,
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        sha256: Sha256::from(digest),
        screenshot: media_type == "image/png",
    };
    Ok(Enclosure { meta, path })
}

/// Sends a request for which somebody chose this category of the helpdesk's.
///
/// # Errors
/// It was not taken.
pub async fn about(desk: &dyn Helpdesk, id: u64, name: &str) -> anyhow::Result<()> {
    let client_id = ClientId::new();
    let mut document = document(client_id, "A printer", &[]);
    document.helpdesk_category = Some(CategoryChoice { id, name: name.to_owned() });
    desk.create(client_id, serde_json::to_vec(&document)?.into(), &[]).await?;
    Ok(())
}

/// A request as the agent makes it.
#[must_use]
pub fn document(client_id: ClientId, description: &str, files: &[Enclosure]) -> TicketDocument {
    TicketDocument {
        version: 1,
        client_id,
        created_at: Timestamp::now(),
        title: description.lines().next().unwrap_or_default().chars().take(120).collect(),
        description: description.to_owned(),
        requester: Requester {
            login: "anna".to_owned(),
            display_name: Some("Anna Ström".to_owned()),
            language: "en".to_owned(),
        },
        can_work: Some(CanWork::WithDifficulty),
        affected: Some(Affected::OnlyMe),
        urgency: Level::Medium,
        impact: Level::Low,
        category: Some(Category::Network),
        helpdesk_category: None,
        findings: Vec::new(),
        facts: Facts::default(),
        health: None,
        attachments: files.iter().map(|file| file.meta.clone()).collect(),
        made_by: "Deskside contract".to_owned(),
    }
}

/// A small picture.
pub const PICTURE: &[u8] =
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x04\x00\x00\x00\xb5\x1c\x0c\x02\
\x00\x00\x00\x0bIDATx\x9cc\xfa\xcf\x00\x00\x02\x07\x01\x02\x9a\x1c1q\x00\x00\x00\x00IEND\xaeB`\x82";

fn failed(error: HelpdeskError) -> anyhow::Error {
    anyhow::Error::new(error)
}

/// Sends a request and its files, as the outbox does when nothing goes wrong. What is refused comes back.
///
/// # Errors
/// If it is not taken.
pub async fn deliver(
    desk: &dyn Helpdesk,
    client_id: ClientId,
    document: &TicketDocument,
    files: &[Enclosure],
) -> anyhow::Result<(u64, Vec<(AttachmentId, HelpdeskError)>)> {
    let bytes = Bytes::from(serde_json::to_vec(document)?);
    let Placed { number, missing, mut refused } = desk.create(client_id, bytes, files).await.map_err(failed)?;
    let number = number.context("a created ticket has a number")?;
    let ticket = TicketRef { client_id, number: Some(number) };
    refused.extend(rest(desk, ticket, None, missing, files).await?);
    Ok((number, refused))
}

async fn rest(
    desk: &dyn Helpdesk,
    ticket: TicketRef,
    of: Option<FollowUpId>,
    missing: Vec<AttachmentId>,
    files: &[Enclosure],
) -> anyhow::Result<Vec<(AttachmentId, HelpdeskError)>> {
    let mut refused = Vec::new();
    for id in missing {
        let file = files.iter().find(|file| file.meta.id == id).context("a file is missing that was not announced")?;
        match desk.attach(ticket, of, file).await {
            Ok(()) => {}
            Err(error) if error.again == deskside_helpdesk::Again::Permanent => refused.push((id, error)),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(refused)
}

/// What the requester sees of a ticket, when it is as wished.
///
/// # Errors
/// If it is not within a minute.
pub async fn seen(
    desk: &dyn Helpdesk,
    number: u64,
    what: &str,
    wished: impl Fn(&TicketView) -> bool + Send,
) -> anyhow::Result<TicketView> {
    let mut last = None;
    for _ in 0..240 {
        let mut cursor = None;
        loop {
            let changes = desk.changes(cursor.as_deref()).await.map_err(failed)?;
            for ticket in changes.tickets {
                if ticket.number == number {
                    if wished(&ticket) {
                        return Ok(ticket);
                    }
                    last = Some(ticket);
                }
            }
            if !changes.more {
                break;
            }
            cursor = Some(changes.cursor);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    bail!("{what} was never seen; last: {last:#?}")
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Own => "yes",
        Way::ByReply => "by a reply that asks for it",
        Way::Not => "not offered",
    }
}

/// Tells the story.
///
/// # Errors
/// What did not go as it must.
pub async fn tell(backend: &mut dyn Backend) -> anyhow::Result<Column> {
    let mut column = Column::default();
    let folder = tempfile::tempdir()?;
    let desk = backend.desk();

    // A request with two files, one of them named as people name files.
    let client_id = ClientId::new();
    let takes_files = desk.capabilities().file_bytes.is_some();
    let mut files = vec![
        enclosure(folder.path(), "screen.png", PICTURE)?,
        enclosure(folder.path(), "Journal d’été (1).txt", "ligne é 1\n".as_bytes())?,
    ];
    if !takes_files {
        files.clear();
    }
    let words = format!("The Wi-Fi drops – « toujours » 😀 <b>&amp; \"so\"\n\nSince Monday. {client_id}");
    let written = document(client_id, &words, &files);
    let bytes = Bytes::from(serde_json::to_vec(&written)?);
    ensure!(desk.find(client_id, &files).await.map_err(failed)?.is_none(), "nothing was sent yet");
    let placed = desk.create(client_id, bytes, &files).await.map_err(failed)?;
    let number = placed.number.context("a created ticket has a number")?;
    let ticket = TicketRef { client_id, number: Some(number) };
    ensure!(placed.refused.is_empty(), "{:?}", placed.refused);
    let whole = if placed.missing.is_empty() { "yes" } else { "one by one" };
    column.set("Files in the same request", if takes_files { whole } else { "it takes none" });
    let refused = rest(desk.as_ref(), ticket, None, placed.missing, &files).await?;
    ensure!(refused.is_empty(), "{refused:?}");
    column.set("Send a request", "yes");

    // It is there once, whole, and found again.
    let held = backend.held(&client_id.to_string()).await?;
    ensure!(held.len() == 1, "{} tickets where one was sent", held.len());
    ensure!(held[0].text.contains("Since Monday"), "{}", held[0].text);
    same_files(&held[0].files, &files)?;
    let found = desk.find(client_id, &files).await.map_err(failed)?.context("the ticket is not found again")?;
    ensure!(found.number == Some(number) && found.missing.is_empty(), "{found:?}");
    ensure!(desk.find(ClientId::new(), &[]).await.map_err(failed)?.is_none(), "found what was never sent");
    column.set("Find a request by its reference", "yes");
    let view = seen(desk.as_ref(), number, "the ticket", |_| true).await?;
    ensure!(view.client_id == client_id, "the list has another identity: {}", view.client_id);
    let capabilities: Capabilities = desk.capabilities();
    ensure!(capabilities.file_bytes.is_some() == takes_files, "{capabilities:?}");
    let largest = capabilities.file_bytes.map(|largest| format!("{} MiB", largest / 1024 / 1024));
    column.set("Largest file", largest.unwrap_or_else(|| "it takes none".to_owned()));

    // Replies.
    let reply =
        NewFollowUp { id: FollowUpId::new(), text: "It was 10 > 9 & « encore »".into(), attachments: Vec::new() };
    desk.follow_up(ticket, &reply, &[], Attempt::First).await.map_err(failed)?;
    // In doubt it is not added again.
    desk.follow_up(ticket, &reply, &[], Attempt::Doubtful).await.map_err(failed)?;
    let replied = |view: &TicketView| view.thread.iter().any(|entry| entry.id == reply.id);
    let view = seen(desk.as_ref(), number, "the reply", replied).await?;
    let entry = view.thread.iter().find(|entry| entry.id == reply.id).context("the reply")?;
    ensure!(entry.text.trim() == reply.text && entry.author == Author::Requester, "{entry:?}");
    column.set("Reply", "yes");
    // Of the same name as a file that is there already.
    let mut more = vec![enclosure(folder.path(), "screen.png", &[PICTURE, b"2"].concat())?];
    if !takes_files {
        more.clear();
    }
    let with_file = NewFollowUp {
        id: FollowUpId::new(),
        text: "Another picture".into(),
        attachments: more.iter().map(|file| file.meta.clone()).collect(),
    };
    let placed = desk.follow_up(ticket, &with_file, &more, Attempt::First).await.map_err(failed)?;
    ensure!(placed.refused.is_empty(), "{:?}", placed.refused);
    rest(desk.as_ref(), ticket, Some(with_file.id), placed.missing, &more).await?;
    let again = desk.follow_up(ticket, &with_file, &more, Attempt::Doubtful).await.map_err(failed)?;
    ensure!(again.missing.is_empty() && again.refused.is_empty(), "{again:?}");
    let held = backend.held(&client_id.to_string()).await?;
    ensure!(held.len() == 1 && held[0].replies.len() == 2, "{:?}", held[0].replies);
    same_files(&held[0].files, &[files.as_slice(), more.as_slice()].concat())?;
    column.set("Reply with a file", if takes_files { "yes" } else { "it takes none" });

    // The other side.
    backend.note(number, "not for the requester's eyes").await?;
    let file = ("advice.txt".to_owned(), b"turn it off and on".to_vec());
    backend.answer(number, "Is the cable <in>?", Some(file.clone())).await?;
    let answered = |view: &TicketView| view.thread.iter().any(|entry| entry.text.contains("Is the cable <in>?"));
    let view = seen(desk.as_ref(), number, "the answer", answered).await?;
    let entry = view.thread.iter().find(|entry| entry.text.contains("Is the cable")).context("the answer")?;
    ensure!(entry.author == Author::Technician, "{entry:?}");
    let all = entry.attachments.iter().chain(&view.attachments);
    let meta = all.into_iter().find(|meta| meta.name == file.0).context("the answer's file is not listed")?;
    let answers = if backend.downloads() {
        let pieces: Vec<Bytes> =
            desk.download(ticket, meta.id).await.map_err(failed)?.try_collect().await.map_err(failed)?;
        ensure!(pieces.concat() == file.1, "the answer's file came otherwise");
        "yes"
    } else {
        let refused = desk.download(ticket, meta.id).await.err().map(|error| error.code);
        ensure!(refused == Some(ErrorCode::Forbidden), "a file that may not be opened came to {refused:?}");
        "yes, files by their names only"
    };
    let later = seen(desk.as_ref(), number, "the answer, again", answered).await?;
    let ids = |view: &TicketView| view.thread.iter().map(|entry| entry.id).collect::<Vec<_>>();
    ensure!(ids(&later) == ids(&view), "entries have other identities each time");
    column.set("See answers and their files", answers);
    ensure!(!view.thread.iter().any(|entry| entry.text.contains("requester's eyes")), "a private note is shown");
    column.set("Private notes stay hidden", if desk.capabilities().private_notes { "yes" } else { "it has none" });

    // Nothing new, nothing told.
    let all = desk.changes(None).await.map_err(failed)?;
    if !all.more {
        let none = desk.changes(Some(&all.cursor)).await.map_err(failed)?;
        ensure!(none.tickets.len() <= all.tickets.len(), "more tickets after the cursor than there are");
    }

    refused_file(backend, folder.path(), &mut column).await?;
    solved(backend, ticket, &mut column).await?;

    let capabilities = desk.capabilities();
    let categories = desk.categories().await.map_err(failed)?;
    ensure!(capabilities.categories || categories.is_empty(), "it tells categories, and says that it does not");
    let told = if capabilities.categories { "yes" } else { "no" };
    column.set("Its categories", told);
    column.set("Its articles", if capabilities.articles { "yes" } else { "no" });
    column.set(
        "Says by itself that something changed",
        if capabilities.nudges { "yes" } else { "is asked now and then" },
    );
    column.set("File for somebody else", if capabilities.on_behalf { "yes" } else { "no" });
    revoked(backend, folder.path(), &mut column).await?;
    Ok(column)
}

async fn refused_file(backend: &mut dyn Backend, folder: &Path, column: &mut Column) -> anyhow::Result<()> {
    let Some((name, bytes)) = backend.refuses() else {
        column.set("A refused file does not cost the request", "it takes all that is sent");
        return Ok(());
    };
    let desk = backend.desk();
    let client_id = ClientId::new();
    let files = [enclosure(folder, "kept.txt", b"this one is taken")?, enclosure(folder, &name, &bytes)?];
    let document = document(client_id, &format!("With a file that is refused {client_id}"), &files);
    let (_, refused) = deliver(desk.as_ref(), client_id, &document, &files).await?;
    let ids: Vec<AttachmentId> = refused.iter().map(|(id, _)| *id).collect();
    // Where it takes none, both are refused.
    let kept = usize::from(desk.capabilities().file_bytes.is_some());
    ensure!(ids.iter().eq(files[kept..].iter().map(|file| &file.meta.id)), "{refused:?}");
    let held = backend.held(&client_id.to_string()).await?;
    ensure!(held.len() == 1, "{} tickets where one was sent", held.len());
    same_files(&held[0].files, &files[..kept])?;
    column.set("A refused file does not cost the request", "yes");
    Ok(())
}

async fn solved(backend: &mut dyn Backend, ticket: TicketRef, column: &mut Column) -> anyhow::Result<()> {
    let desk = backend.desk();
    let number = ticket.number.context("a number")?;
    let is = |state: TicketState| move |view: &TicketView| view.state == state;
    backend.solve(number).await?;
    seen(desk.as_ref(), number, "that it is solved", is(TicketState::Solved)).await?;
    column.set("See that it is solved", "yes");
    // What it is known to be able to is known by now.
    let capabilities = desk.capabilities();
    column.set("Reopen", way(capabilities.reopen));
    column.set("Confirm that it works", way(capabilities.confirm));
    column.set("Rate", way(capabilities.rate));
    let verdict = |verdict| NewVerdict { id: FollowUpId::new(), verdict };
    let reopen = verdict(Verdict::Reopen { text: "It came back.".into() });
    let outcome = desk.verdict(ticket, &reopen, Attempt::First).await;
    match capabilities.reopen {
        Way::Own => {
            outcome.map_err(failed)?;
            desk.verdict(ticket, &reopen, Attempt::Doubtful).await.map_err(failed)?;
            let open = |view: &TicketView| !matches!(view.state, TicketState::Solved | TicketState::Closed);
            seen(desk.as_ref(), number, "that it is open again", open).await?;
            backend.solve(number).await?;
            seen(desk.as_ref(), number, "that it is solved again", is(TicketState::Solved)).await?;
        }
        Way::ByReply => {
            outcome.map_err(failed)?;
            desk.verdict(ticket, &reopen, Attempt::Doubtful).await.map_err(failed)?;
            let said = |view: &TicketView| view.thread.iter().filter(|e| e.text.contains("It came back.")).count() == 1;
            seen(desk.as_ref(), number, "the reply that asks", said).await?;
        }
        Way::Not => cannot(outcome)?,
    }
    let confirm = verdict(Verdict::Confirm);
    let outcome = desk.verdict(ticket, &confirm, Attempt::First).await;
    match capabilities.confirm {
        Way::Own => {
            outcome.map_err(failed)?;
            desk.verdict(ticket, &confirm, Attempt::Doubtful).await.map_err(failed)?;
            let over = |view: &TicketView| view.state == TicketState::Closed || view.state == TicketState::Solved;
            seen(desk.as_ref(), number, "that it is over", over).await?;
        }
        Way::ByReply => outcome.map_err(failed)?,
        Way::Not => cannot(outcome)?,
    }
    let rate = verdict(Verdict::Rate { stars: 4, comment: Some("quick".into()) });
    let outcome = desk.verdict(ticket, &rate, Attempt::First).await;
    match capabilities.rate {
        Way::Own | Way::ByReply => outcome.map_err(failed)?,
        Way::Not => cannot(outcome)?,
    }
    Ok(())
}

/// What is not offered is refused for good when it is tried all the same.
fn cannot(outcome: Result<(), HelpdeskError>) -> anyhow::Result<()> {
    match outcome {
        Err(error) if error.code == ErrorCode::WrongState => Ok(()),
        other => bail!("not offered, and came to {other:?}"),
    }
}

async fn revoked(backend: &mut dyn Backend, folder: &Path, column: &mut Column) -> anyhow::Result<()> {
    if !backend.revoke(true).await? {
        return Ok(());
    }
    let client_id = ClientId::new();
    let mut files = vec![enclosure(folder, "later.txt", b"sent later")?];
    if backend.desk().capabilities().file_bytes.is_none() {
        files.clear();
    }
    let document = document(client_id, &format!("Sent when it may again {client_id}"), &files);
    let bytes = Bytes::from(serde_json::to_vec(&document)?);
    let error = match backend.desk().create(client_id, bytes, &files).await {
        Ok(placed) => bail!("a withdrawn credential was taken: {placed:?}"),
        Err(error) => error,
    };
    ensure!(
        error.code == ErrorCode::Unauthorized && error.again == deskside_helpdesk::Again::Transient,
        "a withdrawn credential must wait, and is {error:?}"
    );
    backend.revoke(false).await?;
    let (_, refused) = deliver(backend.desk().as_ref(), client_id, &document, &files).await?;
    ensure!(refused.is_empty(), "{refused:?}");
    ensure!(backend.held(&client_id.to_string()).await?.len() == 1, "sent once");
    column.set("A withdrawn credential loses nothing", "yes");
    Ok(())
}

/// Every file is there once, byte for byte, under its name or one made from it.
fn same_files(held: &[Bytesful], sent: &[Enclosure]) -> anyhow::Result<()> {
    let mut left: Vec<&Bytesful> = held.iter().collect();
    for file in sent {
        let bytes = std::fs::read(&file.path)?;
        let at = left.iter().position(|(_, held)| *held == bytes);
        let at = at.with_context(|| format!("{} did not arrive; there are {:?}", file.meta.name, names(held)))?;
        left.remove(at);
    }
    ensure!(left.is_empty(), "more files than were sent: {:?}", left.iter().map(|(name, _)| name).collect::<Vec<_>>());
    Ok(())
}

fn names(files: &[Bytesful]) -> Vec<&String> {
    files.iter().map(|(name, _)| name).collect()
}
