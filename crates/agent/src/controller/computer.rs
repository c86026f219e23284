//! What is known of this machine. Nothing is collected while nobody looks: opening a draft begins it, cheap sections
//! first, so that the preview is there at once and fills in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deskside_protocol::facts::{Cost, Facts, SectionId};
use deskside_protocol::local::Event;
use tokio::sync::{broadcast, watch};

use crate::ports::FactsPort;

/// How old a cheap section may be when something is written about the present.
pub(super) const LIGHT_AGE: Duration = Duration::from_secs(30);
/// How old a costly section may be.
pub(super) const HEAVY_AGE: Duration = Duration::from_secs(120);

#[derive(Default)]
struct Known {
    facts: Facts,
    taken: BTreeMap<SectionId, Instant>,
    collecting: BTreeSet<SectionId>,
}

/// The machine, as far as it was looked at.
#[derive(Clone)]
pub(super) struct Computer {
    port: Arc<dyn FactsPort>,
    known: Arc<Mutex<Known>>,
    /// Grows with everything that is new.
    generation: Arc<watch::Sender<u64>>,
    events: broadcast::Sender<Event>,
    /// A click in a tray can come from a thread that knows no runtime.
    runtime: tokio::runtime::Handle,
}

/// What is known at one moment.
pub(super) struct Snapshot {
    pub(super) facts: Facts,
    pub(super) collecting: BTreeSet<SectionId>,
    pub(super) generation: u64,
}

impl Computer {
    pub(super) fn new(port: Arc<dyn FactsPort>, events: broadcast::Sender<Event>) -> Self {
        Self {
            port,
            known: Arc::default(),
            generation: Arc::new(watch::Sender::new(0)),
            events,
            runtime: tokio::runtime::Handle::current(),
        }
    }

    /// Begins to look at whatever is older than this, and returns at once.
    pub(super) fn refresh(&self, light: Duration, heavy: Duration) {
        let mut cheap = Vec::new();
        let mut costly = Vec::new();
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for section in SectionId::ALL {
                let (age, list) = match section.cost() {
                    Cost::Light => (light, &mut cheap),
                    Cost::Heavy => (heavy, &mut costly),
                };
                let fresh = known.taken.get(section).is_some_and(|taken| taken.elapsed() < age);
                if !fresh && known.collecting.insert(*section) {
                    list.push(*section);
                }
            }
        }
        if !cheap.is_empty() {
            self.look(cheap);
        }
        // Each by itself: one that waits for its time limit keeps none of the others from the preview.
        for section in costly {
            self.look(vec![section]);
        }
    }

    fn look(&self, sections: Vec<SectionId>) {
        let computer = self.clone();
        self.runtime.spawn(async move {
            // However it ends, these are no longer under way: a preview must not wait for ever.
            let done = Done { computer: &computer, sections: &sections };
            let facts = computer.port.collect(&sections).await;
            let mut known = computer.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.facts.update(facts);
            let now = Instant::now();
            known.taken.extend(sections.iter().map(|section| (*section, now)));
            drop(known);
            drop(done);
        });
    }

    /// Waits until nothing of this cost is under way, but not longer than this.
    pub(super) async fn settled(&self, costs: &[Cost], at_most: Duration) {
        let mut changes = self.generation.subscribe();
        let settled = changes.wait_for(|_| {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            !known.collecting.iter().any(|section| costs.contains(&section.cost()))
        });
        let _ = tokio::time::timeout(at_most, settled).await;
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            facts: known.facts.clone(),
            collecting: known.collecting.clone(),
            generation: *self.generation.borrow(),
        }
    }

    pub(super) fn port(&self) -> &dyn FactsPort {
        &*self.port
    }
}

struct Done<'a> {
    computer: &'a Computer,
    sections: &'a [SectionId],
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let mut known = self.computer.known.lock().unwrap_or_else(PoisonError::into_inner);
        for section in self.sections {
            known.collecting.remove(section);
        }
        drop(known);
        self.computer.generation.send_modify(|generation| *generation += 1);
        let _ = self.computer.events.send(Event::FactsChanged);
    }
}
