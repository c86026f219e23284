//! A connection to one server, as every connector has one: requests end when the network changes under them, and new ones
//! are made from there on.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use deskside_protocol::ErrorCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{RequestBuilder, Response};
use tokio::sync::watch;
use url::Url;

use crate::http::{self, transport_error};
use crate::{Again, HelpdeskError, Result};

/// A file that moved this lately is moving.
const MOVING: Duration = Duration::from_secs(3);

/// When bytes of a file moved last.
#[derive(Debug, Clone)]
pub(crate) struct Moved(Arc<Mutex<Instant>>);

impl Moved {
    pub(crate) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// They move.
    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn still(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > MOVING
    }
}

/// One server, and what every request to it carries.
pub(crate) struct Connection {
    http: RwLock<reqwest::Client>,
    headers: HeaderMap,
    server: Url,
    /// Grows with every change of the network.
    network: watch::Sender<u64>,
}

impl Connection {
    /// Sets it up; nothing is sent yet. A credential in `headers` must be marked sensitive.
    ///
    /// # Errors
    /// As [`http::client`].
    pub(crate) fn new(server: &Url, headers: HeaderMap) -> Result<Self> {
        let http = RwLock::new(http::client(server, headers.clone())?);
        let mut server = server.clone();
        server.set_query(None);
        server.set_fragment(None);
        Ok(Self { http, headers, server, network: watch::Sender::new(0) })
    }

    pub(crate) fn server(&self) -> &Url {
        &self.server
    }

    /// The client to make a request with.
    pub(crate) fn http(&self) -> reqwest::Client {
        self.http.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request, and gives it up when the network changes under it and nothing of it moves any more.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        limit: Duration,
        moved: Option<Moved>,
    ) -> Result<Response> {
        let mut network = self.network.subscribe();
        let stuck = async {
            while network.changed().await.is_ok() {
                if moved.as_ref().is_none_or(Moved::still) {
                    return;
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            answer = request.timeout(limit).send() => answer.map_err(transport_error),
            () = stuck => Err(network_changed()),
        }
    }

    /// Changes of the network from here on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.network.subscribe()
    }

    pub(crate) fn network_changed(&self) {
        match http::client(&self.server, self.headers.clone()) {
            Ok(client) => *self.http.write().unwrap_or_else(PoisonError::into_inner) = client,
            // The old one still makes new connections where the old ones turn out dead.
            Err(error) => tracing::warn!(%error, "no new connections could be set up"),
        }
        self.network.send_modify(|changes| *changes += 1);
    }
}

/// What waited for an answer on a connection of before.
pub(crate) fn network_changed() -> HelpdeskError {
    HelpdeskError {
        code: ErrorCode::Unreachable,
        detail: "the network changed meanwhile".to_owned(),
        retry_after: None,
        again: Again::Transient,
        may_have_arrived: true,
    }
}

/// A refusal for good that was made here.
pub(crate) fn refusal(code: ErrorCode, detail: impl Into<String>) -> HelpdeskError {
    HelpdeskError { code, detail: detail.into(), retry_after: None, again: Again::Permanent, may_have_arrived: false }
}

/// In doubt from here on: something was sent that may have arrived.
pub(crate) fn in_doubt(error: HelpdeskError) -> HelpdeskError {
    HelpdeskError { may_have_arrived: true, again: Again::Transient, ..error }
}

pub(crate) fn is_json(answer: &Response) -> bool {
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.split(';').next().is_some_and(|t| t.trim() == "application/json"))
}

/// What an answer means that is none of the helpdesk's own: a proxy's, a portal's, or that of a broken set-up.
pub(crate) async fn not_its_own(answer: Response, had_files: bool) -> Result<Response> {
    http::success(answer).await.map_err(|error| {
        if error.code == ErrorCode::FileTooLarge && !had_files {
            // Nothing of ours was large: something else is wrong in between.
            HelpdeskError { code: ErrorCode::BadAnswer, again: Again::Transient, may_have_arrived: true, ..error }
        } else {
            error
        }
    })
}
