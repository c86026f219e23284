//! What a message in the outbox is going through, as a pure machine: what happened goes in, the new state and the next
//! step come out. No clock, no dice and no I/O, so that every interleaving can be tried in a test.
//!
//! What must hold, whatever happens in whatever order:
//! - nothing is lost: a message ends as delivered, or parked with its reason, or still waits;
//! - a file that is refused holds up neither the files after it nor what was written after them: the rest goes, and what
//!   was refused is said at the end;
//! - nothing is doubled: once a try may have arrived, the helpdesk is asked before anything is created again;
//! - delivered is final;
//! - the program may end between any two steps: [`Message::restarted`] from the last kept state is enough to go on.

use std::time::Duration;

use crate::Placed;
use deskside_protocol::{AttachmentId, ErrorReport, Timestamp, limits};
use serde::{Deserialize, Serialize};

/// No wait is longer, in milliseconds: what a helpdesk may ask for ([`limits::RETRY_AFTER`]), and a little.
const LONGEST_MS: i64 = limits::RETRY_AFTER.as_secs().cast_signed() * 1000 + 60_000;

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
    /// The helpdesk refuses it, or a file of it, for good; it stays here until somebody looks.
    Parked {
        /// The number, if the helpdesk has the ticket and refuses a file of it.
        number: Option<u64>,
        /// Whether the helpdesk has it all the same, and only files of it were refused.
        #[serde(default)]
        arrived: bool,
        /// Why.
        why: ErrorReport,
    },
}

/// A file that the helpdesk refuses for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub file: AttachmentId,
    /// Why.
    pub why: ErrorReport,
}

/// A message and what it has been through. Kept as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Its files, as announced.
    pub files: Vec<AttachmentId>,
    /// Those of its files that were refused, since somebody last looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Files that its writer does without, since they were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<AttachmentId>,
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
    /// Since when it is in doubt whether the last try arrived: the helpdesk may work on it for a while yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt_since: Option<Timestamp>,
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
            refused: Vec::new(),
            given_up: Vec::new(),
            stage: Stage::New { doubt: false },
            tries: 0,
            waited_ms: 0,
            not_before: None,
            asked_to_wait: false,
            last_error: None,
            doubt_since: None,
            ever_failed: false,
        }
    }

    /// What to do next. `lag`: how long the helpdesk may not show yet what has arrived
    /// ([`crate::Capabilities::lag`]).
    #[must_use]
    pub fn next(&self, now: Timestamp, lag: Duration) -> Step {
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
        // A ticket is looked up at once, and only a "no" has to wait; of what follows, looking and sending are one step.
        let settled = match self.kind {
            Kind::Ticket => None,
            Kind::FollowUp | Kind::Verdict => self.settled_at(now, lag),
        };
        match self.not_before.max(settled) {
            Some(due) if due > now && is_soon(due, now) => Step::Wait(due),
            Some(_) | None => step,
        }
    }

    /// The clock was set back since the last try: the moment of that try is not known any more, and the lag is waited for
    /// anew from now on. Called before each step.
    #[must_use]
    pub fn under_clock(self, now: Timestamp) -> Self {
        Self { doubt_since: self.doubt_since.map(|since| since.min(now)), ..self }
    }

    /// Until when the helpdesk may not show yet what has arrived, if that is still to come.
    fn settled_at(&self, now: Timestamp, lag: Duration) -> Option<Timestamp> {
        let since = self.doubt_since?;
        // In the future, where the clock was set back since ([`Self::under_clock`]): never longer than the lag.
        let since = since.min(now);
        let due =
            Timestamp::from_unix_ms(since.unix_ms().saturating_add(i64::try_from(millis(lag)).unwrap_or(i64::MAX)));
        (due > now).then_some(due)
    }

    /// The helpdesk answered the question whether it has the ticket. A "no", or a missing file, counts only once the
    /// helpdesk shows what has arrived.
    #[must_use]
    pub fn looked(self, found: Option<&Placed>, now: Timestamp, lag: Duration) -> Self {
        if self.is_at_rest() {
            return self;
        }
        let lacks = found.is_none_or(|placed| !placed.missing.is_empty());
        if let Some(due) = self.settled_at(now, lag).filter(|_| lacks) {
            let stage = match found {
                Some(placed) => Stage::Placed { number: placed.number, missing: placed.missing.clone(), doubt: true },
                None => self.stage,
            };
            return Self { stage, not_before: Some(due), asked_to_wait: false, ..self };
        }
        match found {
            Some(placed) => self.placed(placed),
            // It never arrived, or the helpdesk lost it since (a restored backup): create it.
            None => Self { stage: Stage::New { doubt: false }, refused: Vec::new(), ..self.went_well() },
        }
    }

    /// The helpdesk has it, but for files that it lacks or refuses.
    #[must_use]
    pub fn placed(mut self, placed: &Placed) -> Self {
        if self.is_at_rest() {
            return self;
        }
        for (file, error) in &placed.refused {
            let known = self.refused.iter().any(|refused| refused.file == *file);
            if self.files.contains(file) && !known {
                self.refused.push(Refused { file: *file, why: error.clone().into() });
            }
        }
        if !self.refused.is_empty() {
            self.ever_failed = true;
        }
        let (number, missing) = (placed.number.or(self.number()), &placed.missing);
        // A server may name files that were never announced; there is nothing to send for those. Nor for those refused.
        let still = |file: &AttachmentId| missing.contains(file) && !self.refused.iter().any(|r| r.file == *file);
        let missing = self.files.iter().copied().filter(still).collect();
        let after = self.settled(number, missing, false).went_well();
        Self { last_error: after.refused.first().map(|refused| refused.why.clone()), ..after }
    }

    /// A file arrived.
    #[must_use]
    pub fn attached(self, file: AttachmentId) -> Self {
        let Stage::Placed { number, missing, doubt } = &self.stage else { return self };
        let (number, doubt) = (*number, *doubt);
        let missing = missing.iter().copied().filter(|id| *id != file).collect();
        self.settled(number, missing, doubt).went_well()
    }

    /// The helpdesk refuses a file for good. The others go on.
    #[must_use]
    pub fn file_refused(self, file: AttachmentId, why: ErrorReport) -> Self {
        let Stage::Placed { number, missing, doubt } = &self.stage else { return self };
        let (number, doubt) = (*number, *doubt);
        let missing = missing.iter().copied().filter(|id| *id != file).collect();
        let refused = self.refused.iter().cloned().chain([Refused { file, why: why.clone() }]).collect();
        let after = Self { refused, ever_failed: true, ..self }.settled(number, missing, doubt).went_well();
        Self { last_error: Some(why), ..after }
    }

    /// The stage of what the helpdesk has, with these files missing.
    fn settled(self, number: Option<u64>, missing: Vec<AttachmentId>, doubt: bool) -> Self {
        let stage = match self.refused.first() {
            _ if doubt || !missing.is_empty() => Stage::Placed { number, missing, doubt },
            Some(first) => Stage::Parked { number, arrived: true, why: first.why.clone() },
            None => Stage::Delivered { number },
        };
        Self { stage, ..self }
    }

    /// A try failed.
    #[must_use]
    pub fn failed(self, failure: Failure, now: Timestamp, backoff: Backoff, dice: f64) -> Self {
        if self.is_at_rest() {
            return self;
        }
        if failure.for_good {
            let (number, arrived) = (self.number(), self.has_arrived());
            let mut refused = self.refused;
            // What had not gone with it is refused with it.
            if let Stage::Placed { missing, .. } = self.stage {
                refused.extend(missing.into_iter().map(|file| Refused { file, why: failure.report.clone() }));
            }
            return Self {
                refused,
                stage: Stage::Parked { number, arrived, why: failure.report.clone() },
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
        // Of a ticket in doubt nothing is sent: looking for it leaves no new doubt.
        let in_doubt = matches!(self.stage, Stage::New { doubt: true } | Stage::Placed { doubt: true, .. });
        let only_looked = in_doubt && self.kind == Kind::Ticket && self.doubt_since.is_some();
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
            doubt_since: if failure.may_have_arrived && !only_looked { Some(now) } else { self.doubt_since },
            ever_failed: true,
            ..self
        }
    }

    /// The program was ended and started again: whatever was under way may have arrived.
    #[must_use]
    pub fn restarted(self, now: Timestamp) -> Self {
        let stage = match self.stage {
            Stage::New { .. } => Stage::New { doubt: true },
            Stage::Placed { number, missing, .. } => Stage::Placed { number, missing, doubt: true },
            stage @ (Stage::Delivered { .. } | Stage::Parked { .. }) => return Self { stage, ..self },
        };
        Self { stage, doubt_since: Some(now), ..self }
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
        // Whatever it had reached is asked for again; the reason stays readable until the next try.
        let stage = match self.stage {
            Stage::Parked { number, .. } if self.has_arrived() => {
                Stage::Placed { number, missing: self.files.clone(), doubt: true }
            }
            Stage::Parked { .. } => Stage::New { doubt: true },
            Stage::New { .. } | Stage::Placed { .. } | Stage::Delivered { .. } => return self,
        };
        Self { stage, refused: Vec::new(), tries: 0, waited_ms: 0, not_before: None, asked_to_wait: false, ..self }
    }

    /// The number people use, once the helpdesk has given one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.stage {
            Stage::New { .. } => None,
            Stage::Placed { number, .. } | Stage::Delivered { number } | Stage::Parked { number, .. } => number,
        }
    }

    /// Whether the helpdesk is known to have it, with or without its files.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        match self.stage {
            Stage::New { .. } => false,
            Stage::Placed { .. } | Stage::Delivered { .. } => true,
            Stage::Parked { number, arrived, .. } => arrived || number.is_some(),
        }
    }

    /// Somebody looked at files that were refused and does without them: what has arrived is all that shall.
    #[must_use]
    pub fn without_refused(self) -> Self {
        match self.stage {
            Stage::Parked { number, .. } if self.has_arrived() => {
                let refused = self.refused.iter().map(|refused| refused.file);
                let given_up: Vec<_> = self.given_up.iter().copied().chain(refused).collect();
                let files = self.files.iter().copied().filter(|id| !given_up.contains(id)).collect();
                Self { files, given_up, stage: Stage::Delivered { number }, refused: Vec::new(), ..self }
            }
            Stage::New { .. } | Stage::Placed { .. } | Stage::Delivered { .. } | Stage::Parked { .. } => self,
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
            (Stage::Parked { .. }, Kind::Ticket) => self.has_arrived(),
            (Stage::Parked { .. }, Kind::FollowUp | Kind::Verdict) => true,
            (Stage::New { .. } | Stage::Placed { .. }, _) => false,
        }
    }

    fn went_well(self) -> Self {
        Self {
            tries: 0,
            waited_ms: 0,
            not_before: None,
            asked_to_wait: false,
            last_error: None,
            doubt_since: None,
            ..self
        }
    }
}

/// Whether a wait until `due` is one that somebody could have meant: further ahead, the clock was set back since.
#[must_use]
pub fn is_soon(due: Timestamp, now: Timestamp) -> bool {
    due.unix_ms().saturating_sub(now.unix_ms()) <= LONGEST_MS
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
