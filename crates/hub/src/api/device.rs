//! What devices ask: to enrol, to hand in tickets, replies and verdicts, to learn what changed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use deskside_helpdesk::{Capabilities, Way};
use deskside_protocol::desk::{
    Changes, Desk, DeskWay, Enrol, Enrolled, FollowUpReceipt, NewFollowUp, NewVerdict, Problem, Receipt,
};
use deskside_protocol::ticket::TicketDocument;
use deskside_protocol::{ClientId, DeviceId, ErrorCode, FollowUpId, Timestamp, limits as shared};
use serde::Deserialize;

use super::{caller, sign_in};
use crate::auth::device::{CREDENTIAL, Device, TOKEN};
use crate::auth::secrets;
use crate::extract::{Json, JsonBytes, Path, Query};
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{Filing, Intake, ReplyOutcome, TokenUse, VerdictOutcome, Whose};
use crate::{intake, limits, text};

/// Enrols a device with a token from IT. The credential is shown this once.
#[utoipa::path(post, path = "/enrol", tag = "devices", request_body = Enrol, responses(
    (status = 201, body = Enrolled),
    (status = 403, description = "The token is unknown, used up, over or withdrawn.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many tries from this address.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn enrol(
    State(state): State<Arc<AppState>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(enrol): Json<Enrol>,
) -> ApiResult<(StatusCode, axum::Json<Enrolled>)> {
    state.rates.enrolment(caller(&state, peer, &headers))?;
    let refused = || ApiError::new(ErrorCode::Forbidden, "this enrolment token is not accepted (any more)");
    let name = text::one_line(&enrol.device_name, limits::NAME_CHARS);
    let platform = text::one_line(&enrol.platform, 32);
    if name.is_empty() || platform.is_empty() {
        return Err(ApiError::new(ErrorCode::TextMissing, "a device has a name and a platform"));
    }
    let token = enrol.token.trim();
    if !token.starts_with(TOKEN) || token.len() > 100 {
        return Err(refused());
    }
    let credential = secrets::make(CREDENTIAL).map_err(|error| ApiError::internal(&error))?;
    let device_id = DeviceId::new();
    let outcome =
        state.store.enrol(&secrets::digest(token), device_id, &secrets::digest(&credential), &name, &platform).await?;
    match outcome {
        TokenUse::Enrolled => {
            tracing::info!(device = %device_id, name, "a device enrolled");
            let helpdesk_name = state.config.helpdesk_name.clone();
            Ok((StatusCode::CREATED, axum::Json(Enrolled { device_id, credential, helpdesk_name })))
        }
        TokenUse::Refused => Err(refused()),
    }
}

/// Hands in a ticket, once: the same bytes again give the same receipt. The bytes are kept exactly as they come.
#[utoipa::path(post, path = "/tickets", tag = "tickets", security(("device" = [])), request_body = TicketDocument, responses(
    (status = 201, description = "The ticket is kept.", body = Receipt),
    (status = 200, description = "It was here already.", body = Receipt),
    (status = 401, description = "The credential is not accepted.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The identity is not this device's.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another document is here under this identity.", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The document is too large.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The document is not taken.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn create_ticket(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    JsonBytes(bytes): JsonBytes,
) -> ApiResult<(StatusCode, axum::Json<Receipt>)> {
    let ticket = intake::ticket(&bytes)?;
    let client_id = ticket.document.client_id;
    let whose = match (&state.gateway, &state.sign_in) {
        (None, None) => Whose::default(),
        (Some(_), _) | (_, Some(_)) => state.store.whose(device, Timestamp::now()).await?,
    };
    if let Err(refusal) = sign_in::admitted(&state, &whose)
        // What is here already is no news, whoever sits there now.
        && state.store.receipt(device, client_id).await?.is_none()
    {
        return Err(refusal);
    }
    let upstream = state.gateway.as_ref().map(|gateway| gateway.onward(whose.employee().as_ref()));
    let status = match state.store.take_in(device, &ticket, upstream.as_ref()).await? {
        Intake::Created(change) => {
            let number = change.number;
            tracing::info!(number, "a ticket arrived");
            state.metrics.tickets.inc();
            state.tell(change);
            // No file of a ticket arrives before it.
            let missing = ticket.document.attachments.iter().map(|file| file.id).collect();
            let number = filed(&state, client_id).await?.unwrap_or(number);
            return Ok((StatusCode::CREATED, axum::Json(Receipt { client_id, number, missing, refused: Vec::new() })));
        }
        Intake::Existing(_) => {
            if state.gateway.is_some()
                && let Some(untold) = state.store.file_again(client_id).await?
            {
                return Err(ApiError::new(untold.code, untold.detail));
            }
            filed(&state, client_id).await?;
            StatusCode::OK
        }
        Intake::Different => {
            return Err(ApiError::new(ErrorCode::Refused, "another document is kept under this ticket's identity")
                .status(StatusCode::CONFLICT));
        }
        Intake::Foreign => return Err(ApiError::not_found()),
        Intake::AttachmentTaken => return Err(attachment_taken()),
    };
    let receipt = state.store.receipt(device, client_id).await?.ok_or_else(ApiError::not_found)?;
    Ok((status, axum::Json(receipt)))
}

/// Waits until the helpdesk to which this hub is the gateway has a ticket, and gives the number that it has there; `None`
/// without such a helpdesk. A ticket that is not there yet is kept here all the same, and goes on by itself: its device
/// asks again later for the number, which is the only one that anybody ever hears of.
async fn filed(state: &AppState, ticket: ClientId) -> ApiResult<Option<u64>> {
    let Some(gateway) = &state.gateway else { return Ok(None) };
    state.send_on();
    of_filing(gateway.filing(state, ticket).await?)
}

fn of_filing(filing: Filing) -> ApiResult<Option<u64>> {
    match filing {
        Filing::Local => Ok(None),
        Filing::Filed(number) => Ok(Some(number)),
        Filing::UnderWay => {
            let detail = "the ticket is kept here; the helpdesk behind this hub does not have it yet";
            Err(ApiError::new(ErrorCode::Busy, detail)
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .retry_after(FILING_AGAIN))
        }
        Filing::Refused(why) => {
            Err(ApiError::new(ErrorCode::Refused, format!("the helpdesk refuses it: {}", why.detail)))
        }
    }
}

/// When a device asks again for the number of its ticket.
const FILING_AGAIN: Duration = Duration::from_secs(5);

fn attachment_taken() -> ApiError {
    ApiError::new(ErrorCode::Refused, "the identity of one of the files is taken").status(StatusCode::CONFLICT)
}

/// The receipt of a ticket that an earlier try may have handed in.
#[utoipa::path(get, path = "/tickets/{client_id}/receipt", tag = "tickets", security(("device" = [])),
    params(("client_id" = ClientId, Path, description = "The ticket.")), responses(
    (status = 200, body = Receipt),
    (status = 404, description = "It never arrived, or the helpdesk behind this hub refuses it.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn receipt(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Path(client_id): Path<ClientId>,
) -> ApiResult<axum::Json<Receipt>> {
    let receipt = state.store.receipt(device, client_id).await?.ok_or_else(ApiError::not_found)?;
    if state.gateway.is_some() {
        match state.store.filing(client_id).await? {
            // Not there: whoever looks may send it again, and then it is tried again.
            Filing::Refused(_) => return Err(ApiError::not_found()),
            filing @ (Filing::Local | Filing::UnderWay | Filing::Filed(_)) => _ = of_filing(filing)?,
        }
    }
    Ok(axum::Json(receipt))
}

/// What the helpdesk can do in which this hub files: its own desk, or the one behind it.
#[utoipa::path(get, path = "/desk", tag = "devices", security(("device" = [])), responses((status = 200, body = Desk)))]
pub(crate) async fn desk(State(state): State<Arc<AppState>>, Device(device): Device) -> ApiResult<axum::Json<Desk>> {
    let can = state.gateway.as_ref().map_or(Capabilities::HUB, |gateway| gateway.capabilities());
    let way = |way| match way {
        Way::Own => DeskWay::Own,
        Way::ByReply => DeskWay::ByReply,
        Way::Not => DeskWay::Not,
    };
    Ok(axum::Json(Desk {
        file_bytes: can.file_bytes.map(|bytes| bytes.min(shared::ATTACHMENT_BYTES)),
        reply: can.reply,
        confirm: way(can.confirm),
        reopen: way(can.reopen),
        rate: way(can.rate),
        private_notes: can.private_notes,
        sign_in: sign_in::standing(&state, device).await?,
    }))
}

/// Query of `GET /tickets`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// The cursor of the last answer; absent for everything.
    since: Option<String>,
}

/// What changed in this device's tickets since a cursor, each ticket once, in its present state.
#[utoipa::path(get, path = "/tickets", tag = "tickets", security(("device" = [])), params(Since), responses(
    (status = 200, body = Changes),
    (status = 410, description = "The cursor is not known (any more): ask without one.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn changes(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Query(query): Query<Since>,
) -> ApiResult<axum::Json<Changes>> {
    let reader = device.to_string();
    let after = match &query.since {
        None => 0,
        Some(cursor) => {
            let start_over =
                || ApiError::new(ErrorCode::StartOver, "this cursor is not known here (any more): ask without one");
            let place = state.store.cursors().read(&reader, cursor).ok_or_else(start_over)?;
            // Ahead of us: the database was set back to an older copy. From the beginning, or the device would be deaf.
            if place > state.store.newest_visible(device).await? {
                return Err(start_over());
            }
            place
        }
    };
    let (tickets, last, more) = state.store.changes(device, after, state.gateway.is_some()).await?;
    Ok(axum::Json(Changes { tickets, cursor: state.store.cursors().write(&reader, last), more }))
}

/// Adds a reply of the requester, once. A reply to a closed ticket opens it again.
#[utoipa::path(post, path = "/tickets/{client_id}/follow-ups", tag = "tickets", security(("device" = [])),
    params(("client_id" = ClientId, Path, description = "The ticket.")), request_body = NewFollowUp, responses(
    (status = 201, description = "The reply is kept.", body = FollowUpReceipt),
    (status = 200, description = "It was here already.", body = FollowUpReceipt),
    (status = 404, description = "No such ticket of this device.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Something else is here under this identity.", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The reply is not taken.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn follow_up(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Path(client_id): Path<ClientId>,
    Json(new): Json<NewFollowUp>,
) -> ApiResult<(StatusCode, axum::Json<FollowUpReceipt>)> {
    let (text, files) = intake::follow_up(&new)?;
    let digest = digest_of(&new)?;
    not_former(&state, device, client_id, new.id).await?;
    let outcome = state.store.reply_of_requester(device, client_id, new.id, &text, &files, &digest).await?;
    let status = match outcome {
        ReplyOutcome::Added(change) => {
            state.tell(change);
            state.send_on();
            StatusCode::CREATED
        }
        ReplyOutcome::Existing => StatusCode::OK,
        ReplyOutcome::Different => return Err(other_reply()),
        ReplyOutcome::NotFound => return Err(ApiError::not_found()),
        ReplyOutcome::WrongState(state) => return Err(ApiError::wrong_state(state)),
        ReplyOutcome::Full => return Err(thread_full()),
        ReplyOutcome::AttachmentTaken | ReplyOutcome::FileMissing | ReplyOutcome::FilesTooLarge => {
            return Err(attachment_taken());
        }
    };
    let missing = state.store.missing(client_id, Some(new.id)).await?;
    Ok((status, axum::Json(FollowUpReceipt { id: new.id, missing })))
}

/// Nothing new can be said to a ticket that is at a helpdesk of before.
async fn not_former(state: &AppState, device: DeviceId, ticket: ClientId, entry: FollowUpId) -> ApiResult<()> {
    match &state.gateway {
        Some(gateway) if state.store.at_former_place(device, ticket, entry, gateway.place()).await? => Err(
            ApiError::new(ErrorCode::HelpdeskChanged, "this ticket is at the helpdesk in which the hub filed before"),
        ),
        Some(_) | None => Ok(()),
    }
}

/// Something else is kept under a reply's or verdict's identity.
pub(crate) fn other_reply() -> ApiError {
    ApiError::new(ErrorCode::Refused, "something else is kept under this identity").status(StatusCode::CONFLICT)
}

/// The thread has all the entries that it may have.
pub(crate) fn thread_full() -> ApiError {
    ApiError::new(ErrorCode::Refused, "the thread is as long as it may be")
}

/// The digest by which a repetition is told from something else: of the value, since its spelling does not matter here.
pub(crate) fn digest_of(value: &impl serde::Serialize) -> ApiResult<String> {
    let bytes = serde_json::to_vec(value).map_err(|error| ApiError::internal(&error))?;
    Ok(intake::digest(&bytes))
}

/// What the requester says about a ticket that is said to be solved, once: it works, it does not, or how it went.
#[utoipa::path(post, path = "/tickets/{client_id}/verdicts", tag = "tickets", security(("device" = [])),
    params(("client_id" = ClientId, Path, description = "The ticket.")), request_body = NewVerdict, responses(
    (status = 204, description = "It is kept."),
    (status = 404, description = "No such ticket of this device.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The ticket's state does not allow it, or something else is here under this identity.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn verdict(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Path(client_id): Path<ClientId>,
    Json(new): Json<NewVerdict>,
) -> ApiResult<StatusCode> {
    let digest = digest_of(&new)?;
    let verdict = intake::verdict(new.verdict)?;
    not_former(&state, device, client_id, new.id).await?;
    if let Some(gateway) = &state.gateway
        && !gateway.offers(&verdict)
        && !matches!(state.store.filing(client_id).await?, Filing::Local)
    {
        return Err(ApiError::new(ErrorCode::WrongState, "the helpdesk behind this hub cannot do this"));
    }
    match state.store.verdict(device, client_id, new.id, &verdict, &digest).await? {
        VerdictOutcome::Done(change) => {
            state.tell(change);
            state.send_on();
            Ok(StatusCode::NO_CONTENT)
        }
        VerdictOutcome::Nothing => Ok(StatusCode::NO_CONTENT),
        VerdictOutcome::Different => Err(other_reply()),
        VerdictOutcome::NotFound => Err(ApiError::not_found()),
        VerdictOutcome::WrongState(state) => Err(ApiError::wrong_state(state)),
        VerdictOutcome::Full => Err(thread_full()),
        VerdictOutcome::RatedBefore => Err(ApiError::new(ErrorCode::WrongState, "the ticket was rated before")),
    }
}
