//! What was typed while the disk refused it. It is in memory, shown as if it were kept, and kept as soon as that is
//! possible; until then nothing claims that it is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use deskside_protocol::local::{Draft, DraftChange};
use deskside_protocol::{ClientId, DraftId, Timestamp, limits};

use crate::drafts::Kept;

/// The drafts in memory.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<DraftId, OfDraft>>);

/// What is held of one draft.
#[derive(Clone, Default)]
pub(super) struct OfDraft {
    /// The draft itself, if it was begun here: the store has none of it.
    pub(super) begun: Option<Kept>,
    /// What was changed since.
    pub(super) change: DraftChange,
}

impl OfDraft {
    /// Shows what is held over what is kept.
    pub(super) fn show_over(&self, kept: &mut Kept) {
        let (draft, held) = (&mut kept.draft, &self.change);
        if let Some(text) = &held.text {
            draft.text.clone_from(text);
        }
        draft.can_work = held.can_work.or(draft.can_work);
        draft.affected = held.affected.or(draft.affected);
        draft.category = held.category.unwrap_or(draft.category);
        if let Some(category) = &held.helpdesk_category {
            draft.helpdesk_category.clone_from(category);
        }
    }

    /// The same with a newer change on top.
    pub(super) fn with(self, newer: DraftChange) -> Self {
        let older = self.change;
        let change = DraftChange {
            text: newer.text.or(older.text),
            can_work: newer.can_work.or(older.can_work),
            affected: newer.affected.or(older.affected),
            category: newer.category.or(older.category),
            helpdesk_category: newer.helpdesk_category.or(older.helpdesk_category),
        };
        Self { begun: self.begun, change }
    }
}

impl Held {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<DraftId, OfDraft>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn find(&self, id: DraftId) -> Option<OfDraft> {
        self.all().get(&id).cloned()
    }

    pub(super) fn ids(&self) -> Vec<DraftId> {
        self.all().keys().copied().collect()
    }

    /// The newest draft that was begun in memory.
    pub(super) fn newest(&self) -> Option<DraftId> {
        let all = self.all();
        let begun = all.values().filter_map(|held| held.begun.as_ref());
        begun.max_by_key(|kept| kept.draft.saved_at).map(|kept| kept.draft.id)
    }

    /// Begins a draft in memory.
    pub(super) fn begin(&self) -> Option<Draft> {
        let draft = Draft {
            id: DraftId::new(),
            text: String::new(),
            can_work: None,
            affected: None,
            category: None,
            helpdesk_category: None,
            health: None,
            attachments: Vec::new(),
            saved_at: Timestamp::now(),
        };
        let switches = std::collections::BTreeMap::new();
        let kept = Kept { draft: draft.clone(), client_id: ClientId::new(), revision: 0, switches };
        self.hold(draft.id, OfDraft { begun: Some(kept), change: DraftChange::default() }).then_some(draft)
    }

    /// Holds this in place of what was held; whether there is room.
    pub(super) fn hold(&self, id: DraftId, held: OfDraft) -> bool {
        let mut all = self.all();
        let room = all.len() < limits::DRAFTS || all.contains_key(&id);
        if room {
            all.insert(id, held);
        }
        room
    }

    pub(super) fn forget(&self, id: DraftId) -> bool {
        self.all().remove(&id).is_some()
    }

    pub(super) fn clear(&self) {
        self.all().clear();
    }
}
