//! All behaviour of the app. A request comes in ([`Controller::handle`]), an answer goes back, and what changed is told
//! as an [`Event`] to every window. Nothing here knows a tray, a socket or a screen: those are [`Ports`].

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deskside_protocol::local::{Event, PeerRole, Request, Response, Route};
use deskside_protocol::{ErrorCode, ErrorReport};
use tokio::sync::broadcast;

use crate::ports::Ports;

/// Where the controller keeps things, and how patient it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; made with mode 0700 if it is not there.
    pub data: PathBuf,
    /// Login name of the user, for when the facts do not say.
    pub login: String,
    /// First wait after a failed try.
    pub backoff_first: Duration,
    /// Longest wait after a failed try.
    pub backoff_cap: Duration,
    /// How often the helpdesk is asked for changes when no nudge comes.
    pub poll: Duration,
}

impl Options {
    /// The waits of the shipped app, for this folder and user.
    #[must_use]
    pub fn new(data: PathBuf, login: String) -> Self {
        Self {
            data,
            login,
            backoff_first: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(300),
            poll: Duration::from_secs(300),
        }
    }
}

/// The app's behaviour. Cheap to clone; all clones are the same controller.
#[derive(Clone)]
pub struct Controller {
    inner: Arc<Inner>,
}

struct Inner {
    #[expect(dead_code, reason = "used by what follows")]
    ports: Ports,
    events: broadcast::Sender<Event>,
}

impl Controller {
    /// Opens the store and starts the workers. Never refuses: a damaged store is set aside, and where nothing can be
    /// written the app runs on memory and says so ([`deskside_protocol::local::Home::notices`]).
    pub async fn start(ports: Ports, options: Options) -> Self {
        drop(options);
        let (events, _) = broadcast::channel(256);
        Self { inner: Arc::new(Inner { ports, events }) }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// A report with the code of what went wrong; see each [`Request`].
    pub async fn handle(&self, request: Request, from: PeerRole) -> Result<Response, ErrorReport> {
        Err(ErrorReport::new(ErrorCode::Internal, format!("not there yet: {request:?} from {from:?}")))
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Brings the window to this place (a click in the tray or on a notification).
    pub fn show(&self, route: Route) {
        let _ = self.inner.events.send(Event::Navigate { route });
    }

    /// The system's network changed: everything that waits for it is tried now.
    pub fn network_changed(&self) {}

    /// The settings changed from outside (the policy file): they are read again and told.
    pub fn settings_changed(&self) {}

    /// Resolves when somebody asked the agent to end ([`Request::Quit`]) or [`Self::stop`] was called.
    pub async fn stopped(&self) {
        std::future::pending::<()>().await;
    }

    /// Ends the workers and closes the store, after what is being written is written.
    pub async fn stop(&self) {}
}
