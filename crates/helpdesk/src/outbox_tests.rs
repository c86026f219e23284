//! Every interleaving of the machine with a network, a desk and a user.

use std::collections::BTreeSet;

use deskside_protocol::ErrorCode;
use proptest::prelude::*;

use super::*;

const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(60) };

/// A helpdesk that keeps what reaches it. `creations` counts what a desk without idempotency would have made.
#[derive(Debug, Default)]
struct Desk {
    exists: bool,
    creations: u32,
    files: BTreeSet<AttachmentId>,
    /// What it takes from nobody.
    refuses: BTreeSet<AttachmentId>,
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

/// A file that no helpdesk takes, and why.
fn poison() -> ErrorReport {
    ErrorReport::new(ErrorCode::FileType, "no such files")
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

fn placed(desk: &Desk, kind: Kind, announced: &[AttachmentId]) -> Placed {
    Placed {
        number: (kind == Kind::Ticket).then_some(7),
        missing: announced.iter().filter(|id| !desk.files.contains(id)).copied().collect(),
        refused: Vec::new(),
    }
}

/// One exchange with the desk under this fate; the message is written to disk and read back, as the worker does.
fn exchange(message: Message, desk: &mut Desk, fate: Fate, now: Timestamp, dice: f64) -> Message {
    let step = message.next(now, Duration::ZERO);
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
            Step::Attach(file) if desk.refuses.contains(&file) => {}
            Step::Attach(file) => {
                desk.files.insert(file);
            }
            Step::Look | Step::Wait(_) | Step::Rest => {}
        }
    }
    let after = match (fate, step) {
        (_, Step::Wait(_) | Step::Rest) => message,
        (Fate::Well, Step::Look) => {
            let found = desk.exists.then(|| placed(desk, message.kind, &message.files));
            message.looked(found.as_ref(), now, Duration::ZERO)
        }
        (Fate::Well, Step::Place) => {
            let placed = placed(desk, message.kind, &message.files);
            message.placed(&placed)
        }
        (Fate::Well | Fate::Refused, Step::Attach(file)) if desk.refuses.contains(&file) => {
            message.file_refused(file, poison())
        }
        (Fate::Well, Step::Attach(file)) => message.attached(file),
        (Fate::Unsent, _) => message.failed(failure(ErrorCode::Unreachable, false, false), now, BACKOFF, dice),
        (Fate::AnswerLost, _) => message.failed(failure(ErrorCode::TimedOut, false, true), now, BACKOFF, dice),
        (Fate::Busy, _) => message.failed(failure(ErrorCode::Busy, false, true), now, BACKOFF, dice),
        (Fate::Refused, _) => message.failed(failure(ErrorCode::Refused, true, false), now, BACKOFF, dice),
        // Nothing of the answer was kept: the state is the one before, read again.
        (Fate::Killed | Fate::KilledBefore, _) => before.restarted(now),
    };
    let kept = serde_json::to_string(&after).unwrap();
    serde_json::from_str(&kept).unwrap()
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_is_doubled(
        kind in kind(),
        files in proptest::collection::vec(any::<bool>(), 0..4),
        fates in proptest::collection::vec((fate(), 0.0f64..1.0, 0i64..200_000), 0..60),
    ) {
        let files: Vec<_> = files.into_iter().map(|poisoned| (AttachmentId::new(), poisoned)).collect();
        let (poisoned, good): (Vec<_>, Vec<_>) = files.iter().partition(|(_, poisoned)| *poisoned);
        let of = |files: Vec<(AttachmentId, bool)>| files.into_iter().map(|(id, _)| id).collect::<BTreeSet<_>>();
        let (poisoned, good) = (of(poisoned), of(good));
        let files: Vec<_> = files.into_iter().map(|(id, _)| id).collect();
        let mut message = Message::new(kind, files.clone());
        let mut desk = Desk { refuses: poisoned.clone(), ..Desk::default() };
        let mut now = Timestamp::from_unix_ms(1_000_000);
        for (fate, dice, passes_ms) in fates {
            now = Timestamp::from_unix_ms(now.unix_ms() + passes_ms);
            if matches!(message.stage, Stage::Parked { .. }) {
                prop_assert_eq!(message.next(now, Duration::ZERO), Step::Rest, "a parked message is tried by itself");
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
        prop_assert_eq!(desk.creations, 1);
        prop_assert_eq!(&desk.files, &good, "every file that is taken, whatever else is refused");
        let refused: BTreeSet<_> = message.refused.iter().map(|refused| refused.file).collect();
        prop_assert_eq!(&refused, &poisoned, "what was refused is said");
        prop_assert!(message.lets_pass(), "what was written after it goes");
        if poisoned.is_empty() {
            prop_assert!(matches!(message.stage, Stage::Delivered { .. }), "lost: {:?}", message);
        } else {
            prop_assert!(matches!(message.stage, Stage::Parked { arrived: true, .. }), "lost: {:?}", message);
            let without = message.clone().without_refused();
            prop_assert!(matches!(without.stage, Stage::Delivered { .. }), "it can be done without: {:?}", without);
            prop_assert_eq!(without.files.into_iter().collect::<BTreeSet<_>>(), good);
        }
        prop_assert_eq!(message.restarted(now).next(now, Duration::ZERO), Step::Rest);
    }

    #[test]
    fn waits_stay_between_the_first_and_the_cap(last_ms in 0u64..10_000_000, dice in 0.0f64..1.0) {
        let wait = BACKOFF.next(Duration::from_millis(last_ms), dice);
        prop_assert!(wait >= BACKOFF.first && wait <= BACKOFF.cap);
    }

    #[test]
    fn no_clock_makes_a_message_wait_for_longer_than_an_hour(
        failed_at in -4_000_000_000_000i64..4_000_000_000_000,
        now in -4_000_000_000_000i64..4_000_000_000_000,
        asked_s in 0u64..3600,
        dice in 0.0f64..1.0,
    ) {
        let failure = Failure {
            report: ErrorReport::new(ErrorCode::Busy, "later"),
            for_good: false,
            may_have_arrived: false,
            retry_after: Some(Duration::from_secs(asked_s)),
        };
        let (failed_at, now) = (Timestamp::from_unix_ms(failed_at), Timestamp::from_unix_ms(now));
        let message = Message::new(Kind::Ticket, vec![]).failed(failure, failed_at, BACKOFF, dice);
        if let Step::Wait(due) = message.next(now, Duration::ZERO) {
            prop_assert!(due.unix_ms() - now.unix_ms() <= 3_660_000);
        } else {
            prop_assert_eq!(message.next(now, Duration::ZERO), Step::Place);
        }
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
        prop_assert!(matches!(message.next(early, Duration::ZERO), Step::Wait(_)));
        let hoped = message.clone().resumed(false);
        prop_assert_eq!(&hoped, &message, "a change of network does not shorten what was asked for");
        prop_assert_eq!(message.resumed(true).next(early, Duration::ZERO), Step::Place);
    }
}

#[test]
fn a_ticket_that_may_have_arrived_is_looked_for_first() {
    let now = Timestamp::from_unix_ms(0);
    let fresh = Message::new(Kind::Ticket, vec![]);
    assert_eq!(fresh.next(now, Duration::ZERO), Step::Place, "the first try needs no question");
    assert_eq!(fresh.restarted(now).next(now, Duration::ZERO), Step::Look);
}

#[test]
fn a_parked_reply_holds_nothing_up_but_a_parked_ticket_holds_its_replies() {
    let why = || ErrorReport::new(ErrorCode::Refused, "no");
    let parked = |kind, number| Message {
        stage: Stage::Parked { number, arrived: false, why: why() },
        ..Message::new(kind, vec![])
    };
    assert!(parked(Kind::FollowUp, None).lets_pass());
    assert!(!parked(Kind::Ticket, None).lets_pass());
    assert!(parked(Kind::Ticket, Some(7)).lets_pass(), "only a file of it was refused");
}

#[test]
fn a_state_that_an_older_version_wrote_is_read() {
    let kept = r#"{"kind":"ticket","files":[],"stage":"parked","number":7,"why":{"code":"refused","detail":"no"},
        "tries":1,"waited_ms":0,"not_before":null,"asked_to_wait":false,"last_error":null,"ever_failed":true}"#;
    let message: Message = serde_json::from_str(kept).unwrap();
    assert!(message.has_arrived() && message.lets_pass(), "its number says that it arrived");
}
