//! Sends what waits: one message of a ticket after the other, tickets side by side.

use std::collections::HashSet;
use std::time::Duration;

use deskside_helpdesk::outbox::{Backoff, Failure, Kind, Message, Stage, Step};
use deskside_helpdesk::{Again, Attempt, Enclosure, HelpdeskError, Placed, TicketRef};
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, FollowUpId, Timestamp};
use futures_util::StreamExt as _;

use super::notes::{not_taken, refused_files};
use super::{Gateway, LOOK, Part};
use crate::state::AppState;
use crate::store::{Note, StoreError, Upstream};

pub(super) const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), cap: Duration::from_secs(300) };
/// Tickets that are worked on at a time: what one helpdesk takes without trouble.
const SIDE_BY_SIDE: usize = 4;
/// How long a reply waits for its files: many helpdesks take them only in the same request.
const FILES: Duration = Duration::from_secs(60);

/// What came of a look at a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It went on, or tried to.
    Moved,
    /// There is nothing to do for it now, and what comes after it waits too.
    Waits,
    /// It lacks files that are not here; what comes after it may go.
    LacksFiles,
}

/// Sends for as long as it is let.
pub(super) async fn file(state: &AppState, gateway: &Gateway) {
    loop {
        match go_through(state, gateway).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "what waits for the helpdesk cannot be read"),
        }
        let _nothing_came = tokio::time::timeout(LOOK, gateway.work.notified()).await;
    }
}

/// Does one step for each ticket of which something waits; whether it did anything.
async fn go_through(state: &AppState, gateway: &Gateway) -> Result<bool, StoreError> {
    let (mut moved, mut after) = (false, None);
    // Tickets of which something in an earlier page has to go first.
    let mut held = HashSet::new();
    loop {
        let (mut page, next) = state.store.upstream_waiting(after).await?;
        page.retain(|message| !held.contains(&message.client_id));
        let mut turns = futures_util::stream::iter(by_ticket(page))
            .map(|messages| go_on(state, gateway, messages))
            .buffer_unordered(SIDE_BY_SIDE);
        while let Some((ticket, turn)) = turns.next().await {
            moved |= turn == Turn::Moved;
            if turn != Turn::LacksFiles {
                held.extend(ticket);
            }
        }
        after = next;
        if after.is_none() {
            return Ok(moved);
        }
    }
}

/// The messages of each ticket, in order.
fn by_ticket(waiting: Vec<Upstream>) -> Vec<Vec<Upstream>> {
    let mut tickets: Vec<Vec<Upstream>> = Vec::new();
    for message in waiting {
        match tickets.iter_mut().find(|ticket| ticket.iter().any(|other| other.client_id == message.client_id)) {
            Some(ticket) => ticket.push(message),
            None => tickets.push(vec![message]),
        }
    }
    tickets
}

/// Does one step for a ticket; what came of it.
async fn go_on(state: &AppState, gateway: &Gateway, messages: Vec<Upstream>) -> (Option<ClientId>, Turn) {
    let ticket = messages.first().map(|message| message.client_id);
    for message in messages {
        match step(state, gateway, &message).await {
            Ok(turn @ (Turn::Moved | Turn::Waits)) => return (ticket, turn),
            Ok(Turn::LacksFiles) => {}
            Err(error) => {
                tracing::warn!(%error, ticket = %message.client_id, "what waits for the helpdesk cannot be sent");
                return (ticket, Turn::Waits);
            }
        }
    }
    (ticket, Turn::LacksFiles)
}

async fn step(state: &AppState, gateway: &Gateway, sent: &Upstream) -> Result<Turn, StoreError> {
    let now = Timestamp::now();
    let message = &sent.message;
    let Some((document, number, requester)) = state.store.upstream_ticket(sent.client_id, &gateway.place).await? else {
        return Ok(Turn::Waits);
    };
    let entry = match message.kind {
        Kind::Ticket => None,
        Kind::FollowUp | Kind::Verdict => sent.id.parse::<FollowUpId>().ok(),
    };
    let desk = match gateway.desks.of(requester.as_deref()) {
        Ok(desk) => desk,
        Err(error) => {
            let after = failed(message, error);
            let note = not_taken(sent, &after, &document);
            keep(state, gateway, sent, &after, note.as_ref()).await?;
            return Ok(Turn::Moved);
        }
    };
    let lag = desk.capabilities().lag;
    // A ticket that was refused before anything of it arrived: what was said since waits with it.
    if entry.is_some() && number.is_none() {
        return Ok(Turn::Waits);
    }
    let ticket = TicketRef { client_id: sent.client_id, number };
    let files = state.store.files_for_upstream(sent.client_id, entry).await?;
    let (mut here, mut all) = (Vec::new(), Vec::new());
    for file in files {
        let enclosure = Enclosure { path: state.files.path(&file.meta.sha256), meta: file.meta };
        if file.arrived {
            here.push(enclosure.clone());
        }
        all.push(enclosure);
    }
    let next = match message.next(now, lag) {
        // The first that is here: files come in any order, and one may never come.
        Step::Attach(_) => {
            let missing = |file: &&Enclosure| is_missing(message, file.meta.id);
            match here.iter().find(missing) {
                Some(file) => Step::Attach(file.meta.id),
                None => return Ok(Turn::LacksFiles),
            }
        }
        next @ (Step::Look | Step::Place | Step::Wait(_) | Step::Rest) => next,
    };
    let doubtful = matches!(message.stage, Stage::New { doubt: true } | Stage::Placed { doubt: true, .. });
    let attempt = if doubtful { Attempt::Doubtful } else { Attempt::First };
    let after = match next {
        Step::Wait(_) | Step::Rest => return Ok(Turn::Waits),
        Step::Look => match desk.find(sent.client_id, &all).await {
            Ok(found) => message.clone().looked(found.as_ref(), Timestamp::now(), lag),
            Err(error) => failed(message, error),
        },
        Step::Attach(id) => {
            let Some(file) = here.iter().find(|file| file.meta.id == id) else { return Ok(Turn::LacksFiles) };
            match desk.attach(ticket, entry, file).await {
                Ok(()) => message.clone().attached(id),
                Err(error) if error.again == Again::Permanent => message.clone().file_refused(id, error.into()),
                Err(error) => failed(message, error),
            }
        }
        Step::Place => {
            let waited = now.unix_ms().saturating_sub(sent.queued_at.unix_ms());
            let patience = i64::try_from(FILES.as_millis()).unwrap_or(i64::MAX);
            if message.kind == Kind::FollowUp && here.len() < all.len() && (0..patience).contains(&waited) {
                return Ok(Turn::Waits);
            }
            let placed = match message.kind {
                Kind::Ticket => desk.create(sent.client_id, document.clone().into(), &here).await,
                Kind::FollowUp => {
                    let new: NewFollowUp = payload(sent)?;
                    desk.follow_up(ticket, &new, &here, attempt).await
                }
                Kind::Verdict => {
                    let new: NewVerdict = payload(sent)?;
                    desk.verdict(ticket, &new, attempt).await.map(|()| Placed::default())
                }
            };
            match placed {
                Ok(mut placed) => {
                    // What was not given to it, it lacks.
                    let not_given = all.iter().filter(|file| !here.contains(file)).map(|file| file.meta.id);
                    let unsaid: Vec<AttachmentId> = not_given.filter(|id| !placed.missing.contains(id)).collect();
                    placed.missing.extend(unsaid);
                    message.clone().placed(&placed)
                }
                Err(error) => failed(message, error),
            }
        }
    };
    let note = refused_files(sent, &after, &all, &document, next).or_else(|| not_taken(sent, &after, &document));
    keep(state, gateway, sent, &after, note.as_ref()).await?;
    Ok(Turn::Moved)
}

/// Keeps what came of a step, and says so to whom it concerns.
async fn keep(
    state: &AppState,
    gateway: &Gateway,
    sent: &Upstream,
    after: &Message,
    note: Option<&Note>,
) -> Result<(), StoreError> {
    if let Some(why) = after.last_error.as_ref().filter(|_| after.tries > 0 || after.is_at_rest()) {
        let (code, detail) = (why.code, &why.detail);
        tracing::warn!(ticket = %sent.client_id, ?code, %detail, "the helpdesk did not take it");
    }
    // What is refused for good was looked at, and the rest goes on.
    let stands = after.last_error.as_ref().filter(|_| after.tries > 0 && !after.is_at_rest());
    gateway.troubles.went(state, Part::Filing, stands).await;
    if let Some(change) = state.store.keep_upstream(sent, after, note, &gateway.place).await? {
        tracing::info!(ticket = %sent.client_id, number = after.number(), "a ticket has news");
        state.tell(change);
    }
    gateway.filed.notify_waiters();
    Ok(())
}

fn failed(message: &Message, error: HelpdeskError) -> Message {
    let failure = Failure {
        // The service account is nothing that a requester could do anything about: a ticket waits until IT has seen to
        // it. What it may not say in one ticket, it must not hold all the rest of that ticket up with.
        for_good: error.again == Again::Permanent
            && error.code != ErrorCode::Unauthorized
            && (error.code != ErrorCode::Forbidden || message.kind != Kind::Ticket),
        may_have_arrived: error.may_have_arrived,
        retry_after: error.retry_after,
        report: error.into(),
    };
    message.clone().failed(failure, Timestamp::now(), BACKOFF, rand::random::<f64>())
}

fn is_missing(message: &Message, id: AttachmentId) -> bool {
    match &message.stage {
        Stage::Placed { missing, .. } => missing.contains(&id),
        Stage::New { .. } | Stage::Delivered { .. } | Stage::Parked { .. } => false,
    }
}

fn payload<T: serde::de::DeserializeOwned>(sent: &Upstream) -> Result<T, StoreError> {
    serde_json::from_str(sent.payload.as_deref().unwrap_or_default())
        .map_err(|error| StoreError::Unreadable(error.to_string()))
}
