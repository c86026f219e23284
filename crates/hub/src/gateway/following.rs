//! Follows what happens there: answers, files and states come into the hub's own ticket, and so to its device.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use deskside_helpdesk::{Helpdesk, HelpdeskError, TicketRef};
use deskside_protocol::desk::TicketView;
use deskside_protocol::ticket::{AttachmentMeta, Author, FollowUp};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport, Timestamp, limits as shared};
use futures_util::StreamExt as _;

use super::{ASK, Gateway, Part, notes};
use crate::auth::secrets;
use crate::files::FileError;
use crate::state::AppState;
use crate::store::StoreError;

/// Longest text of an entry that is kept, in bytes.
const TEXT: usize = 5 * shared::TEXT_BYTES;

/// How long a ticket that is over is still looked at, for those in whose names others are filed.
const OVER: Duration = Duration::from_secs(30 * 24 * 3600);
/// People whose tickets are asked for at a time.
const SIDE_BY_SIDE: usize = 4;

/// Why a look there came to nothing.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Helpdesk(#[from] HelpdeskError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    File(#[from] FileError),
}

impl From<Trouble> for ErrorReport {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Helpdesk(error) => error.into(),
            Trouble::Store(_) | Trouble::File(_) => Self::new(ErrorCode::StoreUnwritable, trouble.to_string()),
        }
    }
}

/// Follows for as long as it is let.
pub(super) async fn follow(state: &AppState, gateway: &Gateway) {
    let mut nudges = None;
    loop {
        if nudges.is_none() {
            // Before the look, so that nothing falls between the two.
            nudges = gateway.desks.own().nudges().await.ok();
        }
        let stands = look_for_all(state, gateway).await.err().map(ErrorReport::from);
        if let Some(error) = &stands {
            tracing::warn!(%error, "what changed at the helpdesk cannot be read");
        }
        gateway.troubles.went(state, Part::Following, stands.as_ref()).await;
        let nudge = async {
            match &mut nudges {
                Some(stream) => stream.next().await.transpose().ok().flatten().is_some(),
                None => std::future::pending().await,
            }
        };
        if let Ok(false) = tokio::time::timeout(ASK, nudge).await {
            nudges = None;
            tokio::time::sleep(ASK).await;
        }
    }
}

/// Looks at what is the service account's own, and at what was filed in each person's name: many helpdesks only tell
/// people of what is theirs.
async fn look_for_all(state: &AppState, gateway: &Gateway) -> Result<(), Trouble> {
    let recent = Timestamp::now().unix_ms().saturating_sub(i64::try_from(OVER.as_millis()).unwrap_or(i64::MAX));
    let mut people = vec![None];
    people.extend(
        state.store.upstream_requesters(Timestamp::from_unix_ms(recent), &gateway.place).await?.into_iter().map(Some),
    );
    let mut looks = futures_util::stream::iter(people)
        .map(|person| async move {
            let person = person.as_deref();
            while look(state, gateway, person).await? {}
            Ok::<_, Trouble>(())
        })
        .buffer_unordered(SIDE_BY_SIDE);
    // One who cannot be asked for keeps nobody else's answers back.
    let mut outcome = Ok(());
    while let Some(looked) = looks.next().await {
        outcome = outcome.and(looked);
    }
    outcome
}

/// Takes one answer's worth of changes; whether there is more.
async fn look(state: &AppState, gateway: &Gateway, person: Option<&str>) -> Result<bool, Trouble> {
    // A cursor is that of one server, and one person.
    let place = gateway.target.url.as_str();
    let name = person.map_or_else(|| "cursor".to_owned(), |person| format!("cursor-{}", secrets::digest(person)));
    let desk = gateway.desks.of(person)?;
    let kept = state.store.gateway_value(&name).await?;
    let cursor = kept.as_deref().and_then(|kept| kept.split_once(' ')).filter(|(of, _)| *of == place);
    let cursor = cursor.map(|(_, cursor)| cursor);
    let changes = match desk.changes(cursor).await {
        Err(error) if error.code == ErrorCode::StartOver && cursor.is_some() => desk.changes(None).await?,
        answer => answer?,
    };
    // One that cannot be brought here keeps no other back; it is looked at again, since the cursor stays.
    let mut outcome = Ok(());
    for view in &changes.tickets {
        if let Some(ticket) = state.store.of_upstream(view, &gateway.place).await? {
            outcome = outcome.and(take(state, gateway, desk.as_ref(), ticket, view).await);
        }
    }
    outcome?;
    if cursor != Some(changes.cursor.as_str()) {
        state.store.keep_gateway_value(&name, &format!("{place} {}", changes.cursor)).await?;
    }
    Ok(changes.more)
}

/// Brings a ticket to what it is there.
async fn take(
    state: &AppState,
    gateway: &Gateway,
    desk: &dyn Helpdesk,
    ticket: ClientId,
    view: &TicketView,
) -> Result<(), Trouble> {
    let (entries, files) = state.store.known_of(ticket).await?;
    let (entries, mut files): (HashSet<_>, HashSet<_>) = (entries.into_iter().collect(), files.into_iter().collect());
    let at = TicketRef { client_id: view.client_id, number: Some(view.number) };
    let own = state.store.names_of_files(ticket).await?;
    let document =
        state.store.upstream_ticket(ticket, &gateway.place).await?.map(|(document, _, _)| document).unwrap_or_default();
    let mut new = Vec::new();
    for entry in view.thread.iter().filter(|entry| !entries.contains(&entry.id) && !brings_ours(entry, &own)) {
        let (mut attachments, mut only_there) = (Vec::new(), Vec::new());
        for file in &entry.attachments {
            if files.insert(file.id) {
                match fetch(state, desk, at, file).await? {
                    Some(file) => attachments.push(file),
                    None => only_there.push(crate::file_names::harmless(&file.name)),
                }
            }
        }
        let text = entry.text.get(..entry.text.floor_char_boundary(TEXT)).unwrap_or_default();
        let mut text = text.replace('\0', "");
        if !only_there.is_empty() {
            let note = notes::only_there(&document, &only_there);
            text = if text.is_empty() { note } else { format!("{text}\n\n{note}") };
        }
        new.push(FollowUp { text, attachments, ..entry.clone() });
    }
    if let Some(change) = state.store.follow_upstream(ticket, view, &new).await? {
        state.tell(change);
    }
    Ok(())
}

/// Whether an entry only brings files that this hub sent after their ticket: some helpdesks make an entry of each.
fn brings_ours(entry: &FollowUp, own: &[String]) -> bool {
    let text = entry.text.trim();
    entry.author == Author::Requester
        && !entry.attachments.is_empty()
        && entry.attachments.iter().all(|file| own.contains(&file.name))
        && (text.is_empty() || own.iter().any(|name| name == text))
}

/// Brings a file here; `None` if the helpdesk does not give it: the answer, and all others, are not held up by it. Only
/// a helpdesk that cannot be asked at all is asked again.
async fn fetch(
    state: &AppState,
    desk: &dyn Helpdesk,
    ticket: TicketRef,
    file: &AttachmentMeta,
) -> Result<Option<AttachmentMeta>, Trouble> {
    let id: AttachmentId = file.id;
    if file.size_bytes > shared::ATTACHMENT_BYTES {
        tracing::warn!(bytes = file.size_bytes, file = %id, "a file of the helpdesk is too large");
        return Ok(None);
    }
    let fetched = async {
        let mut bytes = desk.download(ticket, id).await?;
        let mut incoming = state.files.begin(shared::ATTACHMENT_BYTES);
        while let Some(piece) = bytes.next().await {
            let piece: Bytes = piece?;
            incoming.write(&piece).await?;
        }
        Ok::<_, Trouble>(incoming.finish(None).await?)
    };
    match fetched.await {
        Ok((size_bytes, sha256)) => {
            let name = crate::file_names::harmless(&file.name);
            Ok(Some(AttachmentMeta { name, size_bytes, sha256, screenshot: false, ..file.clone() }))
        }
        Err(Trouble::Helpdesk(error)) if !cannot_be_asked(&error) => {
            tracing::warn!(%error, file = %id, "a file of the helpdesk cannot be had");
            Ok(None)
        }
        Err(Trouble::File(error @ FileError::TooLong)) => {
            tracing::warn!(%error, file = %id, "a file of the helpdesk is too large");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether it is the helpdesk that fails, and not the one thing that it was asked for.
fn cannot_be_asked(error: &HelpdeskError) -> bool {
    matches!(error.code, ErrorCode::Unreachable | ErrorCode::TimedOut | ErrorCode::Busy | ErrorCode::Unauthorized)
}

#[cfg(test)]
mod tests {
    use deskside_protocol::{FollowUpId, Sha256, Timestamp};

    use super::*;

    fn entry(author: Author, text: &str, files: &[&str]) -> FollowUp {
        let file = |name: &&str| AttachmentMeta {
            id: AttachmentId::new(),
            name: (*name).to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 0,
            sha256: Sha256::from([0; 32]),
            screenshot: false,
        };
        FollowUp {
            id: FollowUpId::new(),
            author,
            author_name: None,
            at: Timestamp::now(),
            text: text.to_owned(),
            new_state: None,
            attachments: files.iter().map(file).collect(),
        }
    }

    #[test]
    fn only_the_bringing_of_our_own_files_is_left_out() {
        let own = ["page.txt".to_owned(), "screen.png".to_owned()];
        for ours in [entry(Author::Requester, "page.txt", &["page.txt"]), entry(Author::Requester, "", &["screen.png"])]
        {
            assert!(brings_ours(&ours, &own));
        }
        for news in [
            entry(Author::Technician, "page.txt", &["page.txt"]),
            entry(Author::Requester, "See page.txt", &["page.txt"]),
            entry(Author::Requester, "", &["other.txt"]),
            entry(Author::Requester, "page.txt", &[]),
        ] {
            assert!(!brings_ours(&news, &own), "{news:?}");
        }
    }
}
