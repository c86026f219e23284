//! Tickets as technicians work on them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use deskside_protocol::desk::{ConsoleReply, ConsoleTicket, Problem, TicketChange, TicketPage, TicketQuery};
use deskside_protocol::{ErrorCode, limits};

use crate::api::device::{digest_of, other_reply, thread_full};
use crate::auth::person::SignedIn;
use crate::extract::{Json, Path, Query};
use crate::intake;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{ChangeOutcome, ListQuery, ReplyOutcome, TechnicianReply};
use crate::text::storable;

/// Who reads the list's cursors: anybody who is signed in sees all of it.
const CONSOLE: &str = "console";

/// The list of tickets, newest change first.
#[utoipa::path(get, path = "/console/tickets", tag = "console", security(("person" = [])),
    params(
        ("state" = Option<deskside_protocol::ticket::TicketState>, Query, description = "Only tickets in this state; absent is all but closed."),
        ("closed" = Option<bool>, Query, description = "Also closed ones, when no state is given."),
        ("assignee" = Option<String>, Query, description = "A login, `me` or `nobody`."),
        ("q" = Option<String>, Query, description = "Words in number, title, description, requester, device or thread; all must be found."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not said."),
    ), responses(
    (status = 200, body = TicketPage),
    (status = 400, description = "A filter makes no sense.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
    Query(query): Query<TicketQuery>,
) -> ApiResult<axum::Json<TicketPage>> {
    let cursors = state.store.cursors();
    let unknown = || ApiError::new(ErrorCode::BadRequest, "`after` is not the end of a page of this list");
    let before = query.after.as_deref().map(|text| cursors.read(CONSOLE, text).ok_or_else(unknown)).transpose()?;
    let limit = query.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(ApiError::new(ErrorCode::BadRequest, "`limit` goes from 1 to 100"));
    }
    let assignee = match query.assignee.as_deref() {
        None | Some("") => None,
        Some("me") => Some(Some(signed_in.person.login)),
        Some("nobody") => Some(None),
        Some(login) => Some(Some(storable(login))),
    };
    let asked = ListQuery {
        state: query.state,
        closed: query.closed.unwrap_or(false),
        assignee,
        words: query.q.unwrap_or_default(),
        before,
        limit: i64::from(limit),
    };
    let (tickets, next, total) = state.store.list(&asked).await?;
    Ok(axum::Json(TicketPage { tickets, next: next.map(|place| cursors.write(CONSOLE, place)), total }))
}

/// A ticket, whole.
#[utoipa::path(get, path = "/console/tickets/{number}", tag = "console", security(("person" = [])),
    params(("number" = u64, Path, description = "The ticket's number.")), responses(
    (status = 200, body = ConsoleTicket),
    (status = 404, description = "No such ticket.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn ticket(
    State(state): State<Arc<AppState>>,
    _person: SignedIn,
    Path(number): Path<u64>,
) -> ApiResult<axum::Json<ConsoleTicket>> {
    let number = i64::try_from(number).map_err(|_| ApiError::not_found())?;
    let found = state.store.console_ticket(number).await?.ok_or_else(ApiError::not_found)?;
    Ok(axum::Json(ConsoleTicket {
        thread: state.store.console_thread(found.client_id).await?,
        arrived: state.store.arrived_files(found.client_id).await?,
        of_same_device: state.store.of_same_device(found.device, number).await?,
        row: found.row,
        document: found.document,
        rating: found.rating,
        diagnostics_removed_at: found.diagnostics_removed_at,
        files_removed_at: found.files_removed_at,
    }))
}

/// Moves a ticket to another state, or gives it to somebody.
#[utoipa::path(patch, path = "/console/tickets/{number}", tag = "console", security(("person" = [])),
    params(("number" = u64, Path, description = "The ticket's number.")), request_body = TicketChange, responses(
    (status = 204, description = "It is so now."),
    (status = 404, description = "No such ticket.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "From its state, that one cannot be reached.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "Nobody of this login works here.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
    Path(number): Path<u64>,
    Json(change): Json<TicketChange>,
) -> ApiResult<StatusCode> {
    let number = i64::try_from(number).map_err(|_| ApiError::not_found())?;
    let assignee = change.assignee.map(|login| match login.as_str() {
        "" => None,
        "me" => Some(signed_in.person.login),
        _ => Some(storable(&login)),
    });
    if change.state.is_some() {
        worked_on_here(&state, number).await?;
    }
    match state.store.change_ticket(number, change.state, assignee).await? {
        ChangeOutcome::Changed(change) => {
            state.tell(change);
            Ok(StatusCode::NO_CONTENT)
        }
        ChangeOutcome::Nothing => Ok(StatusCode::NO_CONTENT),
        ChangeOutcome::NotFound => Err(ApiError::not_found()),
        ChangeOutcome::WrongState(state) => Err(ApiError::wrong_state(state)),
        ChangeOutcome::NoSuchPerson => Err(ApiError::new(ErrorCode::Refused, "nobody of this login works here")),
    }
}

/// What is worked on in the helpdesk behind this hub cannot be answered here: nobody there would see it.
async fn worked_on_here(state: &AppState, number: i64) -> ApiResult<()> {
    let Some(gateway) = &state.gateway else { return Ok(()) };
    match state.store.worked_on_elsewhere(number, gateway.place()).await? {
        None => Ok(()),
        Some(there) => {
            let there = there.map_or_else(String::new, |number| format!(" (number {number})"));
            let detail = format!("this ticket is worked on in the helpdesk behind this hub{there}: answer there");
            Err(ApiError::new(ErrorCode::Refused, detail).status(StatusCode::CONFLICT))
        }
    }
}

/// Adds an answer or an internal note, once. A note is never shown to the requester.
#[utoipa::path(post, path = "/console/tickets/{number}/follow-ups", tag = "console", security(("person" = [])),
    params(("number" = u64, Path, description = "The ticket's number.")), request_body = ConsoleReply, responses(
    (status = 201, description = "It is kept."),
    (status = 200, description = "It was here already."),
    (status = 404, description = "No such ticket.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The state cannot be reached, or something else is here under this identity.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The text is missing or too long, or a file was not brought.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn reply(
    State(state): State<Arc<AppState>>,
    signed_in: SignedIn,
    Path(number): Path<u64>,
    Json(reply): Json<ConsoleReply>,
) -> ApiResult<StatusCode> {
    let number = i64::try_from(number).map_err(|_| ApiError::not_found())?;
    intake::text(&reply.text)?;
    if reply.attachments.len() > limits::ATTACHMENTS {
        return Err(ApiError::new(ErrorCode::TooManyFiles, format!("at most {} files", limits::ATTACHMENTS)));
    }
    if !reply.internal || reply.new_state.is_some() {
        worked_on_here(&state, number).await?;
    }
    let digest = digest_of(&(&reply, &signed_in.person.login))?;
    let outcome = state
        .store
        .reply_of_technician(
            number,
            &TechnicianReply {
                id: reply.id,
                text: &storable(&reply.text),
                internal: reply.internal,
                new_state: reply.new_state,
                files: &reply.attachments,
                login: &signed_in.person.login,
                display_name: &signed_in.person.display_name,
                digest: &digest,
            },
        )
        .await?;
    match outcome {
        ReplyOutcome::Added(change) => {
            state.tell(change);
            Ok(StatusCode::CREATED)
        }
        ReplyOutcome::Existing => Ok(StatusCode::OK),
        ReplyOutcome::Different | ReplyOutcome::AttachmentTaken => Err(other_reply()),
        ReplyOutcome::NotFound => Err(ApiError::not_found()),
        ReplyOutcome::WrongState(state) => Err(ApiError::wrong_state(state)),
        ReplyOutcome::Full => Err(thread_full()),
        ReplyOutcome::FilesTooLarge => Err(ApiError::new(ErrorCode::FileTooLarge, "the files are too large together")),
        ReplyOutcome::FileMissing => {
            Err(ApiError::new(ErrorCode::FileUnreadable, "one of the files is not here (any more): bring it again"))
        }
    }
}
