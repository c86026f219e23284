//! Sends what waits. One small exchange or two and one file at a time, each request's messages in their order.
//!
//! What came of a step is kept before anything is said of it. Where the disk refuses that (it is full, perhaps for days),
//! the step still counts, in memory: what was submitted before goes on, nothing is asked twice, and what came of it is kept
//! as soon as the disk takes it. If the program ends before, the state on the disk is an older one; a start takes every
//! message that has not arrived for one that may have ([`Message::restarted`]), and looks before it creates. That is why
//! no step needs a note on the disk before it begins.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use deskside_helpdesk::{Again, Helpdesk, HelpdeskError};
use deskside_protocol::local::LedgerAction;
use deskside_protocol::ticket::TicketState;
use deskside_protocol::{ClientId, ErrorCode, ErrorReport, FollowUpId, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::flight::{Landed, failure, fly, is_ours};
use super::handle::{Command, Hold, Outbox, Told};
use super::machine::{Backoff, Failure, Kind, Message, Stage, Step, is_soon};
use super::{Queued, keep, undelivered};
use crate::ledger;
use crate::link::Link;
use crate::ports::Refused;
use crate::requests::take_back::{TakenBack, take_back};
use crate::store::columns::{signed, word};
use crate::store::{InUse, StoreError};

/// Exchanges without a file at a time. Two, so that one that hangs does not hold up the rest.
const SMALL: usize = 2;
/// Files at a time.
const LARGE: usize = 1;
/// How long to wait before the disk is asked again to keep what came of a step, if nobody says earlier that it can.
const UNKEPT: Duration = Duration::from_secs(30);

/// Who sends.
pub(super) struct Worker {
    store: InUse,
    link: Arc<Link>,
    backoff: Backoff,
    told: mpsc::UnboundedSender<Told>,
    outbox: Outbox,
    /// Everything that is not delivered, by its place.
    queue: BTreeMap<i64, Queued>,
    /// Messages that have come further than the disk knows, as the disk knows them.
    unkept: BTreeMap<i64, Message>,
    /// When the disk is asked again to keep those.
    keep_again: Option<Instant>,
    /// Requests with an exchange under way, and whether it is a file.
    lanes: HashMap<ClientId, bool>,
    flights: JoinSet<(i64, Step, Landed)>,
    /// The helpdesk as a whole cannot be spoken to before this moment.
    rest_until: Option<Timestamp>,
    rest_was_asked: bool,
}

impl Worker {
    pub(super) fn new(
        store: InUse,
        link: Arc<Link>,
        backoff: Backoff,
        told: mpsc::UnboundedSender<Told>,
        outbox: Outbox,
    ) -> Self {
        Self {
            store,
            link,
            backoff,
            told,
            outbox,
            queue: BTreeMap::new(),
            unkept: BTreeMap::new(),
            keep_again: None,
            lanes: HashMap::new(),
            flights: JoinSet::new(),
            rest_until: None,
            rest_was_asked: false,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>, stop: CancellationToken) {
        let wake = Arc::clone(&self.outbox.wake);
        let mut replaced = self.link.replaced();
        // What was there before this worker may be on the other side already.
        self.reload().await;
        loop {
            let due = self.start_what_can();
            let pause = async {
                match due {
                    Some(due) => tokio::time::sleep(until(due)).await,
                    None => std::future::pending().await,
                }
            };
            let keep_again = self.keep_again;
            let recovered = async {
                match keep_again {
                    Some(moment) => tokio::time::sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(landed) = self.flights.join_next(), if !self.flights.is_empty() => match landed {
                    Ok((sequence, step, landed)) => self.land(sequence, step, landed).await,
                    // A step that panicked: its state is the last one kept, as after a crash.
                    Err(error) => {
                        tracing::error!(%error, "a step of the outbox failed");
                        self.forget_flights();
                        self.reload().await;
                    }
                },
                () = wake.notified() => {
                    self.keep_unkept().await;
                    self.load().await;
                }
                () = recovered => self.keep_unkept().await,
                Ok(()) = replaced.changed() => self.resume(true),
                Some(command) = inbox.recv() => match command {
                    Command::Resume { by_user } => self.resume(by_user),
                    Command::Unpark { client_id, done } => {
                        let _ = done.send(self.unpark(client_id).await);
                    }
                    Command::TakeBack { client_id, entry, done } => {
                        let _ = done.send(self.take_back(client_id, entry).await);
                    }
                    Command::Leave { left_at, held } => tokio::select! {
                        () = stop.cancelled() => break,
                        () = self.leave(left_at, held) => {}
                    },
                    Command::Hold { held } => tokio::select! {
                        () = stop.cancelled() => break,
                        () = self.hold(held) => {}
                    },
                },
                () = pause => {}
            }
        }
        self.forget_flights();
    }

    /// Reads what is new in the queue.
    async fn load(&mut self) {
        let after = self.queue.keys().next_back().copied().unwrap_or(0);
        match self.read(after).await {
            Ok(new) => self.queue.extend(new.into_iter().map(|queued| (queued.sequence, queued))),
            Err(error) => self.store_failed(&error),
        }
    }

    async fn read(&self, after: i64) -> Result<Vec<Queued>, StoreError> {
        let store = self.store.get();
        let mut connection = store.pool().acquire().await?;
        undelivered(&mut connection, after).await
    }

    async fn reload(&mut self) {
        self.queue.clear();
        self.unkept.clear();
        self.keep_again = None;
        self.load().await;
        for queued in self.queue.values_mut() {
            queued.message = queued.message.clone().restarted(Timestamp::now());
        }
    }

    fn resume(&mut self, by_user: bool) {
        if by_user || !self.rest_was_asked {
            self.rest_until = None;
        }
        for queued in self.queue.values_mut() {
            queued.message = queued.message.clone().resumed(by_user);
        }
    }

    async fn unpark(&mut self, client_id: ClientId) -> Result<bool, ErrorReport> {
        let parked: Vec<Queued> = self
            .queue
            .values()
            .filter(|queued| queued.client_id == client_id && matches!(queued.message.stage, Stage::Parked { .. }))
            .map(|queued| Queued { message: queued.message.clone().unparked(), ..queued.clone() })
            .collect();
        if parked.is_empty() {
            return Ok(false);
        }
        let mut tx = self.store.get().begin().await?;
        for queued in &parked {
            keep(&mut tx, queued, &queued.message).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        for queued in parked {
            self.queue.insert(queued.sequence, queued);
        }
        let _ = self.told.send(Told::Changed(client_id));
        Ok(true)
    }

    async fn take_back(&mut self, client_id: ClientId, entry: Option<FollowUpId>) -> Result<TakenBack, ErrorReport> {
        let of_request: Vec<Queued> = self.queue.values().filter(|q| q.client_id == client_id).cloned().collect();
        let mut tx = self.store.get().begin().await?;
        let taken = take_back(&mut tx, client_id, entry, &of_request).await?;
        tx.commit().await.map_err(StoreError::from)?;
        for sequence in &taken.gone {
            self.queue.remove(sequence);
            self.unkept.remove(sequence);
        }
        let _ = self.told.send(Told::Changed(client_id));
        Ok(taken)
    }

    async fn hold(&mut self, held: oneshot::Sender<Hold>) {
        self.forget_flights();
        self.keep_unkept().await;
        let (release, released) = oneshot::channel();
        if held.send(Hold { _release: release }).is_ok() {
            // Nothing is ever sent: its end is the word.
            let _ = released.await;
        }
        self.reload().await;
    }

    async fn leave(&mut self, left_at: Option<i64>, held: oneshot::Sender<Hold>) {
        let flying: HashSet<ClientId> = self.lanes.keys().copied().collect();
        self.forget_flights();
        // What was queued a moment ago may not be read yet.
        self.load().await;
        self.keep_unkept().await;
        let never_tried = |queued: &Queued| {
            let certain = left_at.is_some_and(|left| queued.sequence > left);
            matches!(queued.message.stage, Stage::New { doubt } if certain || !doubt)
                && !flying.contains(&queued.client_id)
        };
        // A request that goes to the new helpdesk takes what was written after it along.
        let new: HashSet<ClientId> = self
            .queue
            .values()
            .filter(|queued| queued.message.kind == Kind::Ticket && never_tried(queued))
            .map(|queued| queued.client_id)
            .collect();
        let parked: Vec<i64> = self
            .queue
            .values()
            .filter(|queued| !queued.message.is_at_rest() && !new.contains(&queued.client_id))
            .map(|queued| queued.sequence)
            .collect();
        for sequence in parked {
            let Some(before) = self.queue.get(&sequence).cloned() else { continue };
            let report = ErrorReport::new(
                ErrorCode::HelpdeskChanged,
                "the helpdesk was changed while this was on its way to the one before",
            );
            let failure = Failure { report, for_good: true, may_have_arrived: true, retry_after: None };
            let after = before.message.clone().failed(failure, Timestamp::now(), self.backoff, 0.0);
            self.queue.insert(sequence, Queued { message: after, ..before.clone() });
            self.unkept.entry(sequence).or_insert(before.message);
            self.keep_one(sequence).await;
        }
        self.rest_until = None;
        let (release, released) = oneshot::channel();
        if held.send(Hold { _release: release }).is_ok() {
            let _ = released.await;
        }
    }

    /// Starts every step that may begin now, and says when the next one may.
    fn start_what_can(&mut self) -> Option<Timestamp> {
        let desk = self.link.desk()?;
        let now = Timestamp::now();
        if let Some(rest) = self.rest_until.filter(|rest| *rest > now && is_soon(*rest, now)) {
            return Some(rest);
        }
        for queued in self.queue.values_mut() {
            queued.message = queued.message.clone().under_clock(now);
        }
        let mut due: Option<Timestamp> = None;
        let lag = self.link.lag();
        let mut start = Vec::new();
        let mut small = self.lanes.values().filter(|file| !**file).count();
        let mut large = self.lanes.values().filter(|file| **file).count();
        for queued in heads(&self.queue) {
            if self.lanes.contains_key(&queued.client_id) {
                continue;
            }
            let step = queued.message.next(now, lag);
            match step {
                Step::Rest => {}
                Step::Wait(moment) => due = Some(due.map_or(moment, |due| due.min(moment))),
                Step::Look | Step::Place if small < SMALL => {
                    small += 1;
                    start.push((queued.sequence, step));
                }
                Step::Attach(_) if large < LARGE => {
                    large += 1;
                    start.push((queued.sequence, step));
                }
                // Its turn comes when another has landed.
                Step::Look | Step::Place | Step::Attach(_) => {}
            }
        }
        for (sequence, step) in start {
            self.start(sequence, step, Arc::clone(&desk));
        }
        due
    }

    fn start(&mut self, sequence: i64, step: Step, desk: Arc<dyn Helpdesk>) {
        let Some(queued) = self.queue.get(&sequence).cloned() else { return };
        self.lanes.insert(queued.client_id, matches!(step, Step::Attach(_)));
        self.outbox.sending().insert(queued.id.clone());
        let _ = self.told.send(Told::Changed(queued.client_id));
        let store = self.store.get();
        self.flights.spawn(async move { (sequence, step, fly(&store, &*desk, &queued, step).await) });
    }

    async fn land(&mut self, sequence: i64, step: Step, landed: Landed) {
        let Some(before) = self.queue.get(&sequence).cloned() else { return };
        self.lanes.remove(&before.client_id);
        self.outbox.sending().remove(&before.id);
        let message = before.message.clone();
        let after = match landed {
            Landed::Failed(error) => {
                if !is_ours(&error) {
                    self.link.failed(&error);
                }
                let dice = rand::random::<f64>();
                let after = match step {
                    Step::Attach(file) if error.again == Again::Permanent => {
                        message.file_refused(file, failure(&error).report)
                    }
                    Step::Look | Step::Place | Step::Attach(_) | Step::Wait(_) | Step::Rest => {
                        message.failed(failure(&error), Timestamp::now(), self.backoff, dice)
                    }
                };
                self.rest_after(&error, &after);
                tracing::info!(code = ?error.code, detail = error.detail, tries = after.tries, "a try to send failed");
                after
            }
            Landed::Looked(found) => self.went_well(message.looked(found.as_ref(), Timestamp::now(), self.link.lag())),
            Landed::Placed(placed) => self.went_well(message.placed(&placed)),
            Landed::Attached(file) => self.went_well(message.attached(file)),
        };
        self.queue.insert(sequence, Queued { message: after, ..before.clone() });
        self.unkept.entry(sequence).or_insert(before.message);
        self.keep_one(sequence).await;
    }

    /// Keeps what a message has come to since the disk last heard of it, and says what follows from that.
    async fn keep_one(&mut self, sequence: i64) -> bool {
        let (Some(before), Some(now)) = (self.unkept.get(&sequence), self.queue.get(&sequence)) else { return true };
        match self.keep(before, now).await {
            Ok(true) => {
                self.tell(now);
                if matches!(now.message.stage, Stage::Delivered { .. }) {
                    self.queue.remove(&sequence);
                }
            }
            // It was removed meanwhile, and nobody waits for it.
            Ok(false) => {
                let _ = self.told.send(Told::Changed(now.client_id));
                self.queue.remove(&sequence);
            }
            Err(error) => {
                self.store_failed(&error);
                self.keep_again = Some(Instant::now() + UNKEPT);
                let _ = self.told.send(Told::Changed(now.client_id));
                return false;
            }
        }
        self.unkept.remove(&sequence);
        true
    }

    /// Asks the disk again.
    async fn keep_unkept(&mut self) {
        self.keep_again = None;
        let waiting: Vec<i64> = self.unkept.keys().copied().collect();
        for sequence in waiting {
            if !self.keep_one(sequence).await {
                return;
            }
        }
    }

    fn went_well(&mut self, after: Message) -> Message {
        self.link.heard();
        self.rest_until = None;
        after
    }

    /// When the helpdesk as a whole cannot be spoken to, one message finds out for all of them. Anything that could be
    /// about this one message alone (an exchange that broke off after it began) holds nothing else up.
    fn rest_after(&mut self, error: &HelpdeskError, after: &Message) {
        let about_all = matches!(error.code, ErrorCode::Unauthorized | ErrorCode::Busy) || !error.may_have_arrived;
        if about_all && error.again == Again::Transient {
            self.rest_until = after.not_before;
            self.rest_was_asked = after.asked_to_wait;
        }
    }

    /// Puts a message's new state, and all that follows from it, on the disk in one transaction; whether it is still there.
    async fn keep(&self, before: &Message, kept: &Queued) -> Result<bool, StoreError> {
        let mut tx = self.store.get().begin().await?;
        if !keep(&mut tx, kept, &kept.message).await? {
            return Ok(false);
        }
        let client_id = kept.client_id;
        if kept.message.kind == Kind::Ticket
            && let Some(number) = kept.message.number()
            && before.number() != Some(number)
        {
            sqlx::query(
                "UPDATE tickets SET number = ?, state = coalesce(state, ?), updated_at = ? WHERE client_id = ?",
            )
            .bind(signed(number))
            .bind(word(&TicketState::New))
            .bind(Timestamp::now().unix_ms())
            .bind(client_id.to_string())
            .execute(&mut *tx)
            .await?;
        }
        if let Stage::Delivered { number } = kept.message.stage {
            match kept.message.kind {
                Kind::Ticket => {
                    let detail = format!("number {}, {} files", number.unwrap_or(0), kept.message.files.len());
                    ledger::record(&mut tx, LedgerAction::Delivered, Some(client_id), &detail).await?;
                }
                Kind::FollowUp => {
                    let detail = format!("reply, {} files", kept.message.files.len());
                    ledger::record(&mut tx, LedgerAction::Replied, Some(client_id), &detail).await?;
                }
                Kind::Verdict => ledger::record(&mut tx, LedgerAction::Replied, Some(client_id), "verdict").await?,
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    fn tell(&self, kept: &Queued) {
        let client_id = kept.client_id;
        let _ = self.told.send(Told::Changed(client_id));
        let news = match (&kept.message.stage, kept.message.kind) {
            (Stage::Delivered { number }, Kind::Ticket) => {
                Told::Delivered { client_id, number: number.unwrap_or(0), late: kept.message.ever_failed }
            }
            (Stage::Delivered { .. }, Kind::FollowUp | Kind::Verdict) => Told::Replied(client_id),
            (Stage::Parked { .. }, _) if kept.message.has_arrived() => Told::Parked { client_id, what: Refused::Files },
            (Stage::Parked { .. }, Kind::Ticket) => Told::Parked { client_id, what: Refused::Request },
            (Stage::Parked { .. }, Kind::FollowUp | Kind::Verdict) => Told::Parked { client_id, what: Refused::Reply },
            (Stage::New { .. } | Stage::Placed { .. }, _) => return,
        };
        let _ = self.told.send(news);
    }

    fn store_failed(&self, error: &StoreError) {
        tracing::error!(%error, "the outbox could not use the store");
        let _ = self.told.send(Told::StoreFailed(error.code()));
    }

    /// Ends what is under way and hears nothing more of it. A new set, not `abort_all`: the old one would still tell how
    /// each of its tasks ended, which would be taken for the end of a task begun since.
    fn forget_flights(&mut self) {
        self.flights = JoinSet::new();
        self.lanes.clear();
        self.outbox.sending().clear();
    }
}

/// The message of each request whose turn it is: the first that neither has arrived nor lets others pass.
fn heads(queue: &BTreeMap<i64, Queued>) -> Vec<&Queued> {
    let mut seen = HashSet::new();
    let mut heads = Vec::new();
    for queued in queue.values() {
        if seen.contains(&queued.client_id) || queued.message.lets_pass() {
            continue;
        }
        seen.insert(queued.client_id);
        heads.push(queued);
    }
    heads
}

fn until(due: Timestamp) -> Duration {
    let ms = due.unix_ms().saturating_sub(Timestamp::now().unix_ms());
    // The clock may be set back or forward while waiting: look again at least every minute.
    Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(Duration::from_secs(60))
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
