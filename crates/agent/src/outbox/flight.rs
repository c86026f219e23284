//! One exchange with the helpdesk: what is kept here goes out, and what came of it comes back.

use bytes::Bytes;
use deskside_helpdesk::next::what_next;
use deskside_helpdesk::{Again, Attempt, Enclosure, Helpdesk, HelpdeskError, Placed, TicketRef};
use deskside_protocol::desk::{NewFollowUp, NewVerdict};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport};
use sqlx::Row;

use super::Queued;
use super::machine::{Failure, Kind, Stage, Step};
use crate::store::files;
use crate::store::{Store, StoreError};

/// What came of a step.
pub(super) enum Landed {
    Looked(Option<Placed>),
    Placed(Placed),
    Attached(AttachmentId),
    Failed(HelpdeskError),
}

/// Does a step.
pub(super) async fn fly(store: &Store, desk: &dyn Helpdesk, queued: &Queued, step: Step) -> Landed {
    let outcome = match step {
        Step::Look => look(store, desk, queued).await,
        Step::Place => place(store, desk, queued).await,
        Step::Attach(file) => attach(store, desk, queued, file).await,
        Step::Wait(_) | Step::Rest => Err(unsendable(ErrorCode::Internal, "there was nothing to send".to_owned())),
    };
    outcome.unwrap_or_else(Landed::Failed)
}

async fn look(store: &Store, desk: &dyn Helpdesk, queued: &Queued) -> Result<Landed, HelpdeskError> {
    let files = enclosures(store, queued).await?;
    desk.find(queued.client_id, &files).await.map(Landed::Looked)
}

async fn place(store: &Store, desk: &dyn Helpdesk, queued: &Queued) -> Result<Landed, HelpdeskError> {
    let attempt = match queued.message.stage {
        Stage::New { doubt: false } => Attempt::First,
        Stage::New { doubt: true } | Stage::Placed { .. } | Stage::Delivered { .. } | Stage::Parked { .. } => {
            Attempt::Doubtful
        }
    };
    match queued.message.kind {
        Kind::Ticket => {
            let document = document(store, queued.client_id).await?;
            let files = enclosures(store, queued).await?;
            desk.create(queued.client_id, document, &files).await.map(Landed::Placed)
        }
        Kind::FollowUp => {
            let follow_up: NewFollowUp = payload(queued)?;
            let files = enclosures(store, queued).await?;
            let ticket = ticket_ref(store, queued.client_id).await?;
            desk.follow_up(ticket, &follow_up, &files, attempt).await.map(Landed::Placed)
        }
        Kind::Verdict => {
            let verdict: NewVerdict = payload(queued)?;
            desk.verdict(ticket_ref(store, queued.client_id).await?, &verdict, attempt).await?;
            Ok(Landed::Placed(Placed::default()))
        }
    }
}

/// The ticket as both sides call it.
async fn ticket_ref(store: &Store, client_id: ClientId) -> Result<TicketRef, HelpdeskError> {
    let mut connection = store.pool().acquire().await.map_err(|error| try_later(&StoreError::from(error)))?;
    crate::requests::ticket_ref(&mut connection, client_id).await.map_err(|error| try_later(&error))
}

/// The message's files as they lie here. One that cannot be read any more is refused by itself when its turn comes.
async fn enclosures(store: &Store, queued: &Queued) -> Result<Vec<Enclosure>, HelpdeskError> {
    let mut connection = store.pool().acquire().await.map_err(|error| try_later(&StoreError::from(error)))?;
    let mut enclosures = Vec::with_capacity(queued.message.files.len());
    for id in &queued.message.files {
        let found = files::find(&mut connection, *id).await.map_err(|error| try_later(&error))?;
        if let Some((meta, _)) = found {
            enclosures.push(Enclosure { meta, path: files::kept(store.folder(), *id) });
        }
    }
    Ok(enclosures)
}

async fn document(store: &Store, client_id: ClientId) -> Result<Bytes, HelpdeskError> {
    let row = sqlx::query("SELECT document FROM tickets WHERE client_id = ?")
        .bind(client_id.to_string())
        .fetch_optional(store.pool())
        .await
        .map_err(|error| try_later(&StoreError::from(error)))?;
    let document: Option<Vec<u8>> =
        row.map(|row| row.try_get(0)).transpose().map_err(|error| try_later(&StoreError::from(error)))?.flatten();
    document.map(Bytes::from).ok_or_else(|| unsendable(ErrorCode::Internal, "the document is gone".to_owned()))
}

fn payload<T: serde::de::DeserializeOwned>(queued: &Queued) -> Result<T, HelpdeskError> {
    let text = queued.payload.as_deref().unwrap_or_default();
    serde_json::from_str(text).map_err(|error| unsendable(ErrorCode::Internal, format!("what was kept: {error}")))
}

async fn attach(
    store: &Store,
    desk: &dyn Helpdesk,
    queued: &Queued,
    id: AttachmentId,
) -> Result<Landed, HelpdeskError> {
    let mut connection = store.pool().acquire().await.map_err(|error| try_later(&StoreError::from(error)))?;
    let found = files::find(&mut connection, id).await.map_err(|error| try_later(&error))?;
    drop(connection);
    let (meta, _) =
        found.ok_or_else(|| unsendable(ErrorCode::FileUnreadable, "the kept file is not known any more".to_owned()))?;
    let of = match queued.message.kind {
        Kind::Ticket | Kind::Verdict => None,
        Kind::FollowUp => Some(payload::<NewFollowUp>(queued)?.id),
    };
    let file = Enclosure { meta, path: files::kept(store.folder(), id) };
    desk.attach(ticket_ref(store, queued.client_id).await?, of, &file).await?;
    Ok(Landed::Attached(id))
}

/// Whether the failure is this computer's own and says nothing about the helpdesk.
pub(super) fn is_ours(error: &HelpdeskError) -> bool {
    matches!(error.code, ErrorCode::StoreUnwritable | ErrorCode::StoreDamaged | ErrorCode::FileUnreadable)
        || (error.code == ErrorCode::Internal && error.again == Again::Permanent)
}

/// What is kept here cannot be sent, now or later.
fn unsendable(code: ErrorCode, detail: String) -> HelpdeskError {
    HelpdeskError { code, detail, retry_after: None, again: Again::Permanent, may_have_arrived: false }
}

/// The store did not give it out this time. Says nothing about the helpdesk, and holds nothing else up.
fn try_later(error: &StoreError) -> HelpdeskError {
    HelpdeskError {
        code: error.code(),
        detail: error.to_string(),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: true,
    }
}

/// A failed exchange as the machine sees it.
pub(super) fn failure(error: &HelpdeskError) -> Failure {
    Failure {
        report: ErrorReport::new(error.code, error.detail.clone()),
        for_good: what_next(error).parks(),
        may_have_arrived: error.may_have_arrived,
        retry_after: error.retry_after,
    }
}
