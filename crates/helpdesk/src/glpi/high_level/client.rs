//! HTTP as GLPI's High-Level API speaks it: a bearer token that ends, errors as `{"status", "title", "detail"}`, and
//! creations that a web server turned into redirects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deskside_protocol::{ErrorCode, limits};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_RANGE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::wire::{Created, Refusal, Session};
use crate::connection::{Connection, is_json, not_its_own, refusal};
use crate::glpi::oauth::{Access, Tokens};
use crate::{Again, HelpdeskError, Result, http};

/// The newest interface of the second kind that the server has.
const PLACE: [&str; 2] = ["api.php", "v2"];
/// What is known of the user is asked for anew after this long: rights change.
const BELIEVED: Duration = Duration::from_secs(3600);
/// Of every refused token (`Router::handleRequest`), with 400 where 401 would be due.
const BAD_TOKEN: &str = "Invalid OAuth token";
/// How GLPI says that what was to be added or changed was not (`AbstractController::getCRUDErrorResponse`), with 500.
const NOT_DONE: &str = "Failed to ";

pub(super) struct Client {
    connection: Connection,
    tokens: Arc<Tokens>,
    /// The one to look at, where policy says one.
    entity: Option<u64>,
    /// Whether the user may look into what is below it.
    looks_below: AtomicBool,
    session: tokio::sync::Mutex<Option<(Session, Instant)>>,
}

/// A part of a list.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    /// How many there are in all, where that is told.
    pub(super) total: Option<usize>,
}

impl Client {
    /// `profile` is the one that the user acts with; else their default.
    /// `profile` and `entity` are the numbers of those that policy says.
    pub(super) fn new(server: &Url, profile: Option<u64>, entity: Option<u64>, tokens: Arc<Tokens>) -> Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some(profile) = profile {
            headers.insert("glpi-profile", HeaderValue::from(profile));
        }
        if let Some(entity) = entity {
            // Each request is a session of its own, which looks at the user's default unless it is told.
            headers.insert("glpi-entity", HeaderValue::from(entity));
        }
        let connection = Connection::new(server, headers)?;
        let looks_below = AtomicBool::new(false);
        Ok(Self { connection, tokens, entity, looks_below, session: tokio::sync::Mutex::default() })
    }

    /// Dressed as every request is: with the entities below policy's one, where the user may look into them. GLPI ignores
    /// the entity altogether if they may not (`Session::changeActiveEntities`).
    fn dressed(&self, request: RequestBuilder, access: Access, accept: &str) -> RequestBuilder {
        let request = request.header(AUTHORIZATION, access.header).header(ACCEPT, accept);
        if self.looks_below.load(Ordering::Relaxed) { request.header("glpi-entity-recursive", "true") } else { request }
    }

    pub(super) fn server(&self) -> &Url {
        self.connection.server()
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        let mut url = self.server().clone();
        let mut segments = url.path_segments_mut().map_err(|()| http::bad_answer("the address has no path"))?;
        segments.pop_if_empty().extend(PLACE).extend(path);
        drop(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Sends what `make` makes, with an access token; once more with a new one if GLPI does not take the first.
    async fn call<F>(&self, creates: bool, make: impl Fn(Access) -> F) -> Result<Response>
    where
        F: Future<Output = Result<Response>>,
    {
        let access = self.tokens.access(None).await?;
        match success(make(access.clone()).await?, creates).await {
            // Nothing is looked at before the token is: nothing was done.
            Err(error) if error.code == ErrorCode::Unauthorized => {
                let access = self.tokens.access(Some(&access)).await?;
                success(make(access).await?, creates).await
            }
            other => other,
        }
    }

    async fn fetch(&self, path: &[&str], query: &[(&str, &str)], accept: &str, limit: Duration) -> Result<Response> {
        self.call(false, async |access| {
            let request = self.connection.http().get(self.url(path, query)?);
            self.connection.send(self.dressed(request, access, accept), limit, None).await
        })
        .await
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T> {
        http::json(self.fetch(path, query, "application/json", limits::ANSWER).await?).await
    }

    /// Asks for a part of a list.
    pub(super) async fn page<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Page<T>> {
        let answer = self.fetch(path, query, "application/json", limits::ANSWER).await?;
        let range = answer.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let total = range.and_then(|range| range.rsplit('/').next()?.trim().parse().ok());
        Ok(Page { rows: http::json(answer).await?, total })
    }

    /// The bytes of a document.
    pub(super) async fn document(&self, id: u64) -> Result<Response> {
        let path = ["Management", "Document", &id.to_string(), "Download"];
        self.fetch(&path, &[], "*/*", limits::UPLOAD).await
    }

    /// Adds something; its number.
    pub(super) async fn add(&self, path: &[&str], input: &Value) -> Result<u64> {
        let answer = self.change(Method::POST, path, input).await?;
        Ok(http::json::<Created>(answer).await?.id)
    }

    /// Adds something that gets no number, or changes something.
    pub(super) async fn change(&self, method: Method, path: &[&str], input: &Value) -> Result<Response> {
        let changed = self
            .call(true, async |access| {
                let request = self.connection.http().request(method.clone(), self.url(path, &[])?).json(input);
                self.connection.send(self.dressed(request, access, "application/json"), limits::ANSWER, None).await
            })
            .await;
        match changed {
            Err(error) if error.code == ErrorCode::Forbidden && error.again == Again::Permanent => {
                Err(self.forbidden(error).await)
            }
            other => other,
        }
    }

    /// A refusal for good, if not everything is refused: from this place, or for a while.
    async fn forbidden(&self, error: HelpdeskError) -> HelpdeskError {
        match self.get::<Session>(&["session"], &[]).await {
            Ok(_) => error,
            Err(_) => HelpdeskError { again: Again::Transient, ..error },
        }
    }

    /// Who it is that asks; asks once an hour.
    pub(super) async fn session(&self) -> Result<Session> {
        let mut known = self.session.lock().await;
        if let Some((session, since)) = known.as_ref()
            && since.elapsed() < BELIEVED
        {
            return Ok(session.clone());
        }
        let session: Session = self.get(&["session"], &[]).await.map_err(nothing_sent)?;
        if session.user_id == 0 {
            return Err(nothing_sent(http::bad_answer("GLPI does not say who this is")));
        }
        if let Some(entity) = self.entity {
            if session.entity().is_some_and(|active| active != entity) {
                let detail = format!("GLPI does not let this user work in the entity {entity}");
                return Err(refusal(ErrorCode::BadRequest, detail));
            }
            self.looks_below.store(session.looks_below(entity), Ordering::Relaxed);
        }
        *known = Some((session.clone(), Instant::now()));
        Ok(session)
    }

    pub(super) fn network_changed(&self) {
        self.connection.network_changed();
    }
}

/// What went wrong before anything was sent that matters.
fn nothing_sent(error: HelpdeskError) -> HelpdeskError {
    HelpdeskError { may_have_arrived: false, ..error }
}

/// Turns an answer that is not a success into an error. What was created is told with a `Location`, which nginx with
/// php-fpm makes a 302 of: it is not followed, the number stands in the body.
async fn success(answer: Response, creates: bool) -> Result<Response> {
    let status = answer.status();
    let json = is_json(&answer);
    if creates && status.is_success() && !json {
        // A portal's page: even what has nothing to say is called JSON (capture `glpi-v11-high-level/033`).
        return Err(http::bad_answer(format!("HTTP {}, not in the helpdesk's protocol", status.as_u16())));
    }
    if status.is_success() || (creates && status == StatusCode::FOUND && json) {
        return Ok(answer);
    }
    if json && !status.is_redirection() {
        let retry_after = http::retry_after(&answer);
        let bytes = http::body(answer, 64 * 1024).await?;
        return Err(match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(said) => HelpdeskError { retry_after, ..refused(status, &said) },
            Err(_) => http::bad_answer(format!("HTTP {}, not in the helpdesk's protocol", status.as_u16())),
        });
    }
    not_its_own(answer, false).await
}

/// What GLPI's own refusal means.
fn refused(status: StatusCode, said: &Refusal) -> HelpdeskError {
    let waits = |code| (code, Again::Transient, false);
    let (code, again, may_have_arrived) = match (said.status.as_str(), status.as_u16()) {
        // The ticket's template wants something, or a rule does not: nothing was added, and nothing will be.
        (_, 500) if said.title.starts_with(NOT_DONE) => (ErrorCode::Refused, Again::Permanent, false),
        (_, 500..) => (ErrorCode::BadAnswer, Again::Transient, true),
        (_, 429) => waits(ErrorCode::Busy),
        ("ERROR_UNAUTHENTICATED", _) | (_, 401) => waits(ErrorCode::Unauthorized),
        ("ERROR_INVALID_PARAMETER", 400) if said.title == BAD_TOKEN => waits(ErrorCode::Unauthorized),
        // With words it is not about this request: the interface is switched off.
        ("ERROR_RIGHT_MISSING", _) if said.detail.is_string() => waits(ErrorCode::Forbidden),
        ("ERROR_RIGHT_MISSING", _) | (_, 403) => (ErrorCode::Forbidden, Again::Permanent, false),
        ("ERROR_ITEM_NOT_FOUND", _) | (_, 404) => (ErrorCode::NotFound, Again::Permanent, false),
        _ => (ErrorCode::Refused, Again::Permanent, false),
    };
    HelpdeskError { code, detail: said.words(status.as_u16()), retry_after: None, again, may_have_arrived }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let meaning = |status: u16, body: Value| {
            let error = refused(StatusCode::from_u16(status).unwrap(), &serde_json::from_value(body).unwrap());
            assert!(!error.detail.contains('\n'), "{error}");
            (error.code, error.again, error.may_have_arrived)
        };
        let waits = |code| (code, Again::Transient, false);
        let over = |code| (code, Again::Permanent, false);
        let revoked = json!({"status": "ERROR_INVALID_PARAMETER", "title": "Invalid OAuth token",
            "detail": "Access token\nhas been revoked"});
        assert_eq!(meaning(400, revoked), waits(ErrorCode::Unauthorized));
        let filter = json!({"status": "ERROR_INVALID_PARAMETER", "title": "RSQL query has invalid filters",
            "detail": {"nosuch": "Unknown property"}});
        assert_eq!(meaning(400, filter), over(ErrorCode::Refused));
        let none = json!({"status": "ERROR_UNAUTHENTICATED", "title": "You are not authenticated"});
        assert_eq!(meaning(401, none), waits(ErrorCode::Unauthorized));
        let right = json!({"status": "ERROR_RIGHT_MISSING", "title": "You don't have permission", "detail": null});
        assert_eq!(meaning(403, right), over(ErrorCode::Forbidden));
        let off = json!({"status": "ERROR_RIGHT_MISSING", "title": "You don't have permission",
            "detail": "The High-Level API is disabled"});
        assert_eq!(meaning(403, off), waits(ErrorCode::Forbidden));
        let missing = json!({"status": "ERROR_ITEM_NOT_FOUND", "title": "Not found", "detail": null});
        assert_eq!(meaning(404, missing), over(ErrorCode::NotFound));
        let broke = json!({"status": "ERROR", "title": "An error occurred while processing your request."});
        assert_eq!(meaning(500, broke), (ErrorCode::BadAnswer, Again::Transient, true));
        let template = json!({"status": "ERROR", "title": "Failed to create item(s)", "detail": null,
            "additional_messages": [{"priority": "error", "message": "Mandatory fields are not filled: Location"}]});
        assert_eq!(meaning(500, template.clone()), over(ErrorCode::Refused));
        let words = serde_json::from_value::<Refusal>(template).unwrap().words(500);
        assert!(words.contains("Mandatory fields"), "{words}");
    }
}
