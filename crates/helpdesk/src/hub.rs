//! The hub's built-in desk. The paths and documents are those of [`deskside_protocol::desk`].

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use deskside_protocol::desk::{
    Changes, Desk, DeskWay, Enrol, Enrolled, FollowUpReceipt, NewFollowUp, NewVerdict, Nudge, Receipt, SignInStanding,
};
use deskside_protocol::{AttachmentId, ClientId, ErrorCode, ErrorReport, FollowUpId, limits};
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use url::Url;

use crate::connection::{Connection, Moved, network_changed, refusal};
use crate::http::{self, bad_answer, json, success, timed_out, transport_error};
use crate::{Again, Attempt, Capabilities, Enclosure, Helpdesk, HelpdeskError, Placed, Result, TicketRef, Way, sse};

/// A connection to a hub, with this device's credential. The credential is in the client's headers only, marked
/// sensitive; nothing here can print it.
#[derive(Clone)]
pub struct HubDesk {
    /// To the interface, with the credential.
    connection: Arc<Connection>,
    /// What the hub last said that its helpdesk can do, and when.
    told: Arc<RwLock<Option<(Instant, Desk)>>>,
}

/// How long what the hub said of its helpdesk holds.
const TOLD: Duration = Duration::from_secs(600);

impl std::fmt::Debug for HubDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubDesk").field("api", &self.api().as_str()).finish_non_exhaustive()
    }
}

/// Trades a token from IT for a credential of this device.
///
/// # Errors
/// `Unauthorized` or `Forbidden` for a token that is unknown, used up or too old; [`HelpdeskError`] in general.
pub async fn enrol(hub: &Url, request: &Enrol) -> Result<Enrolled> {
    let client = http::client(hub, HeaderMap::new())?;
    let answer = send(client.post(path(&api(hub)?, &["enrol"])?).json(request), limits::ANSWER).await?;
    let enrolled: Enrolled = json(answer).await?;
    bearer(&enrolled.credential)?;
    Ok(enrolled)
}

impl HubDesk {
    /// Sets a connection up; nothing is sent yet.
    ///
    /// # Errors
    /// `BadRequest` if the address or the credential cannot be one.
    pub fn new(hub: &Url, credential: &str) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer(credential)?);
        http::check_address(hub)?;
        Ok(Self { connection: Arc::new(Connection::new(&api(hub)?, headers)?), told: Arc::default() })
    }

    fn client(&self) -> reqwest::Client {
        self.connection.http()
    }

    fn api(&self) -> &Url {
        self.connection.server()
    }

    /// Sends a request, and gives it up when the network changes under it.
    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Response> {
        success(self.connection.send(request, limit, None).await?).await
    }

    /// Asks something that is no ticket.
    pub(crate) async fn post<T: DeserializeOwned>(&self, segments: &[&str], body: &impl Serialize) -> Result<T> {
        let request = self.client().post(path(self.api(), segments)?).json(body);
        json(self.send(request, limits::ANSWER).await?).await
    }

    /// Signs whoever is signed in on this device out.
    ///
    /// # Errors
    /// [`HelpdeskError`].
    pub async fn sign_out(&self) -> Result<()> {
        nothing(&self.send(self.client().delete(path(self.api(), &["sign-in"])?), limits::ANSWER).await?)
    }

    /// Asks what the helpdesk can do in which the hub files.
    ///
    /// # Errors
    /// [`HelpdeskError`]; `NotFound` from a hub of before.
    pub async fn desk(&self) -> Result<Desk> {
        let answer = self.send(self.client().get(path(self.api(), &["desk"])?), limits::ANSWER).await?;
        let desk: Desk = json(answer).await?;
        *self.told.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), desk.clone()));
        Ok(desk)
    }

    /// Asks it again now and then. A hub of before does not say, and has a desk of its own.
    async fn learn(&self) {
        let known = self.told.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(at, _)| at.elapsed());
        if known.is_none_or(|age| age > TOLD)
            && let Err(error) = self.desk().await
        {
            tracing::debug!(%error, "the hub does not say what its helpdesk can do");
        }
    }

    fn ticket(&self, ticket: ClientId, rest: &[&str]) -> Result<Url> {
        let ticket = ticket.to_string();
        let mut segments = vec!["tickets", &ticket];
        segments.extend(rest);
        path(self.api(), &segments)
    }
}

#[async_trait]
impl Helpdesk for HubDesk {
    fn capabilities(&self) -> Capabilities {
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner);
        let Some((_, desk)) = &*told else { return Capabilities::HUB };
        let way = |way| match way {
            DeskWay::Own => Way::Own,
            DeskWay::ByReply => Way::ByReply,
            DeskWay::Not => Way::Not,
        };
        Capabilities {
            file_bytes: desk.file_bytes.map(|bytes| bytes.min(limits::ATTACHMENT_BYTES)),
            reply: desk.reply,
            confirm: way(desk.confirm),
            reopen: way(desk.reopen),
            rate: way(desk.rate),
            private_notes: desk.private_notes,
            ..Capabilities::HUB
        }
    }

    fn sign_in(&self) -> Option<SignInStanding> {
        self.told.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|(_, desk)| desk.sign_in.clone())
    }

    async fn find(&self, ticket: ClientId, _: &[Enclosure]) -> Result<Option<Placed>> {
        match self.send(self.client().get(self.ticket(ticket, &["receipt"])?), limits::ANSWER).await {
            Ok(answer) => placed(ticket, json(answer).await?).map(Some),
            // Only the hub's own "not found" means that; a proxy's 404 comes as `BadAnswer`.
            Err(error) if error.code == ErrorCode::NotFound && error.again == Again::Permanent => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, ticket: ClientId, document: Bytes, _: &[Enclosure]) -> Result<Placed> {
        let request =
            self.client().post(path(self.api(), &["tickets"])?).header(CONTENT_TYPE, "application/json").body(document);
        placed(ticket, json(self.send(request, limits::ANSWER).await?).await?)
    }

    async fn attach(&self, ticket: TicketRef, _: Option<FollowUpId>, file: &Enclosure) -> Result<()> {
        let meta = &file.meta;
        let unreadable = |detail: String| refusal(ErrorCode::FileUnreadable, detail);
        let file = tokio::fs::File::open(&file.path)
            .await
            .map_err(|error| unreadable(format!("the kept file cannot be read: {error}")))?;
        let on_disk =
            file.metadata().await.map_err(|e| unreadable(format!("the kept file cannot be read: {e}")))?.len();
        if on_disk != meta.size_bytes {
            return Err(unreadable(format!("the kept file has {on_disk} bytes, announced were {}", meta.size_bytes)));
        }
        let media_type = HeaderValue::from_str(&meta.media_type)
            .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
        let moved = Moved::now();
        let moving = moved.clone();
        let bytes = tokio_util::io::ReaderStream::with_capacity(file.take(meta.size_bytes), 64 * 1024)
            .inspect(move |_| moving.note());
        let request = self
            .client()
            .put(self.ticket(ticket.client_id, &["attachments", &meta.id.to_string()])?)
            .header(CONTENT_TYPE, media_type)
            .header(CONTENT_LENGTH, meta.size_bytes)
            .body(reqwest::Body::wrap_stream(bytes));
        let answer = success(self.connection.send(request, limits::UPLOAD, Some(moved)).await?).await?;
        nothing(&answer)
    }

    async fn follow_up(
        &self,
        ticket: TicketRef,
        follow_up: &NewFollowUp,
        _: &[Enclosure],
        _: Attempt,
    ) -> Result<Placed> {
        let request = self.client().post(self.ticket(ticket.client_id, &["follow-ups"])?).json(follow_up);
        let receipt: FollowUpReceipt = json(self.send(request, limits::ANSWER).await?).await?;
        if receipt.id != follow_up.id {
            return Err(bad_answer("the receipt is for another follow-up"));
        }
        Ok(Placed { number: None, missing: receipt.missing, refused: Vec::new() })
    }

    async fn verdict(&self, ticket: TicketRef, verdict: &NewVerdict, _: Attempt) -> Result<()> {
        let request = self.client().post(self.ticket(ticket.client_id, &["verdicts"])?).json(verdict);
        nothing(&self.send(request, limits::ANSWER).await?)
    }

    async fn changes(&self, cursor: Option<&str>) -> Result<Changes> {
        let mut url = path(self.api(), &["tickets"])?;
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("since", cursor);
        }
        let changes: Changes = json(self.send(self.client().get(url), limits::ANSWER).await?).await?;
        if changes.cursor.len() > limits::CURSOR_BYTES {
            return Err(bad_answer("the cursor is too long"));
        }
        self.learn().await;
        Ok(changes)
    }

    async fn nudges(&self) -> Result<BoxStream<'static, Result<Nudge>>> {
        let request = self.client().get(path(self.api(), &["events"])?).header(ACCEPT, "text/event-stream");
        let mut network = self.connection.changes();
        // The stream stays open, so only the greeting has the usual limit; later, silence is what ends it.
        let opened = tokio::select! {
            opened = tokio::time::timeout(limits::ANSWER, request.send()) => opened,
            Ok(()) = network.changed() => return Err(network_changed()),
        };
        let response = opened.map_err(|_| timed_out("the stream of nudges did not open"))?.map_err(transport_error)?;
        let response = success(response).await?;
        let event_stream = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("text/event-stream"));
        if !event_stream {
            return Err(bad_answer("the stream of nudges is no event stream"));
        }
        // A stream of before a change may be deaf: it ends with the network that it came over.
        let changed = async move {
            if network.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Ok(nudge_stream(response).take_until(Box::pin(changed)).boxed())
    }

    async fn download(&self, ticket: TicketRef, attachment: AttachmentId) -> Result<BoxStream<'static, Result<Bytes>>> {
        let url = self.ticket(ticket.client_id, &["attachments", &attachment.to_string()])?;
        let response = self.send(self.client().get(url), limits::UPLOAD).await?;
        if response.content_length().is_some_and(|length| length > limits::ATTACHMENT_BYTES) {
            return Err(bad_answer("the file is larger than any attachment"));
        }
        let mut left = limits::ATTACHMENT_BYTES;
        Ok(response
            .bytes_stream()
            .map(move |piece| {
                let piece = piece.map_err(transport_error)?;
                left = left
                    .checked_sub(piece.len() as u64)
                    .ok_or_else(|| bad_answer("the file is larger than any attachment"))?;
                Ok(piece)
            })
            .boxed())
    }

    fn network_changed(&self) {
        self.connection.network_changed();
    }
}

struct Nudges {
    response: Response,
    parser: sse::Parser,
    ready: std::vec::IntoIter<sse::Event>,
    over: bool,
}

fn nudge_stream(response: Response) -> impl stream::Stream<Item = Result<Nudge>> + Send {
    let state = Nudges { response, parser: sse::Parser::default(), ready: Vec::new().into_iter(), over: false };
    stream::unfold(state, |mut state| async move {
        loop {
            if state.over {
                return None;
            }
            if let Some(event) = state.ready.next() {
                if event.kind != "nudge" {
                    continue;
                }
                // A nudge only says "look"; one that cannot be read says so too, but is not worth trusting further.
                match serde_json::from_str::<Nudge>(&event.data) {
                    Ok(nudge) if nudge.cursor.len() <= limits::CURSOR_BYTES => return Some((Ok(nudge), state)),
                    Ok(_) | Err(_) => {
                        state.over = true;
                        return Some((Err(bad_answer("a nudge that cannot be read")), state));
                    }
                }
            }
            match tokio::time::timeout(limits::NUDGE_SILENCE, state.response.chunk()).await {
                Ok(Ok(Some(piece))) => match state.parser.push(&piece) {
                    Ok(events) => state.ready = events.into_iter(),
                    Err(error) => {
                        state.over = true;
                        return Some((Err(bad_answer(error.to_string())), state));
                    }
                },
                Ok(Ok(None)) => return None,
                Ok(Err(error)) => {
                    state.over = true;
                    return Some((Err(transport_error(error)), state));
                }
                Err(_) => {
                    state.over = true;
                    return Some((Err(timed_out("the stream of nudges fell silent")), state));
                }
            }
        }
    })
}

async fn send(request: RequestBuilder, limit: Duration) -> Result<Response> {
    success(request.timeout(limit).send().await.map_err(transport_error)?).await
}

/// The hub says "done" with 204 and nothing else: a portal's page with 200 must not be taken for that.
fn nothing(response: &Response) -> Result<()> {
    match response.status() {
        StatusCode::NO_CONTENT => Ok(()),
        other => Err(bad_answer(format!("HTTP {} where nothing was to be said", other.as_u16()))),
    }
}

fn placed(ticket: ClientId, receipt: Receipt) -> Result<Placed> {
    if receipt.client_id != ticket {
        return Err(bad_answer("the receipt is for another ticket"));
    }
    if receipt.missing.len() > limits::ATTACHMENTS {
        return Err(bad_answer("the receipt asks for more files than a ticket can have"));
    }
    let refused = receipt.refused.into_iter().take(limits::ATTACHMENTS);
    let refused = refused.map(|file| (file.id, file_refused(file.why))).collect();
    Ok(Placed { number: Some(receipt.number), missing: receipt.missing, refused })
}

/// The helpdesk behind the hub does not take a file.
fn file_refused(why: ErrorReport) -> HelpdeskError {
    HelpdeskError {
        code: why.code,
        detail: why.detail.chars().filter(|c| !c.is_control()).take(500).collect(),
        retry_after: None,
        again: Again::Permanent,
        may_have_arrived: false,
    }
}

fn bearer(credential: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {credential}"))
        .map_err(|_| bad_answer("the credential cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn api(hub: &Url) -> Result<Url> {
    http::check_address(hub)?;
    path(hub, &["api", "v1"])
}

/// Appends path segments, each encoded, to whatever path the address has.
fn path(base: &Url, segments: &[&str]) -> Result<Url> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().map_err(|()| bad_answer("the address has no path"))?.pop_if_empty().extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_below_whatever_the_address_says() {
        for (hub, wanted) in [
            ("https://hub.example", "https://hub.example/api/v1/tickets"),
            ("https://it.example/desk/", "https://it.example/desk/api/v1/tickets"),
            ("https://it.example/desk?x=1#y", "https://it.example/desk/api/v1/tickets"),
        ] {
            let api = api(&Url::parse(hub).unwrap()).unwrap();
            assert_eq!(path(&api, &["tickets"]).unwrap().as_str(), wanted);
        }
    }

    #[test]
    fn the_credential_is_in_no_debug_output() {
        let desk = HubDesk::new(&Url::parse("https://hub.example").unwrap(), "swordfish").unwrap();
        assert!(!format!("{desk:?} {:?}", desk.client()).contains("swordfish"));
    }
}
