//! What a message in the outbox is going through, as a pure machine: what happened goes in, the new state and the next
//! step come out. No clock, no dice and no I/O, so that every interleaving can be tried in a test.
//!
//! What must hold, whatever happens in whatever order:
//! - nothing is lost: a message ends as delivered, or parked with its reason, or still waits;
//! - nothing is doubled: once a try may have arrived, the helpdesk is asked before anything is created again;
//! - delivered is final;
//! - the program may end between any two steps: [`Message::restarted`] from the last kept state is enough to go on.

use std::time::Duration;

use deskside_protocol::desk::Receipt;
use deskside_protocol::{AttachmentId, ErrorReport, Timestamp};
use serde::{Deserialize, Serialize};

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A new ticket: looked up before it is created again.
    Ticket,
    /// A reply, with or without files. Placing it twice is harmless: it has an identity of its own.
    FollowUp,
    /// Confirms, reopens or rates. Placing it twice is harmless, likewise.
    Verdict,
}

/// How far it has come. Only [`Stage::Delivered`] is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Stage {
    /// The helpdesk is not known to have it.
    New {
        /// Whether an earlier try may have reached the helpdesk all the same.
        doubt: bool,
    },
    /// The helpdesk has it, but not all of its files.
    Placed {
        /// The number people use; only tickets have one.
        number: Option<u64>,
        /// Files that have not arrived.
        missing: Vec<AttachmentId>,
        /// Whether more of them may have arrived than is known.
        doubt: bool,
    },
    /// The helpdesk has all of it.
    Delivered {
        /// The number people use; only tickets have one.
        number: Option<u64>,
    },
    /// The helpdesk refuses it for good; it stays here until somebody looks.
    Parked {
        /// The number, if the helpdesk has the ticket and refuses a file of it.
        number: Option<u64>,
        /// Why.
        why: ErrorReport,
    },
}

/// A message and what it has been through. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Its files, as announced.
    pub files: Vec<AttachmentId>,
    /// How far it has come.
    #[serde(flatten)]
    pub stage: Stage,
    /// Failed tries since the last step that went well.
    pub tries: u32,
    /// The last wait, which the next one grows from.
    pub waited_ms: u64,
    /// When the next try is due, if one failed.
    pub not_before: Option<Timestamp>,
    /// Whether the helpdesk itself asked for that wait: a change of network does not shorten it.
    pub asked_to_wait: bool,
    /// What stopped the last try.
    pub last_error: Option<ErrorReport>,
    /// Whether any try ever failed: its sender was told that it waits, and is told when it arrives.
    pub ever_failed: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask the helpdesk whether it has the ticket.
    Look,
    /// Create the ticket, add the reply, give the verdict.
    Place,
    /// Send this file.
    Attach(AttachmentId),
    /// Nothing before this moment.
    Wait(Timestamp),
    /// Nothing at all: it is delivered or parked.
    Rest,
}

/// A try that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub report: ErrorReport,
    /// Whether trying again cannot help.
    pub for_good: bool,
    /// Whether the request may have reached the helpdesk.
    pub may_have_arrived: bool,
    /// How long the helpdesk asks to wait.
    pub retry_after: Option<Duration>,
}

/// How waits grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The shortest wait.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
}

impl Backoff {
    /// "Decorrelated jitter" (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): between the
    /// first wait and three times the last one, capped. `dice` is uniform in 0..1; spread keeps a fleet that lost its
    /// server together from coming back together.
    #[must_use]
    pub fn next(self, last: Duration, dice: f64) -> Duration {
        let first = self.first.as_secs_f64();
        let top = (last.as_secs_f64() * 3.0).max(first);
        let wait = first + dice.clamp(0.0, 1.0) * (top - first);
        Duration::from_secs_f64(wait.min(self.cap.as_secs_f64()))
    }
}

impl Message {
    /// A message that was just written.
    #[must_use]
    pub fn new(kind: Kind, files: Vec<AttachmentId>) -> Self {
        Self {
            kind,
            files,
            stage: Stage::New { doubt: false },
            tries: 0,
            waited_ms: 0,
            not_before: None,
            asked_to_wait: false,
            last_error: None,
            ever_failed: false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Step {
        let step = match (&self.stage, self.kind) {
            (Stage::Delivered { .. } | Stage::Parked { .. }, _) => return Step::Rest,
            (Stage::New { doubt: true } | Stage::Placed { doubt: true, .. }, Kind::Ticket) => Step::Look,
            (Stage::New { .. } | Stage::Placed { doubt: true, .. }, _) => Step::Place,
            (Stage::Placed { missing, .. }, _) => match missing.first() {
                Some(file) => Step::Attach(*file),
                // Reached only from a state written by hand: ask again rather than claim.
                None if self.kind == Kind::Ticket => Step::Look,
                None => Step::Place,
            },
        };
        match self.not_before {
            Some(due) if due > now => Step::Wait(due),
            Some(_) | None => step,
        }
    }

    /// The helpdesk answered the question whether it has the ticket.
    #[must_use]
    pub fn looked(self, found: Option<&Receipt>) -> Self {
        if self.is_at_rest() {
            return self;
        }
        match found {
            Some(receipt) => self.placed(Some(receipt.number), &receipt.missing),
            // It never arrived, or the helpdesk lost it since (a restored backup): create it.
            None => Self { stage: Stage::New { doubt: false }, ..self.went_well() },
        }
    }

    /// The helpdesk has it; these files it still lacks.
    #[must_use]
    pub fn placed(self, number: Option<u64>, missing: &[AttachmentId]) -> Self {
        if self.is_at_rest() {
            return self;
        }
        // A server may name files that were never announced; there is nothing to send for those.
        let missing: Vec<_> = self.files.iter().filter(|file| missing.contains(file)).copied().collect();
        let stage = if missing.is_empty() {
            Stage::Delivered { number }
        } else {
            Stage::Placed { number, missing, doubt: false }
        };
        Self { stage, ..self.went_well() }
    }

    /// A file arrived.
    #[must_use]
    pub fn attached(self, file: AttachmentId) -> Self {
        let Stage::Placed { number, missing, doubt } = &self.stage else { return self };
        let missing: Vec<_> = missing.iter().filter(|id| **id != file).copied().collect();
        let stage = if missing.is_empty() && !doubt {
            Stage::Delivered { number: *number }
        } else {
            Stage::Placed { number: *number, missing, doubt: *doubt }
        };
        Self { stage, ..self.went_well() }
    }

    /// A try failed.
    #[must_use]
    pub fn failed(self, failure: Failure, now: Timestamp, backoff: Backoff, dice: f64) -> Self {
        if self.is_at_rest() {
            return self;
        }
        if failure.for_good {
            let number = self.number();
            return Self {
                stage: Stage::Parked { number, why: failure.report.clone() },
                tries: self.tries.saturating_add(1),
                not_before: None,
                asked_to_wait: false,
                last_error: Some(failure.report),
                ever_failed: true,
                ..self
            };
        }
        let wait = backoff.next(Duration::from_millis(self.waited_ms), dice);
        let until = failure.retry_after.map_or(wait, |asked| asked.max(wait));
        let stage = match self.stage {
            Stage::New { doubt } => Stage::New { doubt: doubt || failure.may_have_arrived },
            Stage::Placed { number, missing, doubt } => {
                Stage::Placed { number, missing, doubt: doubt || failure.may_have_arrived }
            }
            stage @ (Stage::Delivered { .. } | Stage::Parked { .. }) => stage,
        };
        Self {
            stage,
            tries: self.tries.saturating_add(1),
            waited_ms: millis(wait),
            not_before: Some(Timestamp::from_unix_ms(
                now.unix_ms().saturating_add(i64::try_from(millis(until)).unwrap_or(i64::MAX)),
            )),
            asked_to_wait: failure.retry_after.is_some(),
            last_error: Some(failure.report),
            ever_failed: true,
            ..self
        }
    }

    /// The program was ended and started again: whatever was under way may have arrived.
    #[must_use]
    pub fn restarted(self) -> Self {
        let stage = match self.stage {
            Stage::New { .. } => Stage::New { doubt: true },
            Stage::Placed { number, missing, .. } => Stage::Placed { number, missing, doubt: true },
            stage @ (Stage::Delivered { .. } | Stage::Parked { .. }) => stage,
        };
        Self { stage, ..self }
    }

    /// There is reason to hope (the network changed, the helpdesk is heard again): the wait is over, unless the helpdesk
    /// asked for it. `by_user`: somebody asked to try now, which overrides that too.
    #[must_use]
    pub fn resumed(self, by_user: bool) -> Self {
        if self.asked_to_wait && !by_user {
            return self;
        }
        Self { not_before: None, asked_to_wait: false, waited_ms: 0, ..self }
    }

    /// Somebody looked at a parked message and wants it tried again.
    #[must_use]
    pub fn unparked(self) -> Self {
        match self.stage {
            // Whatever it had reached is asked for again; the reason stays readable until the next try.
            Stage::Parked { .. } => Self {
                stage: Stage::New { doubt: true },
                tries: 0,
                waited_ms: 0,
                not_before: None,
                asked_to_wait: false,
                ..self
            },
            Stage::New { .. } | Stage::Placed { .. } | Stage::Delivered { .. } => self,
        }
    }

    /// The number people use, once the helpdesk has given one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.stage {
            Stage::New { .. } => None,
            Stage::Placed { number, .. } | Stage::Delivered { number } | Stage::Parked { number, .. } => number,
        }
    }

    /// Whether there is nothing to do for it.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        match self.stage {
            Stage::Delivered { .. } | Stage::Parked { .. } => true,
            Stage::New { .. } | Stage::Placed { .. } => false,
        }
    }

    /// Whether what comes after it in the same request may go: a reply needs its ticket in the helpdesk, and waits its
    /// turn behind replies that are on their way; but nothing waits behind a reply that is parked.
    #[must_use]
    pub fn lets_pass(&self) -> bool {
        match (&self.stage, self.kind) {
            (Stage::Delivered { .. }, _) => true,
            (Stage::Parked { number, .. }, Kind::Ticket) => number.is_some(),
            (Stage::Parked { .. }, Kind::FollowUp | Kind::Verdict) => true,
            (Stage::New { .. } | Stage::Placed { .. }, _) => false,
        }
    }

    fn went_well(self) -> Self {
        Self { tries: 0, waited_ms: 0, not_before: None, asked_to_wait: false, last_error: None, ..self }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use deskside_protocol::{ClientId, ErrorCode};
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(60) };

    /// A helpdesk that keeps what reaches it. `creations` counts what a desk without idempotency would have made.
    #[derive(Debug, Default)]
    struct Desk {
        exists: bool,
        creations: u32,
        files: BTreeSet<AttachmentId>,
    }

    /// What happens to one exchange.
    #[derive(Debug, Clone, Copy)]
    enum Fate {
        /// All goes well.
        Well,
        /// The request never leaves.
        Unsent,
        /// It arrives; its answer does not.
        AnswerLost,
        /// It arrives; then the program is killed before the answer is kept.
        Killed,
        /// The program is killed before it leaves.
        KilledBefore,
        /// The helpdesk is busy.
        Busy,
        /// The helpdesk refuses for good, and somebody presses "try again" later.
        Refused,
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            4 => Just(Fate::Well),
            2 => Just(Fate::Unsent),
            2 => Just(Fate::AnswerLost),
            2 => Just(Fate::Killed),
            1 => Just(Fate::KilledBefore),
            1 => Just(Fate::Busy),
            1 => Just(Fate::Refused),
        ]
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![Just(Kind::Ticket), Just(Kind::FollowUp), Just(Kind::Verdict)]
    }

    fn receipt(desk: &Desk, announced: &[AttachmentId]) -> Receipt {
        Receipt {
            client_id: ClientId::new(),
            number: 7,
            missing: announced.iter().filter(|id| !desk.files.contains(id)).copied().collect(),
        }
    }

    /// One exchange with the desk under this fate; the message is written to disk and read back, as the worker does.
    fn exchange(message: Message, desk: &mut Desk, fate: Fate, now: Timestamp, dice: f64) -> Message {
        let step = message.next(now);
        let before = message.clone();
        let failure = |code, for_good, may_have_arrived| Failure {
            report: ErrorReport::new(code, "test"),
            for_good,
            may_have_arrived,
            retry_after: (code == ErrorCode::Busy).then_some(Duration::from_secs(5)),
        };
        let arrives = matches!(fate, Fate::Well | Fate::AnswerLost | Fate::Killed);
        if arrives {
            match step {
                Step::Place => {
                    let twice_is_harmless = message.kind != Kind::Ticket;
                    if !(desk.exists && twice_is_harmless) {
                        desk.creations += 1;
                    }
                    desk.exists = true;
                }
                Step::Attach(file) => {
                    desk.files.insert(file);
                }
                Step::Look | Step::Wait(_) | Step::Rest => {}
            }
        }
        let after = match (fate, step) {
            (_, Step::Wait(_) | Step::Rest) => message,
            (Fate::Well, Step::Look) => {
                let receipt = desk.exists.then(|| receipt(desk, &message.files));
                message.looked(receipt.as_ref())
            }
            (Fate::Well, Step::Place) => {
                let receipt = receipt(desk, &message.files);
                let number = (message.kind == Kind::Ticket).then_some(7);
                message.placed(number, &receipt.missing)
            }
            (Fate::Well, Step::Attach(file)) => message.attached(file),
            (Fate::Unsent, _) => message.failed(failure(ErrorCode::Unreachable, false, false), now, BACKOFF, dice),
            (Fate::AnswerLost, _) => message.failed(failure(ErrorCode::TimedOut, false, true), now, BACKOFF, dice),
            (Fate::Busy, _) => message.failed(failure(ErrorCode::Busy, false, true), now, BACKOFF, dice),
            (Fate::Refused, _) => message.failed(failure(ErrorCode::Refused, true, false), now, BACKOFF, dice),
            // Nothing of the answer was kept: the state is the one before, read again.
            (Fate::Killed | Fate::KilledBefore, _) => before.restarted(),
        };
        let kept = serde_json::to_string(&after).unwrap();
        serde_json::from_str(&kept).unwrap()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_doubled(
            kind in kind(),
            files in 0usize..4,
            fates in proptest::collection::vec((fate(), 0.0f64..1.0, 0i64..200_000), 0..60),
        ) {
            let files: Vec<_> = (0..files).map(|_| AttachmentId::new()).collect();
            let mut message = Message::new(kind, files.clone());
            let mut desk = Desk::default();
            let mut now = Timestamp::from_unix_ms(1_000_000);
            for (fate, dice, passes_ms) in fates {
                now = Timestamp::from_unix_ms(now.unix_ms() + passes_ms);
                if matches!(message.stage, Stage::Parked { .. }) {
                    prop_assert_eq!(message.next(now), Step::Rest, "a parked message is tried by itself");
                    message = message.unparked();
                }
                let was_delivered = matches!(message.stage, Stage::Delivered { .. });
                let before = message.clone();
                message = exchange(message, &mut desk, fate, now, dice);
                if was_delivered {
                    prop_assert_eq!(&message, &before, "delivered is final");
                }
                prop_assert!(desk.creations <= 1, "created twice");
            }
            // In the end the network is good: it must arrive, within as many steps as it has parts.
            message = message.unparked().resumed(true);
            for _ in 0..(4 + files.len() * 2) {
                message = exchange(message, &mut desk, Fate::Well, now, 0.5);
            }
            prop_assert!(matches!(message.stage, Stage::Delivered { .. }), "lost: {:?}", message);
            prop_assert_eq!(desk.creations, 1);
            prop_assert_eq!(desk.files, files.into_iter().collect::<BTreeSet<_>>());
            prop_assert_eq!(message.restarted().next(now), Step::Rest);
        }

        #[test]
        fn waits_stay_between_the_first_and_the_cap(last_ms in 0u64..10_000_000, dice in 0.0f64..1.0) {
            let wait = BACKOFF.next(Duration::from_millis(last_ms), dice);
            prop_assert!(wait >= BACKOFF.first && wait <= BACKOFF.cap);
        }

        #[test]
        fn what_the_helpdesk_asks_for_is_honoured(asked_s in 0u64..3600, dice in 0.0f64..1.0) {
            let now = Timestamp::from_unix_ms(0);
            let failure = Failure {
                report: ErrorReport::new(ErrorCode::Busy, "later"),
                for_good: false,
                may_have_arrived: false,
                retry_after: Some(Duration::from_secs(asked_s)),
            };
            let message = Message::new(Kind::Ticket, vec![]).failed(failure, now, BACKOFF, dice);
            let early = Timestamp::from_unix_ms(i64::try_from(asked_s).unwrap() * 1000 - 1);
            prop_assert!(matches!(message.next(early), Step::Wait(_)));
            let hoped = message.clone().resumed(false);
            prop_assert_eq!(&hoped, &message, "a change of network does not shorten what was asked for");
            prop_assert_eq!(message.resumed(true).next(early), Step::Place);
        }
    }

    #[test]
    fn a_ticket_that_may_have_arrived_is_looked_for_first() {
        let now = Timestamp::from_unix_ms(0);
        let fresh = Message::new(Kind::Ticket, vec![]);
        assert_eq!(fresh.next(now), Step::Place, "the first try needs no question");
        assert_eq!(fresh.restarted().next(now), Step::Look);
    }

    #[test]
    fn a_parked_reply_holds_nothing_up_but_a_parked_ticket_holds_its_replies() {
        let why = || ErrorReport::new(ErrorCode::Refused, "no");
        let parked =
            |kind, number| Message { stage: Stage::Parked { number, why: why() }, ..Message::new(kind, vec![]) };
        assert!(parked(Kind::FollowUp, None).lets_pass());
        assert!(!parked(Kind::Ticket, None).lets_pass());
        assert!(parked(Kind::Ticket, Some(7)).lets_pass(), "only a file of it was refused");
    }
}
