//! What devices ask when an employee signs in on them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use deskside_protocol::desk::{BeginSignIn, FinishSignIn, Problem, SignInBegun, SignInStanding, SignedInPerson};
use deskside_protocol::{DeviceId, ErrorCode, Timestamp};

use crate::auth::device::Device;
use crate::extract::Json;
use crate::problem::{ApiError, ApiResult};
use crate::sign_in::SignIn;
use crate::state::AppState;
use crate::store::{Employee, Whose};

fn offered(state: &AppState) -> ApiResult<&SignIn> {
    state.sign_in.as_ref().ok_or_else(|| ApiError::new(ErrorCode::NotFound, "nobody signs in at this hub"))
}

fn person(employee: &Employee, until: Timestamp) -> SignedInPerson {
    SignedInPerson { name: employee.name.clone().unwrap_or_else(|| employee.login.clone()), until }
}

/// How it stands with the sign-in on a device; `None` if nobody signs in here.
pub(super) async fn standing(state: &AppState, device: DeviceId) -> ApiResult<Option<SignInStanding>> {
    let Some(sign_in) = &state.sign_in else { return Ok(None) };
    let whose = state.store.whose(device, Timestamp::now()).await?;
    let person = whose.signed_in.as_ref().map(|(employee, until)| person(employee, *until));
    Ok(Some(SignInStanding { required: sign_in.required(), person }))
}

/// Whether something new is taken from a device.
pub(super) fn admitted(state: &AppState, whose: &Whose) -> ApiResult<()> {
    match &state.sign_in {
        Some(sign_in) if sign_in.required() && whose.signed_in.is_none() => {
            Err(ApiError::new(ErrorCode::SignInNeeded, "nobody is signed in on this device (any more)"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Begins an employee's sign-in: what the browser is to open.
#[utoipa::path(post, path = "/sign-in", tag = "devices", security(("device" = [])), request_body = BeginSignIn, responses(
    (status = 200, body = SignInBegun),
    (status = 400, description = "The browser would come back to somewhere else.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "Nobody signs in here.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The provider cannot be asked now.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn begin(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Json(begin): Json<BeginSignIn>,
) -> ApiResult<axum::Json<SignInBegun>> {
    Ok(axum::Json(offered(&state)?.begin(&state.store, device, &begin.redirect_uri).await?))
}

/// Ends it with what the browser brought back: from here on, what this device sends is theirs.
#[utoipa::path(post, path = "/sign-in/finish", tag = "devices", security(("device" = [])), request_body = FinishSignIn, responses(
    (status = 200, body = SignedInPerson),
    (status = 403, description = "It was not begun here, is over, or proves nothing.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "Nobody signs in here.", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The provider cannot be asked now.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn finish(
    State(state): State<Arc<AppState>>,
    Device(device): Device,
    Json(finish): Json<FinishSignIn>,
) -> ApiResult<axum::Json<SignedInPerson>> {
    let sign_in = offered(&state)?;
    let employee = sign_in.finish(&state.store, device, &finish.code, &finish.state).await?;
    let lasts = i64::try_from(sign_in.lasts().as_millis()).unwrap_or(i64::MAX);
    let until = Timestamp::from_unix_ms(Timestamp::now().unix_ms().saturating_add(lasts));
    state.store.sign_in(device, Some((&employee, until))).await?;
    tracing::info!(%device, "an employee signed in");
    Ok(axum::Json(person(&employee, until)))
}

/// Signs whoever is signed in on a device out.
#[utoipa::path(delete, path = "/sign-in", tag = "devices", security(("device" = [])), responses(
    (status = 204, description = "Nobody is signed in."),
))]
pub(crate) async fn end(State(state): State<Arc<AppState>>, Device(device): Device) -> ApiResult<StatusCode> {
    state.store.sign_in(device, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
