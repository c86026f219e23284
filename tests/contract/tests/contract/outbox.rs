//! What the agent's outbox does, without the agent: each next step is its own machine's.

use std::time::Duration;

use bytes::Bytes;
use deskside_helpdesk::outbox::{Backoff, Failure, Kind, Message, Stage, Step};
use deskside_helpdesk::{Again, Attempt, Enclosure, Helpdesk, HelpdeskError, Placed, TicketRef};
use deskside_protocol::desk::NewFollowUp;
use deskside_protocol::{AttachmentId, ErrorReport, Timestamp};

/// The outbox around its own machine ([`Message`]).
pub(crate) struct Outbox<'a> {
    pub(crate) desk: &'a dyn Helpdesk,
    /// Called before each try with its number.
    pub(crate) before: &'a (dyn Fn(usize) + Sync),
    pub(crate) tries: usize,
    /// A clock that jumps to whatever is waited for; without one, time is real.
    pub(crate) clock: Option<Timestamp>,
    pub(crate) backoff: Backoff,
    pub(crate) dice: f64,
}

impl Outbox<'_> {
    /// Sends a request, or a reply to one; its number, and which files were refused.
    pub(crate) async fn send(
        &mut self,
        ticket: TicketRef,
        document: Option<&Bytes>,
        reply: Option<&NewFollowUp>,
        files: &[Enclosure],
        kills: &[usize],
    ) -> (Option<u64>, Vec<AttachmentId>) {
        let kind = if document.is_some() { Kind::Ticket } else { Kind::FollowUp };
        let mut message = Message::new(kind, files.iter().map(|file| file.meta.id).collect());
        let lag = self.desk.capabilities().lag;
        for at in 0.. {
            self.tries += 1;
            assert!(self.tries < 400, "it never gets through: {message:?}");
            (self.before)(self.tries);
            let before = message.clone();
            let step = message.next(self.now(), lag);
            message = match step {
                Step::Rest => break,
                Step::Wait(due) => {
                    self.wait(due).await;
                    continue;
                }
                Step::Look => match self.desk.find(ticket.client_id, files).await {
                    Ok(found) => message.looked(found.as_ref(), self.now(), lag),
                    Err(error) => self.failed(message, &error),
                },
                Step::Place => match self.place(&message, ticket, document, reply, files).await {
                    Ok(placed) => message.placed(&placed),
                    Err(error) => self.failed(message, &error),
                },
                Step::Attach(id) => {
                    let file = files.iter().find(|file| file.meta.id == id).unwrap();
                    let known = TicketRef { number: message.number().or(ticket.number), ..ticket };
                    match self.desk.attach(known, reply.map(|reply| reply.id), file).await {
                        Ok(()) => message.attached(id),
                        Err(error) if error.again == Again::Permanent => {
                            message.file_refused(id, ErrorReport::from(error))
                        }
                        Err(error) => self.failed(message, &error),
                    }
                }
            };
            if kills.contains(&at) {
                // The program ends before what came of it is kept.
                message = before.restarted(self.now());
            }
        }
        let refused = message.refused.iter().map(|refused| refused.file).collect();
        assert!(message.has_arrived(), "parked, though only the way was bad: {message:?}");
        (message.number(), refused)
    }

    fn now(&self) -> Timestamp {
        self.clock.unwrap_or_else(Timestamp::now)
    }

    async fn wait(&mut self, due: Timestamp) {
        match &mut self.clock {
            Some(clock) => *clock = due,
            None => {
                let ms = due.unix_ms().saturating_sub(Timestamp::now().unix_ms());
                tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
            }
        }
    }

    async fn place(
        &self,
        message: &Message,
        ticket: TicketRef,
        document: Option<&Bytes>,
        reply: Option<&NewFollowUp>,
        files: &[Enclosure],
    ) -> deskside_helpdesk::Result<Placed> {
        let attempt =
            if matches!(message.stage, Stage::New { doubt: false }) { Attempt::First } else { Attempt::Doubtful };
        match (document, reply) {
            (Some(document), _) => self.desk.create(ticket.client_id, document.clone(), files).await,
            (None, Some(reply)) => self.desk.follow_up(ticket, reply, files, attempt).await,
            (None, None) => unreachable!("nothing to send"),
        }
    }

    fn failed(&self, message: Message, error: &HelpdeskError) -> Message {
        let failure = Failure {
            report: ErrorReport::from(error.clone()),
            for_good: error.again == Again::Permanent,
            may_have_arrived: error.may_have_arrived,
            retry_after: error.retry_after,
        };
        message.failed(failure, self.now(), self.backoff, self.dice)
    }
}
