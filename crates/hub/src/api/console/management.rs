//! People, devices and enrolment tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use deskside_protocol::desk::{
    CreatedEnrolmentToken, DeviceRow, EnrolmentTokenInfo, JournalPage, MadePassword, NewEnrolmentToken, NewPerson,
    Person, PersonChange, Problem,
};
use deskside_protocol::{DeviceId, ErrorCode, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::auth::device::TOKEN;
use crate::auth::passwords;
use crate::auth::person::{Administrator, SignedIn};
use crate::auth::secrets;
use crate::extract::{Json, Path, Query};
use crate::problem::{ApiError, ApiResult};
use crate::state::AppState;
use crate::store::{NewPassword, NewToken, PersonOutcome};
use crate::{limits, text};

/// Who works here. Technicians see it too: they give tickets to each other.
#[utoipa::path(get, path = "/console/people", tag = "console", security(("person" = [])), responses(
    (status = 200, body = Vec<Person>),
))]
pub(crate) async fn people(
    State(state): State<Arc<AppState>>,
    _person: SignedIn,
) -> ApiResult<axum::Json<Vec<Person>>> {
    Ok(axum::Json(state.store.people().await?))
}

/// Adds somebody. They are asked to change the password at their first sign-in.
#[utoipa::path(post, path = "/console/people", tag = "console", security(("person" = [])), request_body = NewPerson, responses(
    (status = 201, body = Person),
    (status = 400, description = "Login or password are not usable.", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The login is taken.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn add_person(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Json(new): Json<NewPerson>,
) -> ApiResult<(StatusCode, axum::Json<Person>)> {
    let login = usable_login(&new.login)
        .ok_or_else(|| ApiError::new(ErrorCode::BadRequest, "a login has 2 to 64 of: a-z 0-9 . - _ @"))?;
    let display_name = usable_name(&new.display_name)?;
    passwords::check(&new.password)?;
    let hash = state.passwords.hash(new.password).await?;
    let person = Person { login, display_name, role: new.role, active: true };
    if state.store.add_person(&person, &hash, &administrator.person.login).await? {
        Ok((StatusCode::CREATED, axum::Json(person)))
    } else {
        Err(ApiError::new(ErrorCode::Refused, "this login is taken").status(StatusCode::CONFLICT))
    }
}

/// The login as it is kept, if it can be: lower case, no word that a filter uses.
pub(crate) fn usable_login(login: &str) -> Option<String> {
    let login = login.trim().to_lowercase();
    let fits =
        login.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '@'));
    (fits && (2..=64).contains(&login.len()) && login != "me" && login != "nobody").then_some(login)
}

fn usable_name(name: &str) -> ApiResult<String> {
    let name = text::one_line(name, limits::NAME_CHARS);
    if name.is_empty() { Err(ApiError::new(ErrorCode::TextMissing, "a name is missing")) } else { Ok(name) }
}

/// Changes somebody's name, role, password, or whether they can sign in.
#[utoipa::path(patch, path = "/console/people/{login}", tag = "console", security(("person" = [])),
    params(("login" = String, Path, description = "The login.")), request_body = PersonChange, responses(
    (status = 200, body = Person),
    (status = 404, description = "No such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Nobody could manage the hub any more.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn change_person(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Path(login): Path<String>,
    Json(change): Json<PersonChange>,
) -> ApiResult<axum::Json<Person>> {
    let login = usable_login(&login).ok_or_else(ApiError::not_found)?;
    let name = change.display_name.as_deref().map(usable_name).transpose()?;
    if let Some(password) = &change.password {
        passwords::check(password)?;
    }
    let hash = match change.password {
        Some(password) => Some(state.passwords.hash(password).await?),
        None => None,
    };
    let password = hash.as_deref().map(|hash| NewPassword {
        hash,
        // A password that another person knows is one to change.
        must_change: administrator.person.login != login,
        but_session: &administrator.session,
        actor: &administrator.person.login,
    });
    let name = name.as_deref();
    let actor = &administrator.person.login;
    done(&state, state.store.change_person(actor, &login, name, change.role, change.active, password.as_ref()).await?)?;
    let record = state.store.person(&login).await?.ok_or_else(ApiError::not_found)?;
    Ok(axum::Json(record.person))
}

fn done(state: &AppState, outcome: PersonOutcome) -> ApiResult<()> {
    match outcome {
        PersonOutcome::Done(changes) => {
            changes.into_iter().for_each(|change| state.tell(change));
            Ok(())
        }
        PersonOutcome::NotFound => Err(ApiError::not_found()),
        PersonOutcome::LastAdministrator => {
            Err(ApiError::new(ErrorCode::WrongState, "one administrator at least must be able to sign in"))
        }
    }
}

/// Gives somebody a one-time password, shown this once, and ends their sessions. At the next sign-in they choose another.
#[utoipa::path(post, path = "/console/people/{login}/reset-password", tag = "console", security(("person" = [])),
    params(("login" = String, Path, description = "The login.")), responses(
    (status = 201, body = MadePassword),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "One's own password is changed, not reset.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn reset_password(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Path(login): Path<String>,
) -> ApiResult<(StatusCode, axum::Json<MadePassword>)> {
    let login = usable_login(&login).ok_or_else(ApiError::not_found)?;
    let actor = &administrator.person.login;
    if *actor == login {
        return Err(ApiError::new(ErrorCode::WrongState, "change your own password instead"));
    }
    let password = secrets::make_password().map_err(|error| ApiError::internal(&error))?;
    let hash = state.passwords.hash(password.clone()).await?;
    let new = NewPassword { hash: &hash, must_change: true, but_session: "", actor };
    if !state.store.set_password(&login, &new).await? {
        return Err(ApiError::not_found());
    }
    tracing::info!(login, by = actor, "a password was reset");
    Ok((StatusCode::CREATED, axum::Json(MadePassword { password })))
}

/// Removes somebody. Their sessions end; what they wrote stays under their name; their tickets are nobody's again.
#[utoipa::path(delete, path = "/console/people/{login}", tag = "console", security(("person" = [])),
    params(("login" = String, Path, description = "The login.")), responses(
    (status = 204, description = "The account is gone."),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such person.", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is one's own account, or nobody could manage the hub any more.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn remove_person(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Path(login): Path<String>,
) -> ApiResult<StatusCode> {
    let login = usable_login(&login).ok_or_else(ApiError::not_found)?;
    let actor = &administrator.person.login;
    if *actor == login {
        return Err(ApiError::new(ErrorCode::WrongState, "nobody removes their own account"));
    }
    done(&state, state.store.remove_person(actor, &login).await?)?;
    tracing::info!(login, by = actor, "an account was removed");
    Ok(StatusCode::NO_CONTENT)
}

/// Query of `GET /console/journal`.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// `next` of the page before.
    before: Option<Uuid>,
}

/// Who did what in the administration of the hub, newest first.
#[utoipa::path(get, path = "/console/journal", tag = "console", security(("person" = [])), params(JournalQuery), responses(
    (status = 200, body = JournalPage),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn journal(
    State(state): State<Arc<AppState>>,
    _administrator: Administrator,
    Query(query): Query<JournalQuery>,
) -> ApiResult<axum::Json<JournalPage>> {
    let (entries, more) = state.store.journal(query.before).await?;
    let next = entries.last().filter(|_| more).map(|entry| entry.id.to_string());
    Ok(axum::Json(JournalPage { entries, next }))
}

/// The enrolled devices.
#[utoipa::path(get, path = "/console/devices", tag = "console", security(("person" = [])), responses(
    (status = 200, body = Vec<DeviceRow>),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn devices(
    State(state): State<Arc<AppState>>,
    _administrator: Administrator,
) -> ApiResult<axum::Json<Vec<DeviceRow>>> {
    Ok(axum::Json(state.store.devices().await?))
}

/// Withdraws a device's credential. Its tickets stay.
#[utoipa::path(post, path = "/console/devices/{id}/revoke", tag = "console", security(("person" = [])),
    params(("id" = DeviceId, Path, description = "The device.")), responses(
    (status = 204, description = "The credential is not accepted any more."),
    (status = 404, description = "No such device.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn revoke_device(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Path(id): Path<DeviceId>,
) -> ApiResult<StatusCode> {
    if !state.store.revoke_device(id, &administrator.person.login).await? {
        return Err(ApiError::not_found());
    }
    state.events.dismiss(id);
    tracing::info!(device = %id, by = administrator.person.login, "a device's credential was withdrawn");
    Ok(StatusCode::NO_CONTENT)
}

/// The enrolment tokens, newest first. Their secrets are not known here.
#[utoipa::path(get, path = "/console/enrolment-tokens", tag = "console", security(("person" = [])), responses(
    (status = 200, body = Vec<EnrolmentTokenInfo>),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn tokens(
    State(state): State<Arc<AppState>>,
    _administrator: Administrator,
) -> ApiResult<axum::Json<Vec<EnrolmentTokenInfo>>> {
    Ok(axum::Json(state.store.tokens().await?))
}

/// Makes an enrolment token. Its secret is shown this once.
#[utoipa::path(post, path = "/console/enrolment-tokens", tag = "console", security(("person" = [])), request_body = NewEnrolmentToken, responses(
    (status = 201, body = CreatedEnrolmentToken),
    (status = 400, description = "Uses or time are out of bounds.", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Only administrators may do this.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn make_token(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Json(new): Json<NewEnrolmentToken>,
) -> ApiResult<(StatusCode, axum::Json<CreatedEnrolmentToken>)> {
    let label = usable_name(&new.label)?;
    if !(1..=1_000_000).contains(&new.uses) {
        return Err(ApiError::new(ErrorCode::BadRequest, "a token has 1 to 1,000,000 uses"));
    }
    let left = new.expires_at.unix_ms().saturating_sub(Timestamp::now().unix_ms());
    let longest = i64::try_from(limits::TOKEN_LIFE.as_millis()).unwrap_or(i64::MAX);
    if left <= 0 || left > longest {
        return Err(ApiError::new(ErrorCode::BadRequest, "a token lasts until a moment within the next year"));
    }
    let token = secrets::make(TOKEN).map_err(|error| ApiError::internal(&error))?;
    let info = state
        .store
        .make_token(&NewToken {
            digest: &secrets::digest(&token),
            label: &label,
            uses: new.uses,
            expires_at: new.expires_at,
            created_by: &administrator.person.login,
            person: None,
        })
        .await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedEnrolmentToken { token, info })))
}

/// Withdraws an enrolment token. Devices that used it stay enrolled.
#[utoipa::path(post, path = "/console/enrolment-tokens/{id}/revoke", tag = "console", security(("person" = [])),
    params(("id" = Uuid, Path, description = "The token.")), responses(
    (status = 204, description = "It is not accepted any more."),
    (status = 404, description = "No such token.", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn revoke_token(
    State(state): State<Arc<AppState>>,
    Administrator(administrator): Administrator,
    Path(id): Path<Uuid>,
) -> ApiResult<StatusCode> {
    if state.store.revoke_token(id, &administrator.person.login).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_plain_and_never_a_word_of_the_filters() {
        assert_eq!(usable_login(" Anna.B@example ").as_deref(), Some("anna.b@example"));
        for bad in ["", "a", "me", "Nobody", "anna b", "anna\0", "é-mile", &"a".repeat(65)] {
            assert_eq!(usable_login(bad), None, "{bad:?}");
        }
    }
}
