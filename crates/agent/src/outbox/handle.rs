//! The outbox as the controller sees it: what it can ask of the worker, and what it is told.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskside_protocol::{ClientId, ErrorCode, ErrorReport, FollowUpId};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::machine::Backoff;
use super::worker::Worker;
use crate::link::Link;
use crate::ports::Refused;
use crate::requests::take_back::TakenBack;
use crate::store::InUse;

/// What the worker tells the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A message changed.
    Changed(ClientId),
    /// A ticket is in the helpdesk.
    Delivered {
        /// Which.
        client_id: ClientId,
        /// The number people use.
        number: u64,
        /// Whether it had to wait for a later try.
        late: bool,
    },
    /// A message is refused for good, or files of it.
    Parked {
        /// Of which request.
        client_id: ClientId,
        /// What was refused.
        what: Refused,
    },
    /// A reply or verdict arrived: the thread is worth a look.
    Replied(ClientId),
    /// The store failed under the worker.
    StoreFailed(ErrorCode),
}

pub(super) enum Command {
    Resume { by_user: bool },
    Unpark { client_id: ClientId, done: oneshot::Sender<Result<bool, ErrorReport>> },
    TakeBack { client_id: ClientId, entry: Option<FollowUpId>, done: oneshot::Sender<Result<TakenBack, ErrorReport>> },
    Hold { held: oneshot::Sender<Hold> },
    Leave { left_at: Option<i64>, held: oneshot::Sender<Hold> },
}

/// While this is there, the outbox sends nothing and leaves the store alone. Then it reads its queue anew.
#[must_use]
pub struct Hold {
    pub(super) _release: oneshot::Sender<std::convert::Infallible>,
}

/// The outbox, as the controller sees it.
#[derive(Clone)]
pub struct Outbox {
    pub(super) wake: Arc<Notify>,
    commands: mpsc::UnboundedSender<Command>,
    sending: Arc<Mutex<HashSet<String>>>,
}

impl Outbox {
    /// Starts the worker. It ends with `stop`; what was under way then is looked for at the next start.
    pub fn start(
        store: InUse,
        link: Arc<Link>,
        backoff: Backoff,
        told: mpsc::UnboundedSender<Told>,
        stop: CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let outbox = Self { wake: Arc::default(), commands, sending: Arc::default() };
        let worker = Worker::new(store, link, backoff, told, outbox.clone());
        let handle = tokio::spawn(worker.run(inbox, stop));
        (outbox, handle)
    }

    /// Something new is in the queue.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// There is reason to hope, or the user asks: what waits is tried now.
    pub fn resume(&self, by_user: bool) {
        let _ = self.commands.send(Command::Resume { by_user });
    }

    /// Puts the parked messages of a request back in the queue; whether there were any. Durable when this returns.
    ///
    /// # Errors
    /// `StoreUnwritable`.
    pub async fn unpark(&self, client_id: ClientId) -> Result<bool, ErrorReport> {
        let (done, answer) = oneshot::channel();
        self.commands.send(Command::Unpark { client_id, done }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Takes what is parked out of the queue, for its writer to change or let go: see [`crate::requests::take_back`]. Durable when this
    /// returns.
    ///
    /// # Errors
    /// `NotFound` if nothing of it is parked; `TooManyFiles`; `StoreUnwritable`.
    pub async fn take_back(&self, client_id: ClientId, entry: Option<FollowUpId>) -> Result<TakenBack, ErrorReport> {
        let (done, answer) = oneshot::channel();
        self.commands.send(Command::TakeBack { client_id, entry, done }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Stops everything that is under way, which may have arrived all the same, until the answer is dropped: while the store
    /// is replaced or emptied. Then the queue is read anew.
    ///
    /// # Errors
    /// `Internal` if the outbox has ended.
    pub async fn hold(&self) -> Result<Hold, ErrorReport> {
        let (held, answer) = oneshot::channel();
        self.commands.send(Command::Hold { held }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// The helpdesk is about to be another one: what may have reached the one before, or belongs to a request there, is
    /// parked for its writer to decide; what was never tried waits. `left_at`: no helpdesk was connected any more when
    /// what comes after this place was queued. Until the answer is dropped, nothing is sent.
    ///
    /// # Errors
    /// `Internal` if the outbox has ended.
    pub async fn leave(&self, left_at: Option<i64>) -> Result<Hold, ErrorReport> {
        let (held, answer) = oneshot::channel();
        self.commands.send(Command::Leave { left_at, held }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    /// Whether this message is on its way now.
    #[must_use]
    pub fn is_sending(&self, id: &str) -> bool {
        self.sending().contains(id)
    }

    /// Messages on their way now.
    pub(super) fn sending(&self) -> MutexGuard<'_, HashSet<String>> {
        // A panic while holding it cannot leave it half changed: every use is one call.
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> ErrorReport {
    ErrorReport::new(ErrorCode::Internal, "the outbox has ended")
}
