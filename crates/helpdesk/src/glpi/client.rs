//! HTTP as GLPI's legacy interface speaks it: a session that is opened with a user's token, errors as `["CODE", "text"]`,
//! and pages of HTML where something broke.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use deskside_protocol::{ErrorCode, limits};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::files::form;
use super::wire::{FullSession, Opened, Rights, SessionData};
use crate::connection::{Connection, Moved, is_json, not_its_own, refusal};
use crate::upload::Part;
use crate::{Again, HelpdeskError, Result, http};

/// Where the interface is: of every version; of GLPI 11 where web servers pass only `api.php`; and where nothing is
/// rewritten.
pub(crate) const PLACES: [&[&str]; 3] = [&["apirest.php"], &["api.php", "v1"], &["index.php", "apirest.php"]];
/// Zones are multiples of a quarter of an hour apart, and at most fourteen hours from UTC.
const ZONE_STEP: i64 = 15 * 60;
const ZONE_MOST: i64 = 14 * 3600;

/// What GLPI says when a list is shorter than what was asked for.
const PAST_END: &str = "ERROR_RANGE_EXCEED_TOTAL";
/// A session is opened anew after this long: zones change, and rights do.
const SESSION: Duration = Duration::from_secs(3600);

/// A session that is open.
#[derive(Clone)]
pub(super) struct Session {
    token: HeaderValue,
    place: &'static [&'static str],
    opened: Instant,
    /// The user's number.
    pub(super) user: u64,
    /// Seconds that the times which the server tells are ahead of UTC.
    pub(super) ahead: i64,
    /// Where tickets went that name no entity, before the session looked into all of them.
    pub(super) entity: Option<u64>,
}

pub(super) struct Client {
    connection: Connection,
    credential: HeaderValue,
    /// The profile to wear, where policy says one.
    profile: Option<u64>,
    session: tokio::sync::Mutex<Option<Session>>,
    /// What the user may do, once a session told it.
    rights: RwLock<Option<Rights>>,
}

impl Client {
    pub(super) fn new(server: &Url, token: &str, app_token: Option<&str>, profile: Option<u64>) -> Result<Self> {
        let unusable = |_| refusal(ErrorCode::BadRequest, "the token cannot be sent in a header");
        let mut credential = HeaderValue::from_str(&format!("user_token {}", token.trim())).map_err(unusable)?;
        credential.set_sensitive(true);
        let mut headers = HeaderMap::new();
        if let Some(app_token) = app_token {
            let mut value = HeaderValue::from_str(app_token.trim()).map_err(unusable)?;
            value.set_sensitive(true);
            headers.insert("app-token", value);
        }
        let connection = Connection::new(&root(server), headers)?;
        let (session, rights) = (tokio::sync::Mutex::new(None), RwLock::new(None));
        Ok(Self { connection, credential, profile, session, rights })
    }

    /// What the user may do, as far as is known by now.
    pub(super) fn rights(&self) -> Option<Rights> {
        *self.rights.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn server(&self) -> &Url {
        self.connection.server()
    }

    fn url(&self, place: &[&str], path: &[&str], query: &[(String, String)]) -> Result<Url> {
        let mut url = self.server().clone();
        let mut segments = url.path_segments_mut().map_err(|()| http::bad_answer("the address has no path"))?;
        segments.pop_if_empty().extend(place).extend(path);
        drop(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// The session that is open; opens one if none is.
    pub(super) async fn session(&self) -> Result<Session> {
        let mut open = self.session.lock().await;
        if let Some(session) = open.as_ref().filter(|session| session.opened.elapsed() < SESSION) {
            return Ok(session.clone());
        }
        let session = self.sign_in().await?;
        *open = Some(session.clone());
        Ok(session)
    }

    async fn sign_in(&self) -> Result<Session> {
        let mut failed = None;
        for place in PLACES {
            let query = [("get_full_session".to_owned(), "true".to_owned())];
            let request = self
                .connection
                .http()
                .get(self.url(place, &["initSession"], &query)?)
                .header(AUTHORIZATION, self.credential.clone());
            let answer = self.connection.send(request, limits::ANSWER, None).await.map_err(nothing_sent)?;
            if !is_json(&answer) {
                // Not there, or the documentation, which GLPI shows where a web server keeps the rest of the path.
                let error = match success(answer, false).await {
                    Ok(_) => http::bad_answer("GLPI's interface answered with a page"),
                    Err(error) => error,
                };
                failed = failed.or(Some(error));
                continue;
            }
            let answer = success(answer, false).await.map_err(nothing_sent)?;
            let now = server_time(&answer);
            let opened: Opened = http::json(answer).await.map_err(nothing_sent)?;
            let mut token = HeaderValue::from_str(&opened.session_token)
                .map_err(|_| nothing_sent(http::bad_answer("the session's token cannot be sent")))?;
            token.set_sensitive(true);
            if opened.session.user == 0 {
                // Without it nobody would be the requester.
                return Err(nothing_sent(http::bad_answer("GLPI does not tell whose session it is")));
            }
            let ahead = opened.session.glpi_currenttime.as_str().map_or(0, |told| ahead(told, now));
            let mut session =
                Session { token, place, opened: Instant::now(), user: opened.session.user, ahead, entity: None };
            let told = self.dressed(&session, opened.session).await.map_err(nothing_sent)?;
            if told.looks_away() {
                session.entity =
                    self.look_into_all(&session).await.map_err(nothing_sent)?.then(|| told.entity()).flatten();
            }
            *self.rights.write().unwrap_or_else(PoisonError::into_inner) = told.rights();
            return Ok(session);
        }
        Err(nothing_sent(failed.unwrap_or_else(|| http::bad_answer("GLPI's interface is not there"))))
    }

    /// Puts the profile on that policy says (`apirest.md`, "Change active profile").
    async fn dressed(&self, session: &Session, told: SessionData) -> Result<SessionData> {
        let Some(profile) = self.profile.filter(|profile| told.profile() != Some(*profile)) else { return Ok(told) };
        let url = self.url(session.place, &["changeActiveProfile"], &[])?;
        let request = self.connection.http().post(url).header("session-token", session.token.clone());
        let request = request.json(&serde_json::json!({ "profiles_id": profile }));
        success(self.connection.send(request, limits::ANSWER, None).await?, false).await?;
        let url = self.url(session.place, &["getFullSession"], &[])?;
        let request = self.connection.http().get(url).header("session-token", session.token.clone());
        let answer = success(self.connection.send(request, limits::ANSWER, None).await?, false).await?;
        http::json::<FullSession>(answer).await.map(|full| full.session)
    }

    /// Lets a session look into all entities of the profile: a ticket that was moved to another one is still the
    /// requester's. Without `entities_id` it is all: GLPI makes a number of whatever stands there. Tells whether it did.
    async fn look_into_all(&self, session: &Session) -> Result<bool> {
        let url = self.url(session.place, &["changeActiveEntities"], &[])?;
        let request = self.connection.http().post(url).header("session-token", session.token.clone());
        let request = request.json(&serde_json::json!({ "is_recursive": true }));
        match success(self.connection.send(request, limits::ANSWER, None).await?, false).await {
            Ok(answer) => http::json::<Value>(answer).await.map(|told| told == Value::Bool(true)),
            // What it looks into already is enough to go on with.
            Err(error) if error.again == Again::Permanent => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Forgets a session that ended, unless another one is open already.
    async fn forget(&self, session: &Session) {
        let mut open = self.session.lock().await;
        if open.as_ref().is_some_and(|open| open.token == session.token) {
            *open = None;
        }
    }

    /// Sends what `make` makes, in a session; once more in a new one if GLPI has forgotten the first.
    async fn call<F>(&self, had_files: bool, make: impl Fn(Session) -> F) -> Result<Response>
    where
        F: Future<Output = Result<Response>>,
    {
        let session = self.session().await?;
        match success(make(session.clone()).await?, had_files).await {
            // Nothing is looked at before the session is: nothing was done.
            Err(error) if error.code == ErrorCode::Unauthorized => {
                self.forget(&session).await;
                let session = self.session().await?;
                success(make(session).await?, had_files).await
            }
            other => other,
        }
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(String, String)]) -> Result<T> {
        let answer = self
            .call(false, async |session| {
                let url = self.url(session.place, path, query)?;
                let request = self.connection.http().get(url).header("session-token", session.token);
                self.connection.send(request, limits::ANSWER, None).await
            })
            .await?;
        http::json(answer).await
    }

    /// Asks for all of a list. That there is nothing where the list was to begin is an empty list.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &[&str], query: &[(String, String)]) -> Result<Vec<T>> {
        match self.get(path, query).await {
            Err(error) if error.detail.contains(PAST_END) => Ok(Vec::new()),
            other => other,
        }
    }

    /// The bytes of a document.
    pub(super) async fn document(&self, id: u64) -> Result<Response> {
        let id = id.to_string();
        self.call(false, async |session| {
            let url = self.url(session.place, &["Document", &id], &[])?;
            let request = self.connection.http().get(url).header("session-token", session.token);
            self.connection.send(request.header(ACCEPT, "application/octet-stream"), limits::UPLOAD, None).await
        })
        .await
    }

    /// Changes something.
    pub(super) async fn update(&self, path: &[&str], input: &Value) -> Result<()> {
        let answer = self
            .call(false, async |session| {
                let url = self.url(session.place, path, &[])?;
                let request = self.connection.http().put(url).header("session-token", session.token);
                self.connection.send(request.json(&serde_json::json!({ "input": input })), limits::ANSWER, None).await
            })
            .await?;
        // A portal's page is no change.
        if is_json(&answer) { Ok(()) } else { Err(http::bad_answer("a page instead of GLPI's answer to a change")) }
    }

    /// Adds something, with files.
    pub(super) async fn add<T: DeserializeOwned>(&self, kind: &str, input: &Value, files: &[Part]) -> Result<T> {
        let answer = self
            .call(!files.is_empty(), async |session| {
                let url = self.url(session.place, &[kind], &[])?;
                let request = self.connection.http().request(Method::POST, url).header("session-token", session.token);
                if files.is_empty() {
                    let request = request.json(&serde_json::json!({ "input": input }));
                    return self.connection.send(request, limits::ANSWER, None).await;
                }
                let form = form(input, files).await?;
                let moved = Moved::now();
                let request = request
                    .header(CONTENT_TYPE, form.content_type())
                    .header(CONTENT_LENGTH, form.length())
                    .body(reqwest::Body::wrap_stream(form.stream(moved.clone())));
                self.connection.send(request, limits::UPLOAD, Some(moved)).await
            })
            .await?;
        http::json(answer).await
    }

    pub(super) fn network_changed(&self) {
        self.connection.network_changed();
    }
}

/// The address below which GLPI lies, whichever of its pages was copied from a browser or its documentation.
pub(super) fn root(server: &Url) -> Url {
    let mut root = server.clone();
    let parts: Vec<&str> = server.path_segments().map(Iterator::collect).unwrap_or_default();
    if let Some(page) = parts.iter().position(|part| part.ends_with(".php")) {
        let folder = if page > 0 && parts[page - 1] == "front" { page - 1 } else { page };
        root.set_path(&format!("/{}", parts[..folder].join("/")));
    }
    root
}

/// What went wrong before anything was sent that matters.
fn nothing_sent(error: HelpdeskError) -> HelpdeskError {
    HelpdeskError { may_have_arrived: false, ..error }
}

/// Now, in seconds since 1970: by the server's clock if it tells, so that a wrong one here does no harm.
fn server_time(answer: &Response) -> i64 {
    let told = answer.headers().get(DATE).and_then(|value| value.to_str().ok());
    let told = told.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|at| at.timestamp().as_second());
    told.unwrap_or_else(|| jiff::Timestamp::now().as_second())
}

/// A time without a zone ("2026-11-23 12:55:46"), in seconds, as if it were UTC.
pub(super) fn seconds(told: &str) -> Option<i64> {
    let at: jiff::civil::DateTime = told.trim().replace(' ', "T").parse().ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(at).ok().map(jiff::Timestamp::as_second)
}

/// How far the server's zone is ahead of UTC, in seconds.
fn ahead(told: &str, now: i64) -> i64 {
    let apart = seconds(told).map_or(0, |told| told - now);
    let steps = (apart + ZONE_STEP / 2).div_euclid(ZONE_STEP) * ZONE_STEP;
    if steps.abs() > ZONE_MOST { 0 } else { steps }
}

/// Turns an answer that is not a success into an error.
async fn success(answer: Response, had_files: bool) -> Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if is_json(&answer) {
        let retry_after = http::retry_after(&answer);
        let bytes = http::body(answer, 64 * 1024).await?;
        return Err(match serde_json::from_slice::<Vec<Value>>(&bytes) {
            Ok(words) => {
                let word = |at: usize| words.get(at).and_then(Value::as_str).unwrap_or_default();
                HelpdeskError { retry_after, ..refused(status, word(0), word(1)) }
            }
            Err(_) => http::bad_answer(format!("HTTP {}, not in the helpdesk's protocol", status.as_u16())),
        });
    }
    not_its_own(answer, had_files).await
}

/// What GLPI's own refusal means (`apirest.md`, "Errors").
fn refused(status: StatusCode, code: &str, words: &str) -> HelpdeskError {
    let (meaning, again, may_have_arrived) = match (code, status.as_u16()) {
        (_, 500..) => (ErrorCode::BadAnswer, Again::Transient, true),
        (_, 429) => (ErrorCode::Busy, Again::Transient, false),
        // A search option that is not there any more. Only this kind of "ERROR" names the documentation.
        ("ERROR", _) if words.contains("#ERROR") => (ErrorCode::Refused, Again::Transient, false),
        // The interface is switched off, or no API client is for this address.
        ("ERROR_NOT_ALLOWED_IP" | "ERROR", _) => (ErrorCode::Forbidden, Again::Transient, false),
        (
            "ERROR_APP_TOKEN_PARAMETERS_MISSING"
            | "ERROR_WRONG_APP_TOKEN_PARAMETER"
            | "ERROR_SESSION_TOKEN_MISSING"
            | "ERROR_SESSION_TOKEN_INVALID"
            | "ERROR_LOGIN_PARAMETERS_MISSING"
            | "ERROR_LOGIN_WITH_CREDENTIALS_DISABLED"
            | "ERROR_GLPI_LOGIN"
            | "ERROR_GLPI_LOGIN_USER_TOKEN",
            _,
        )
        | (_, 401) => (ErrorCode::Unauthorized, Again::Transient, false),
        ("ERROR_UPLOAD_FILE_TOO_BIG_POST_MAX_SIZE", _) => (ErrorCode::FileTooLarge, Again::Permanent, false),
        ("ERROR_RIGHT_MISSING" | "ERROR_GLPI_ADD" | "ERROR_GLPI_UPDATE", _) | (_, 403) => {
            (ErrorCode::Forbidden, Again::Permanent, false)
        }
        ("ERROR_ITEM_NOT_FOUND", _) => (ErrorCode::NotFound, Again::Permanent, false),
        _ => (ErrorCode::Refused, Again::Permanent, false),
    };
    let clean = |text: &str, most| text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    let (code, words): (String, String) = (clean(code, 80), clean(words, 300));
    HelpdeskError {
        code: meaning,
        detail: format!("HTTP {}: {code}: {words}", status.as_u16()),
        retry_after: None,
        again,
        may_have_arrived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let meaning = |status: u16, code: &str| {
            let error = refused(StatusCode::from_u16(status).unwrap(), code, "words\nof the server");
            assert!(!error.detail.contains('\n'));
            (error.code, error.again, error.may_have_arrived)
        };
        let waits = (ErrorCode::Unauthorized, Again::Transient, false);
        assert_eq!(meaning(401, "ERROR_SESSION_TOKEN_INVALID"), waits);
        assert_eq!(meaning(400, "ERROR_WRONG_APP_TOKEN_PARAMETER"), waits);
        assert_eq!(meaning(400, "ERROR"), (ErrorCode::Forbidden, Again::Transient, false), "the interface is off");
        assert_eq!(meaning(400, "ERROR_GLPI_ADD"), (ErrorCode::Forbidden, Again::Permanent, false));
        assert_eq!(meaning(404, "ERROR_ITEM_NOT_FOUND"), (ErrorCode::NotFound, Again::Permanent, false));
        let large = meaning(400, "ERROR_UPLOAD_FILE_TOO_BIG_POST_MAX_SIZE");
        assert_eq!(large, (ErrorCode::FileTooLarge, Again::Permanent, false));
        assert_eq!(meaning(500, "ERROR"), (ErrorCode::BadAnswer, Again::Transient, true));
        let field =
            refused(StatusCode::BAD_REQUEST, "ERROR", "Bad field ID; view https://glpi.example/apirest.php/#ERROR");
        assert_eq!((field.code, field.again), (ErrorCode::Refused, Again::Transient));
    }

    #[test]
    fn the_interface_lies_below_whatever_the_address_says() {
        for (address, wanted) in [
            ("https://glpi.example", "https://glpi.example/apirest.php/Ticket/7?range=0-9"),
            ("https://it.example/glpi/", "https://it.example/glpi/apirest.php/Ticket/7?range=0-9"),
            ("https://it.example/glpi/apirest.php/", "https://it.example/glpi/apirest.php/Ticket/7?range=0-9"),
            ("https://it.example/api.php/v2", "https://it.example/apirest.php/Ticket/7?range=0-9"),
            ("https://it.example/glpi/front/central.php?x=1", "https://it.example/glpi/apirest.php/Ticket/7?range=0-9"),
            ("https://it.example/index.php", "https://it.example/apirest.php/Ticket/7?range=0-9"),
        ] {
            let client = Client::new(&Url::parse(address).unwrap(), "token", Some("app"), None).unwrap();
            let query = [("range".to_owned(), "0-9".to_owned())];
            assert_eq!(client.url(PLACES[0], &["Ticket", "7"], &query).unwrap().as_str(), wanted);
        }
        assert!(Client::new(&Url::parse("https://x.example").unwrap(), "to\nken", None, None).is_err());
    }

    #[test]
    fn the_servers_zone_is_known_by_its_clock() {
        let now = seconds("2026-11-23 12:55:46").unwrap();
        assert_eq!(ahead("2026-11-23 13:55:40", now), 3600);
        assert_eq!(ahead("2026-11-23 08:25:58", now), -4 * 3600 - 1800);
        assert_eq!(ahead("2026-11-23 12:55:46", now), 0);
        assert_eq!(ahead("soon", now), 0);
        assert_eq!(ahead("2020-01-01 00:00:00", now), 0, "a clock that is years off tells no zone");
    }
}
