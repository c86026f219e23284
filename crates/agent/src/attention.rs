//! When a notification may be shown. It waits while its reader is in full screen, wants no disturbance or shares the
//! screen, and comes once that is over; several that waited come as one.
//!
//! Nothing is watched while nothing waits: the desktop is asked when a notification is due, and then again now and then
//! for as long as one is held. What cannot be asked holds nothing: a notification that nobody sees is worse than one that
//! comes at the wrong moment.

use std::collections::VecDeque;
use std::time::Duration;

#[cfg(all(unix, not(target_os = "macos")))]
mod linux;

/// How often the desktop is asked again at first: a call or a film that ends is followed soon.
const AGAIN_SOON: Duration = Duration::from_secs(5);
/// How many times.
const SOON: u32 = 24;
/// How often it is asked after that: a conference lasts.
const AGAIN: Duration = Duration::from_secs(20);
/// Notifications that are held with their words; of further ones only the number.
const HELD: usize = 64;
/// Longest wait for the desktop's answer.
const LOOK: Duration = Duration::from_secs(3);

/// Why a notification waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// The window that has the focus fills the screen.
    FullScreen,
    /// The user told the desktop not to disturb.
    DoNotDisturb,
    /// The screen is shown to others.
    SharingScreen,
}

/// Why the user is not to be disturbed now, if they are not.
pub async fn busy() -> Option<Busy> {
    tokio::time::timeout(LOOK, platform_busy()).await.unwrap_or_else(|_| {
        tracing::info!("the desktop does not say whether it may be disturbed");
        None
    })
}

#[cfg(all(unix, not(target_os = "macos")))]
async fn platform_busy() -> Option<Busy> {
    linux::Session::of_environment().busy().await
}

#[cfg(windows)]
async fn platform_busy() -> Option<Busy> {
    deskside_facts::attention::undisturbed().map(|why| match why {
        deskside_facts::attention::Undisturbed::FullScreen => Busy::FullScreen,
        deskside_facts::attention::Undisturbed::QuietTime => Busy::DoNotDisturb,
        deskside_facts::attention::Undisturbed::Presentation => Busy::SharingScreen,
    })
}

/// The system tells programs nothing of Focus or of screens that are shared, and holds notifications itself for both.
#[cfg(target_os = "macos")]
async fn platform_busy() -> Option<Busy> {
    None
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// Nothing.
    Nothing,
    /// Ask the desktop, and say what it answered ([`Attention::looked`]).
    Look,
    /// Wait so long, then come back ([`Attention::waited`]).
    Wait(Duration),
    /// Show these, in one notification, oldest first; `more` came after them and are only counted.
    Show {
        /// At least one.
        all: Vec<T>,
        /// How many more.
        more: u32,
    },
}

/// Holds what is due until it may be shown. Pure: it asks for nothing itself.
#[derive(Debug)]
pub struct Attention<T> {
    due: VecDeque<T>,
    more: u32,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing waits.
    Idle,
    /// The desktop is being asked, for the so-manieth time.
    Looking(u32),
    /// Held until it is asked again.
    Waiting(u32),
}

impl<T> Default for Attention<T> {
    fn default() -> Self {
        Self { due: VecDeque::new(), more: 0, phase: Phase::Idle }
    }
}

impl<T> Attention<T> {
    /// Something is due.
    pub fn due(&mut self, one: T) -> Step<T> {
        if self.due.len() < HELD {
            self.due.push_back(one);
        } else {
            self.more = self.more.saturating_add(1);
        }
        match self.phase {
            Phase::Idle => {
                self.phase = Phase::Looking(0);
                Step::Look
            }
            Phase::Looking(_) | Phase::Waiting(_) => Step::Nothing,
        }
    }

    /// The desktop said whether its user is busy.
    pub fn looked(&mut self, busy: bool) -> Step<T> {
        let Phase::Looking(times) = self.phase else { return Step::Nothing };
        if self.due.is_empty() {
            // What was due was read meanwhile.
            return self.rest();
        }
        if busy {
            self.phase = Phase::Waiting(times.saturating_add(1));
            return Step::Wait(if times < SOON { AGAIN_SOON } else { AGAIN });
        }
        let (all, more) = (std::mem::take(&mut self.due).into(), std::mem::take(&mut self.more));
        self.phase = Phase::Idle;
        Step::Show { all, more }
    }

    /// The wait is over.
    pub fn waited(&mut self) -> Step<T> {
        let Phase::Waiting(times) = self.phase else { return Step::Nothing };
        if self.due.is_empty() {
            return self.rest();
        }
        self.phase = Phase::Looking(times);
        Step::Look
    }

    /// What need not be shown any more.
    pub fn forget(&mut self, is_over: impl Fn(&T) -> bool) {
        self.due.retain(|one| !is_over(one));
    }

    /// Nothing need be shown any more.
    pub fn forget_all(&mut self) {
        self.due.clear();
        self.more = 0;
    }

    fn rest(&mut self) -> Step<T> {
        // With the words gone, a mere number says nothing to anybody; the tray counts.
        self.more = 0;
        self.phase = Phase::Idle;
        Step::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_nobody_is_disturbed_by_is_shown_at_once() {
        let mut attention = Attention::default();
        assert_eq!(attention.due(1), Step::Look);
        assert_eq!(attention.looked(false), Step::Show { all: vec![1], more: 0 });
        assert_eq!(attention.due(2), Step::Look);
    }

    #[test]
    fn what_waited_comes_once_and_together() {
        let mut attention = Attention::default();
        assert_eq!(attention.due(1), Step::Look);
        assert_eq!(attention.looked(true), Step::Wait(AGAIN_SOON));
        assert_eq!(attention.due(2), Step::Nothing);
        assert_eq!(attention.waited(), Step::Look);
        assert_eq!(attention.due(3), Step::Nothing);
        assert_eq!(attention.looked(false), Step::Show { all: vec![1, 2, 3], more: 0 });
        assert_eq!(attention.waited(), Step::Nothing);
        assert_eq!(attention.looked(false), Step::Nothing);
    }

    #[test]
    fn what_was_read_meanwhile_is_not_shown() {
        let mut attention = Attention::default();
        let _ = (attention.due(1), attention.looked(true), attention.due(2));
        attention.forget(|one| *one == 1);
        assert_eq!(attention.waited(), Step::Look);
        assert_eq!(attention.looked(false), Step::Show { all: vec![2], more: 0 });
        let _ = (attention.due(3), attention.looked(true));
        attention.forget_all();
        assert_eq!(attention.waited(), Step::Nothing, "the desktop is left alone");
        assert_eq!(attention.due(4), Step::Look);
    }

    #[test]
    fn the_longer_it_waits_the_less_it_asks() {
        let mut attention = Attention::default();
        let _ = attention.due(());
        let waits: Vec<_> = (0..=SOON + 2)
            .map(|_| {
                let step = attention.looked(true);
                let _ = attention.waited();
                step
            })
            .collect();
        assert_eq!(waits.first(), Some(&Step::Wait(AGAIN_SOON)));
        assert_eq!(waits.last(), Some(&Step::Wait(AGAIN)));
    }

    /// What happens to it.
    #[derive(Debug, Clone)]
    enum Happens {
        Due,
        Looked(bool),
        Waited,
        Read(usize),
        AllRead,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        prop_oneof![
            6 => Just(Happens::Due),
            4 => any::<bool>().prop_map(Happens::Looked),
            4 => Just(Happens::Waited),
            1 => (0..300_usize).prop_map(Happens::Read),
            1 => Just(Happens::AllRead),
        ]
    }

    proptest! {
        /// Whatever happens in whatever order: what was due and not read is shown exactly once, in its order, never while
        /// the desktop says that its user is busy; and as long as something is held, somebody comes back for it.
        #[test]
        fn nothing_is_lost_nothing_is_doubled(all in proptest::collection::vec(happens(), 0..400)) {
            let mut attention = Attention::default();
            let (mut next, mut shown, mut read) = (0_usize, Vec::new(), Vec::new());
            // Those beyond what is held with its words: all of them, told as a number, and read with the others.
            let (mut beyond, mut told_beyond, mut read_beyond) = (0_u32, 0_u32, 0_u32);
            let (mut looking, mut waiting) = (false, false);
            let mut steps = all;
            // The end of every story: the user has time.
            steps.extend([Happens::Waited, Happens::Looked(false), Happens::Due, Happens::Looked(false)]);
            for one in steps {
                let held: Vec<usize> = attention.due.iter().copied().collect();
                let before = attention.more;
                let step = match one {
                    Happens::Due => {
                        next += 1;
                        let step = attention.due(next - 1);
                        if attention.due.back() != Some(&(next - 1)) {
                            prop_assert_eq!(held.len(), HELD);
                            beyond += 1;
                            read.push(next - 1);
                        }
                        step
                    }
                    // The driver answers only what it was asked.
                    Happens::Looked(busy) if looking => {
                        looking = false;
                        let step = attention.looked(busy);
                        let shows = matches!(step, Step::Show { .. });
                        prop_assert!(!(busy && shows), "shown to somebody who is busy");
                        step
                    }
                    Happens::Waited if waiting => {
                        waiting = false;
                        attention.waited()
                    }
                    Happens::Looked(_) | Happens::Waited => Step::Nothing,
                    Happens::Read(which) => {
                        read.extend(held.iter().filter(|one| **one == which));
                        attention.forget(|one| *one == which);
                        Step::Nothing
                    }
                    Happens::AllRead => {
                        read.extend(held);
                        attention.forget_all();
                        Step::Nothing
                    }
                };
                let fewer = before.saturating_sub(attention.more);
                match &step {
                    Step::Show { more, .. } => { prop_assert_eq!(fewer, *more); told_beyond += fewer; }
                    Step::Nothing | Step::Look | Step::Wait(_) => read_beyond += fewer,
                }
                match step {
                    Step::Nothing => {}
                    Step::Look => { prop_assert!(!looking && !waiting); looking = true; }
                    Step::Wait(pause) => { prop_assert!(!looking && !waiting && pause >= AGAIN_SOON); waiting = true; }
                    Step::Show { all, .. } => {
                        prop_assert!(!all.is_empty());
                        shown.extend(all);
                    }
                }
                prop_assert!(attention.due.is_empty() || looking || waiting, "nobody comes back for {:?}", attention.due);
            }
            prop_assert!(attention.due.is_empty());
            prop_assert!(shown.is_sorted_by(|one, next| one < next), "{:?}", shown);
            let mut told: Vec<usize> = shown.iter().chain(&read).copied().collect();
            told.sort_unstable();
            prop_assert_eq!(told, (0..next).collect::<Vec<_>>());
            prop_assert_eq!(told_beyond + read_beyond, beyond);
        }
    }
}
