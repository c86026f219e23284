//! Signing in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum_extra::extract::CookieJar;
use deskside_protocol::ErrorCode;
use deskside_protocol::desk::{ChangePassword, Problem, Session, SignIn};

use crate::api::caller;
use crate::auth::person::{Newcomer, check_origin, cookie};
use crate::auth::{passwords, secrets};
use crate::extract::Json;
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{NewPassword, NewSession};
use crate::text::one_line;

/// Signs in. The session is an HttpOnly cookie; the CSRF token in the answer goes with every change.
#[utoipa::path(post, path = "/console/session", tag = "console", request_body = SignIn, responses(
    (status = 200, body = Session),
    (status = 401, description = "Login or password are wrong.", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many failed sign-ins.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn sign_in(
    State(state): State<Arc<AppState>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    uri: Uri,
    Json(asked): Json<SignIn>,
) -> ApiResult<(CookieJar, axum::Json<Session>)> {
    // Before there is a session too: nobody may sign others in to an account of theirs.
    check_origin(&headers, &uri, &state.config)?;
    let address = caller(&state, peer, &headers);
    // Cut, so that the tables of failures hold no long keys.
    let login = one_line(&asked.login, 64).to_lowercase();
    state.rates.sign_in(address, &login)?;
    let record = state.store.person(&login).await?.filter(|record| record.person.active);
    let hash = record.as_ref().map(|record| record.password_hash.clone());
    let fits = state.passwords.matches(asked.password, hash).await?;
    // Once more: who sends a hundred guesses at once would have them all pass the first look.
    state.rates.sign_in(address, &login)?;
    let Some(record) = record.filter(|_| fits) else {
        state.rates.sign_in_failed(address, &login);
        state.metrics.failed_sign_ins.inc();
        tracing::warn!(%address, "a sign-in failed");
        return Err(ApiError::new(ErrorCode::Unauthorized, "login or password are wrong"));
    };
    let secret = secrets::make("dss_").map_err(|error| ApiError::internal(&error))?;
    let digest = secrets::digest(&secret);
    state.store.begin_session(&NewSession { digest: &digest, login: &login }).await?;
    tracing::info!(login, "signed in");
    let session = Session {
        person: record.person,
        csrf_token: secrets::csrf_token(&secret),
        must_change_password: record.must_change,
    };
    Ok((CookieJar::new().add(cookie(&state.config, secret)), axum::Json(session)))
}

/// Who is signed in.
#[utoipa::path(get, path = "/console/session", tag = "console", security(("person" = [])), responses(
    (status = 200, body = Session),
    (status = 401, description = "Nobody.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn session(Newcomer(signed_in): Newcomer) -> axum::Json<Session> {
    axum::Json(signed_in.as_session())
}

/// Signs out.
#[utoipa::path(delete, path = "/console/session", tag = "console", security(("person" = [])), responses(
    (status = 204, description = "The session is over."),
))]
pub(crate) async fn sign_out(
    State(state): State<Arc<AppState>>,
    Newcomer(signed_in): Newcomer,
) -> ApiResult<(CookieJar, StatusCode)> {
    state.store.end_session(&signed_in.session).await?;
    Ok((CookieJar::new().add(cookie(&state.config, String::new())), StatusCode::NO_CONTENT))
}

/// Chooses another password. The person's other sessions end.
#[utoipa::path(post, path = "/console/session/password", tag = "console", security(("person" = [])), request_body = ChangePassword, responses(
    (status = 200, body = Session),
    (status = 400, description = "The new password is too short, or the old one.", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The present password is wrong.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn change_password(
    State(state): State<Arc<AppState>>,
    Newcomer(mut signed_in): Newcomer,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(asked): Json<ChangePassword>,
) -> ApiResult<axum::Json<Session>> {
    let address = caller(&state, peer, &headers);
    let login = signed_in.person.login.clone();
    passwords::check(&asked.new)?;
    if asked.new == asked.current {
        return Err(ApiError::new(ErrorCode::BadRequest, "the new password is the present one"));
    }
    // Guessing the present password from an open session is limited like guessing it from outside.
    state.rates.sign_in(address, &login)?;
    if !state.passwords.matches(asked.current, Some(signed_in.password_hash.clone())).await? {
        state.rates.sign_in_failed(address, &login);
        return Err(ApiError::new(ErrorCode::Forbidden, "the present password is wrong"));
    }
    let hash = state.passwords.hash(asked.new).await?;
    let password = NewPassword { hash: &hash, must_change: false, but_session: &signed_in.session, actor: &login };
    state.store.set_password(&login, &password).await?;
    signed_in.must_change_password = false;
    Ok(axum::Json(signed_in.as_session()))
}
