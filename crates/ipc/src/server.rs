//! The agent's end: accepts clients, proves and greets them, and hands each over as a [`Peer`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use deskside_protocol::local::{Call, Event, Hello, Message, Outcome, PeerRole};
use deskside_protocol::{ErrorCode, ErrorReport, limits};
use serde::Deserialize;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::frame::{self, FrameError, Reader};
use crate::peer::{Listener, Stream};
use crate::{Endpoint, IpcError, hello};

/// Pause after the system could not accept (no file handle left): trying again at once would only heat the processor.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// What bounds a server; [`limits`] in life, smaller in tests.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    handshake: Duration,
    send: Duration,
    clients: usize,
    requests: usize,
    events: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            handshake: limits::HANDSHAKE,
            send: limits::FRAME_SEND,
            clients: limits::CLIENTS,
            requests: limits::REQUESTS_IN_FLIGHT,
            events: limits::EVENTS_QUEUED,
        }
    }
}

/// A socket at which this process listens, alone. Dropped, it takes no new clients; those that came stay.
#[derive(Debug)]
pub struct Server {
    peers: mpsc::Receiver<Peer>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Listens at the endpoint. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`IpcError::AlreadyRunning`] if another agent does, [`IpcError::Untrusted`] if the place is open to others,
    /// [`IpcError::Io`] if the system refuses.
    pub fn bind(endpoint: &Endpoint) -> Result<Self, IpcError> {
        Self::bind_within(endpoint, Bounds::default())
    }

    fn bind_within(endpoint: &Endpoint, bounds: Bounds) -> Result<Self, IpcError> {
        let listener = Listener::bind(endpoint)?;
        let (sender, peers) = mpsc::channel(1);
        Ok(Self { peers, accepting: tokio::spawn(accept_all(listener, sender, bounds)) })
    }

    /// The next client that was proved and greeted. Strangers, mutes and those beyond [`limits::CLIENTS`] are turned
    /// away before, and logged. May be cancelled.
    ///
    /// # Errors
    /// [`IpcError::HungUp`] if listening has ended for good.
    pub async fn accept(&mut self) -> Result<Peer, IpcError> {
        self.peers.recv().await.ok_or(IpcError::HungUp)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept_all(mut listener: Listener, peers: mpsc::Sender<Peer>, bounds: Bounds) {
    let places = Arc::new(Semaphore::new(bounds.clients));
    loop {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error @ IpcError::OtherUser { .. }) => {
                tracing::warn!(%error, "turned a client away");
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a client");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!(clients = bounds.clients, "turned a client away: there are too many");
            continue;
        };
        // Each greeting on its own: a mute client keeps nobody waiting but itself.
        let peers = peers.clone();
        tokio::spawn(async move {
            match greet(stream, place, bounds).await {
                Ok(peer) => drop(peers.send(peer).await),
                Err(error) => tracing::warn!(%error, "turned a client away"),
            }
        });
    }
}

async fn greet(stream: Stream, place: OwnedSemaphorePermit, bounds: Bounds) -> Result<Peer, IpcError> {
    let (read, mut write) = tokio::io::split(stream);
    let mut reader = Reader::new(read, limits::HELLO_BYTES);
    let ours = hello::ours(PeerRole::Agent);
    let (hello, version) = hello::exchange(&mut reader, &mut write, &ours, bounds.handshake).await?;

    let (queue, queued) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared {
        queue,
        in_flight: Mutex::default(),
        requests: Arc::new(Semaphore::new(bounds.requests)),
        events: Arc::new(Semaphore::new(bounds.events)),
        closed: watch::Sender::new(false),
        _place: place,
    });
    tokio::spawn(write_all(write, queued, shared.closed.clone(), bounds.send));
    Ok(Peer { hello, version, calls: Calls { reader, shared: Arc::clone(&shared) }, sender: Sender { shared } })
}

/// A client that was proved and greeted.
#[derive(Debug)]
pub struct Peer {
    /// What it said of itself.
    pub hello: Hello,
    /// The version of the protocol that both speak.
    pub version: u32,
    calls: Calls,
    sender: Sender,
}

impl Peer {
    /// What it asks, and the way to answer. Dropping the first ends the connection.
    #[must_use]
    pub fn split(self) -> (Calls, Sender) {
        (self.calls, self.sender)
    }
}

/// What both halves of a peer share.
#[derive(Debug)]
struct Shared {
    /// Unbounded in form; in fact each message holds a permit of one of the two semaphores until it has left.
    queue: mpsc::UnboundedSender<Queued>,
    in_flight: Mutex<HashMap<u32, OwnedSemaphorePermit>>,
    requests: Arc<Semaphore>,
    events: Arc<Semaphore>,
    closed: watch::Sender<bool>,
    /// One of the server's places for clients, free again when both halves are gone.
    _place: OwnedSemaphorePermit,
}

impl Shared {
    fn in_flight(&self) -> MutexGuard<'_, HashMap<u32, OwnedSemaphorePermit>> {
        // A panic while holding it cannot leave it half changed: every use is one call.
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.closed.send_replace(true);
    }
}

#[derive(Debug)]
enum Queued {
    Frame {
        frame: Bytes,
        _permit: OwnedSemaphorePermit,
    },
    /// Tells that everything before it has left.
    Mark(oneshot::Sender<()>),
}

/// What a client asks.
#[derive(Debug)]
pub struct Calls {
    reader: Reader<ReadHalf<Stream>>,
    shared: Arc<Shared>,
}

impl Calls {
    /// The next request; `None` when the client is gone, or was let go for speaking nonsense or not reading.
    ///
    /// While [`limits::REQUESTS_IN_FLIGHT`] requests await their answer, no further one is read: the client waits.
    /// Every call must therefore be answered with [`Sender::reply`], once. A request that this version does not know
    /// is answered here. May be cancelled.
    pub async fn next(&mut self) -> Option<Call> {
        let mut closed = self.shared.closed.subscribe();
        loop {
            let next = async {
                let permit = Arc::clone(&self.shared.requests).acquire_owned().await.ok()?;
                match self.reader.next().await {
                    Ok(frame) => frame.map(|frame| (frame, permit)),
                    Err(error) => {
                        tracing::warn!(%error, "let a client go");
                        None
                    }
                }
            };
            let arrived = tokio::select! {
                biased;
                _ = closed.wait_for(|closed| *closed) => None,
                arrived = next => arrived,
            };
            let Some((frame, permit)) = arrived else {
                self.shared.close();
                return None;
            };
            if let Some(call) = self.take(&frame, permit) {
                return Some(call);
            }
        }
    }

    /// A request from its frame, counted as in flight; or `None`, and it is answered or the client let go.
    fn take(&self, frame: &[u8], permit: OwnedSemaphorePermit) -> Option<Call> {
        /// All of a call that a newer client's unknown request still has.
        #[derive(Deserialize)]
        struct Number {
            id: u32,
        }
        let (id, call) = match serde_json::from_slice::<Call>(frame) {
            Ok(call) => (call.id, Ok(call)),
            Err(error) => match serde_json::from_slice::<Number>(frame) {
                Ok(Number { id }) => (id, Err(error)),
                Err(_) => {
                    tracing::warn!(%error, "let a client go: it does not speak the protocol");
                    self.shared.close();
                    return None;
                }
            },
        };
        match self.shared.in_flight().entry(id) {
            Entry::Vacant(entry) => entry.insert(permit),
            Entry::Occupied(_) => {
                tracing::warn!(id, "let a client go: it asks twice under one number");
                self.shared.close();
                return None;
            }
        };
        match call {
            Ok(call) => Some(call),
            Err(error) => {
                // Both ends are ours: what one does not understand, another version has said.
                let report =
                    ErrorReport::new(ErrorCode::VersionMismatch, format!("not a request of this version: {error}"));
                Sender { shared: Arc::clone(&self.shared) }.reply(id, Err(report));
                None
            }
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// The way to a client. Nothing here ever waits for it, but [`Sender::flush`].
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    /// Answers the call of that number. An answer to a call that is not in flight is dropped; one that is too large
    /// for a frame becomes an error.
    pub fn reply(&self, id: u32, outcome: Result<deskside_protocol::local::Response, ErrorReport>) {
        let Some(permit) = self.shared.in_flight().remove(&id) else {
            tracing::warn!(id, "an answer to nothing");
            return;
        };
        let outcome = match outcome {
            Ok(response) => Outcome::Ok(response),
            Err(report) => Outcome::Err(report),
        };
        let frame = frame::encode(&Message::Reply { id, outcome }, limits::FRAME_BYTES).or_else(|error| {
            tracing::error!(id, %error, "an answer that cannot leave");
            let report = ErrorReport::new(ErrorCode::Internal, format!("the answer cannot leave: {error}"));
            frame::encode(&Message::Reply { id, outcome: Outcome::Err(report) }, limits::FRAME_BYTES)
        });
        self.queue(frame, permit);
    }

    /// Tells the client what happened. One that leaves [`limits::EVENTS_QUEUED`] events unread is let go: it asks anew
    /// when it comes back, which is better than acting on a gap.
    pub fn event(&self, event: Event) {
        match Arc::clone(&self.shared.events).try_acquire_owned() {
            Ok(permit) => self.queue(frame::encode(&Message::Event { event }, limits::FRAME_BYTES), permit),
            Err(_) => {
                tracing::warn!("let a client go: it does not read its events");
                self.shared.close();
            }
        }
    }

    fn queue(&self, frame: Result<Bytes, FrameError>, permit: OwnedSemaphorePermit) {
        match frame {
            // A failed send means that the client is gone, which `Calls::next` tells.
            Ok(frame) => drop(self.shared.queue.send(Queued::Frame { frame, _permit: permit })),
            Err(error) => tracing::error!(%error, "a message that cannot leave"),
        }
    }

    /// Waits until everything sent before has left, or the client is gone: before the process ends.
    pub async fn flush(&self) {
        let (mark, reached) = oneshot::channel();
        if self.shared.queue.send(Queued::Mark(mark)).is_ok() {
            // An error is a writer that is gone: nothing is left to wait for.
            drop(reached.await);
        }
    }

    /// Waits until the client is gone.
    pub async fn closed(&self) {
        // An error would mean that nobody can close it any more, which is closed.
        drop(self.shared.closed.subscribe().wait_for(|closed| *closed).await);
    }

    /// Whether the client is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        *self.shared.closed.borrow()
    }
}

/// Writes what is queued, until the client is gone or takes longer than `send` for a frame.
async fn write_all(
    mut stream: WriteHalf<Stream>,
    mut queued: mpsc::UnboundedReceiver<Queued>,
    closed: watch::Sender<bool>,
    send: Duration,
) {
    let mut closing = closed.subscribe();
    loop {
        let message = tokio::select! {
            biased;
            _ = closing.wait_for(|closed| *closed) => break,
            message = queued.recv() => message,
        };
        match message {
            Some(Queued::Frame { frame, _permit }) => {
                let written = tokio::select! {
                    biased;
                    _ = closing.wait_for(|closed| *closed) => break,
                    written = frame::write(&mut stream, &frame, send) => written,
                };
                if let Err(error) = written {
                    tracing::debug!(%error, "a client went away");
                    break;
                }
            }
            Some(Queued::Mark(mark)) => drop(mark.send(())),
            None => break,
        }
    }
    closed.send_replace(true);
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
