//! The connection to the agent, kept: it is made again when the agent was restarted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deskside_ipc::{Client, Endpoint};
use deskside_protocol::local::{Event, PeerRole, Request, Response};
use deskside_protocol::{ErrorCode, ErrorReport};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};

/// News that may wait for the page.
pub(crate) const NEWS: usize = 64;
/// First pause before connecting anew; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause before connecting anew: short, since somebody may be looking at "one moment".
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What the page is told.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "moved once per event; a box would help nobody")]
pub(crate) enum News {
    /// The agent says that something happened.
    Event(Event),
    /// The agent is gone.
    Lost,
    /// The agent is there again: whatever it said in between was missed, so ask anew.
    Back,
}

#[derive(Debug, Clone)]
enum State {
    /// The first try is under way; requests wait for it.
    Connecting,
    Up(Client),
    /// Requests are answered at once with the reason.
    Lost(ErrorReport),
}

/// The connection to the agent.
#[derive(Debug)]
pub(crate) struct Link {
    state: watch::Sender<State>,
    asking: AtomicUsize,
    /// The window ends: no other connection is made.
    over: AtomicBool,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self { state: watch::Sender::new(State::Connecting), asking: AtomicUsize::new(0), over: AtomicBool::new(false) }
    }

    /// Ends the connection for good, before the window does: a web view takes a while to end, and the agent must not
    /// send a click to a window that can no longer come back.
    pub(crate) fn hang_up(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.lose(ErrorReport::new(ErrorCode::AgentLost, "the window ends"));
    }

    /// Connects, passes on what the agent tells, and connects anew when it is gone; until nobody takes the news.
    pub(crate) async fn keep(self: Arc<Self>, endpoint: Endpoint, news: mpsc::Sender<News>) {
        let mut pause = FIRST_PAUSE;
        let mut told_lost = false;
        loop {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            match Client::connect(&endpoint, PeerRole::Window).await {
                Ok(client) => {
                    pause = FIRST_PAUSE;
                    let mut events = client.events();
                    self.state.send_replace(State::Up(client));
                    if std::mem::take(&mut told_lost) && news.send(News::Back).await.is_err() {
                        return;
                    }
                    loop {
                        let told = match events.recv().await {
                            Ok(event) => news.send(News::Event(event)).await,
                            // Something was missed: for the page that is the same as a gap in the connection.
                            Err(RecvError::Lagged(_)) => news.send(News::Back).await,
                            Err(RecvError::Closed) => break,
                        };
                        if told.is_err() {
                            return;
                        }
                    }
                    self.lose(ErrorReport::new(ErrorCode::AgentLost, "the agent closed the connection"));
                }
                Err(error) => self.lose(ErrorReport::from(&error)),
            }
            if !std::mem::replace(&mut told_lost, true) && news.send(News::Lost).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn lose(&self, report: ErrorReport) {
        tracing::warn!(%report, "without an agent");
        self.state.send_replace(State::Lost(report));
    }

    /// Asks the agent. During the first try to reach it this waits; later it fails at once while the agent is gone.
    ///
    /// # Errors
    /// What the agent says, or [`ErrorCode::AgentLost`] or [`ErrorCode::VersionMismatch`].
    pub(crate) async fn request(&self, request: Request) -> Result<Response, ErrorReport> {
        let _asking = Asking::begin(&self.asking);
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting)).await.map(|state| state.clone());
        match settled {
            Ok(State::Up(client)) => client.request(request).await.map_err(ErrorReport::from),
            Ok(State::Lost(report)) => Err(report),
            Ok(State::Connecting) | Err(_) => Err(ErrorReport::new(ErrorCode::AgentLost, "no connection was made")),
        }
    }

    /// Whether a request awaits its answer.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Relaxed) > 0
    }
}

/// Counts a request as long as it lives, however it ends.
struct Asking<'a>(&'a AtomicUsize);

impl<'a> Asking<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use deskside_ipc::Server;

    async fn soon<T>(future: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(10), future).await.expect("it takes too long")
    }

    /// An agent that answers everything with "done" and says one thing to each window.
    fn agent(endpoint: &Endpoint) -> tokio::task::JoinHandle<()> {
        let mut server = Server::bind(endpoint).unwrap();
        tokio::spawn(async move {
            while let Ok(peer) = server.accept().await {
                let (mut calls, sender) = peer.split();
                sender.event(Event::FactsChanged);
                while let Some(call) = calls.next().await {
                    sender.reply(call.id, Ok(Response::Done));
                }
            }
        })
    }

    #[tokio::test]
    async fn a_restarted_agent_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::at(folder.path().join("run/agent.sock"));
        let link = Arc::new(Link::new());
        let (news, mut told) = mpsc::channel(NEWS);

        let first = agent(&endpoint);
        tokio::spawn(Arc::clone(&link).keep(endpoint.clone(), news));
        assert_eq!(soon(link.request(Request::Home)).await, Ok(Response::Done), "a request waits for the first try");
        assert_eq!(soon(told.recv()).await, Some(News::Event(Event::FactsChanged)));

        first.abort();
        assert_eq!(soon(told.recv()).await, Some(News::Lost));
        let refused = soon(link.request(Request::Home)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::AgentLost);

        // The socket is free once the first agent's tasks are gone.
        soon(async {
            while Server::bind(&endpoint).is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let _second = agent(&endpoint);
        assert_eq!(soon(told.recv()).await, Some(News::Back));
        assert_eq!(soon(told.recv()).await, Some(News::Event(Event::FactsChanged)));
        assert_eq!(soon(link.request(Request::Home)).await, Ok(Response::Done));
        assert!(!link.is_asking());
    }

    #[tokio::test]
    async fn a_window_without_an_agent_says_so_and_keeps_looking() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::at(folder.path().join("run/agent.sock"));
        let link = Arc::new(Link::new());
        let (news, mut told) = mpsc::channel(NEWS);
        tokio::spawn(Arc::clone(&link).keep(endpoint.clone(), news));
        assert_eq!(soon(told.recv()).await, Some(News::Lost));
        assert_eq!(soon(link.request(Request::Home)).await.unwrap_err().code, ErrorCode::AgentLost);

        let _agent = agent(&endpoint);
        assert_eq!(soon(told.recv()).await, Some(News::Back));
    }
}
