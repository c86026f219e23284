//! The window's end: connects, proves and greets the agent, asks and is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use deskside_protocol::local::{Call, Event, Hello, Message, Outcome, PeerRole, Request, Response};
use deskside_protocol::{ErrorCode, ErrorReport, limits};
use serde::Deserialize;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

use crate::frame::{self, FrameError, Reader};
use crate::peer::{self, Stream};
use crate::{Endpoint, IpcError, hello};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The agent says why.
    #[error(transparent)]
    Refused(#[from] ErrorReport),
    /// The agent is gone. Whether it did what was asked is not known; every durable request can be asked again.
    #[error("the agent is gone")]
    Closed,
    /// The agent took longer than [`limits::LOCAL_ANSWER`].
    #[error("the agent does not answer")]
    TimedOut,
    /// The request cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Unsendable(FrameError),
}

impl From<ClientError> for ErrorReport {
    /// The word that the interface has a text for.
    fn from(error: ClientError) -> Self {
        let code = match error {
            ClientError::Refused(report) => return report,
            ClientError::Closed | ClientError::TimedOut => ErrorCode::AgentLost,
            ClientError::Unsendable(_) => ErrorCode::BadRequest,
        };
        Self::new(code, error.to_string())
    }
}

/// A connection to the agent. Clones share it; it ends with the last of them.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hello: Hello,
    version: u32,
    next_id: AtomicU32,
    slots: Semaphore,
    queue: mpsc::Sender<Bytes>,
    state: Arc<State>,
}

/// What the task that reads shares with those who wait.
#[derive(Debug)]
struct State {
    waiting: Mutex<HashMap<u32, oneshot::Sender<Result<Response, ErrorReport>>>>,
    /// `None` once the connection has ended, which ends every receiver.
    events: Mutex<Option<broadcast::Sender<Event>>>,
    closed: watch::Sender<bool>,
}

impl State {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u32, oneshot::Sender<Result<Response, ErrorReport>>>> {
        // A panic while holding it cannot leave it half changed: every use is one call.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn events(&self) -> MutexGuard<'_, Option<broadcast::Sender<Event>>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection is over: everyone who waits is told. The flag comes first, so that a request that is just being
    /// made either sees it or is seen here.
    fn end(&self) {
        self.closed.send_replace(true);
        self.events().take();
        self.waiting().clear();
    }
}

impl Client {
    /// Connects to the agent, proves that it is the user's own, and greets it as `role`.
    ///
    /// # Errors
    /// [`IpcError::NotRunning`] if there is none, [`IpcError::Untrusted`] or [`IpcError::OtherUser`] if it is not the
    /// user's own, [`IpcError::Version`] if it is too old or too new, [`IpcError::TimedOut`] or [`IpcError::HungUp`] if
    /// it does not greet.
    pub async fn connect(endpoint: &Endpoint, role: PeerRole) -> Result<Self, IpcError> {
        let (read, mut write) = tokio::io::split(peer::connect(endpoint).await?);
        let mut reader = Reader::new(read, limits::HELLO_BYTES);
        let (hello, version) = hello::exchange(&mut reader, &mut write, &hello::ours(role), limits::HANDSHAKE).await?;

        let (queue, queued) = mpsc::channel(limits::REQUESTS_IN_FLIGHT);
        let state = Arc::new(State {
            waiting: Mutex::default(),
            events: Mutex::new(Some(broadcast::Sender::new(limits::EVENTS_QUEUED))),
            closed: watch::Sender::new(false),
        });
        tokio::spawn(read_all(reader, Arc::clone(&state)));
        tokio::spawn(write_all(write, queued, Arc::clone(&state)));
        Ok(Self {
            inner: Arc::new(Inner {
                hello,
                version,
                next_id: AtomicU32::new(1),
                slots: Semaphore::new(limits::REQUESTS_IN_FLIGHT),
                queue,
                state,
            }),
        })
    }

    /// What the agent said of itself.
    #[must_use]
    pub fn agent(&self) -> &Hello {
        &self.inner.hello
    }

    /// The version of the protocol that both speak.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.inner.version
    }

    /// Asks, and waits for the answer. Any number may ask at a time; beyond [`limits::REQUESTS_IN_FLIGHT`] they wait
    /// their turn. Cancelled, the answer is dropped when it comes; the agent may still do what was asked.
    ///
    /// # Errors
    /// [`ClientError`], each of which has an [`ErrorReport`].
    pub async fn request(&self, request: Request) -> Result<Response, ClientError> {
        let asked = async {
            let _slot = self.inner.slots.acquire().await.map_err(|_| ClientError::Closed)?;
            let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
            let frame = frame::encode(&Call { id, request }, limits::FRAME_BYTES).map_err(ClientError::Unsendable)?;
            let (sender, answer) = oneshot::channel();
            self.inner.state.waiting().insert(id, sender);
            let _forget = Forget { state: &self.inner.state, id };
            if self.is_closed() || self.inner.queue.send(frame).await.is_err() {
                return Err(ClientError::Closed);
            }
            Ok(answer.await.map_err(|_| ClientError::Closed)??)
        };
        tokio::time::timeout(limits::LOCAL_ANSWER, asked).await.map_err(|_| ClientError::TimedOut)?
    }

    /// What happens from now on. A receiver that is told it lagged has missed something and asks anew; one that is told
    /// the channel is closed has lost the agent.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        match self.inner.state.events().as_ref() {
            Some(events) => events.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// Waits until the agent is gone.
    pub async fn closed(&self) {
        // An error would mean that nobody can close it any more, which is closed.
        drop(self.inner.state.closed.subscribe().wait_for(|closed| *closed).await);
    }

    /// Whether the agent is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        *self.inner.state.closed.borrow()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.state.end();
    }
}

/// Forgets a request that is answered or no longer waited for.
struct Forget<'a> {
    state: &'a State,
    id: u32,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.state.waiting().remove(&self.id);
    }
}

/// Takes what the agent sends, until it or we are gone.
async fn read_all(mut reader: Reader<ReadHalf<Stream>>, state: Arc<State>) {
    let mut closing = state.closed.subscribe();
    loop {
        let frame = tokio::select! {
            biased;
            _ = closing.wait_for(|closed| *closed) => break,
            frame = reader.next() => frame,
        };
        match frame {
            Ok(Some(frame)) => {
                if let Err(error) = take(&frame, &state) {
                    tracing::warn!(%error, "the agent does not speak the protocol");
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "lost the agent");
                break;
            }
        }
    }
    state.end();
}

/// Delivers one message. What a newer agent says beyond our version is an error only for whoever asked.
fn take(frame: &[u8], state: &State) -> Result<(), serde_json::Error> {
    /// All of a message that a newer agent's unknown answer or event still has.
    #[derive(Deserialize)]
    #[serde(tag = "message", rename_all = "kebab-case")]
    enum Envelope {
        Reply { id: u32 },
        Event {},
    }
    let (id, answer) = match serde_json::from_slice::<Message>(frame) {
        Ok(Message::Event { event }) => {
            if let Some(events) = state.events().as_ref() {
                // An error is that nobody listens.
                drop(events.send(event));
            }
            return Ok(());
        }
        Ok(Message::Reply { id, outcome: Outcome::Ok(response) }) => (id, Ok(response)),
        Ok(Message::Reply { id, outcome: Outcome::Err(report) }) => (id, Err(report)),
        Err(error) => match serde_json::from_slice::<Envelope>(frame)? {
            Envelope::Reply { id } => (
                id,
                Err(ErrorReport::new(ErrorCode::VersionMismatch, format!("not an answer of this version: {error}"))),
            ),
            Envelope::Event {} => {
                tracing::debug!(%error, "an event of another version");
                return Ok(());
            }
        },
    };
    match state.waiting().remove(&id) {
        // An error is that nobody waits any more.
        Some(waiting) => drop(waiting.send(answer)),
        None => tracing::debug!(id, "an answer that nobody waits for"),
    }
    Ok(())
}

/// Sends what is queued, until the agent or we are gone.
async fn write_all(mut stream: WriteHalf<Stream>, mut queued: mpsc::Receiver<Bytes>, state: Arc<State>) {
    let mut closing = state.closed.subscribe();
    loop {
        let frame = tokio::select! {
            biased;
            _ = closing.wait_for(|closed| *closed) => break,
            frame = queued.recv() => frame,
        };
        let Some(frame) = frame else { break };
        let written = tokio::select! {
            biased;
            _ = closing.wait_for(|closed| *closed) => break,
            written = frame::write(&mut stream, &frame, limits::FRAME_SEND) => written,
        };
        if let Err(error) = written {
            tracing::warn!(%error, "lost the agent");
            break;
        }
    }
    state.end();
}
