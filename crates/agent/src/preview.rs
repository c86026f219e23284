//! All that would leave, as it would leave. The document is serialised here, once; the window shows those bytes, the
//! outbox keeps them, the helpdesk receives them. Nothing else ever serialises a ticket.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use deskside_protocol::facts::{Facts, SectionId};
use deskside_protocol::local::{Preview, SectionChoice};
use deskside_protocol::ticket::{DOCUMENT_VERSION, Finding, Level, Requester, TicketDocument};
use deskside_protocol::{DraftId, ErrorCode, ErrorReport, Sha256, Timestamp, limits};
use sha2::Digest as _;

use crate::drafts::{Kept, beginning};

/// What a preview is made from, besides the draft.
pub struct Ingredients<'a> {
    /// What is known of this machine.
    pub facts: &'a Facts,
    /// Sections that are still being looked at.
    pub collecting: &'a BTreeSet<SectionId>,
    /// Sections that bear on this problem.
    pub relevant: &'a BTreeSet<SectionId>,
    /// What IT decided.
    pub policy: &'a BTreeMap<SectionId, bool>,
    /// What is unusual in some facts.
    pub findings: &'a (dyn Fn(&Facts) -> Vec<Finding> + Sync),
    /// Who asks.
    pub requester: Requester,
    /// Where it goes, in words.
    pub destination: String,
}

/// Makes the preview of a draft.
///
/// # Errors
/// `Internal` if the document is larger than a helpdesk takes, which the limits of its parts rule out.
pub fn make(kept: &Kept, with: &Ingredients<'_>) -> Result<Preview, ErrorReport> {
    let sections: Vec<_> = SectionId::ALL.iter().map(|section| choice(*section, kept, with)).collect();
    let mut leaves = with.facts.clone();
    let mut held_back = with.facts.clone();
    for choice in &sections {
        if choice.on {
            held_back.remove(choice.section);
        } else {
            leaves.remove(choice.section);
        }
    }
    let findings = (with.findings)(&leaves);
    let draft = &kept.draft;
    let document = TicketDocument {
        version: DOCUMENT_VERSION,
        client_id: kept.client_id,
        created_at: Timestamp::now(),
        title: beginning(&draft.text, limits::TITLE_CHARS),
        description: draft.text.clone(),
        requester: with.requester.clone(),
        can_work: draft.can_work,
        affected: draft.affected,
        urgency: draft.can_work.map_or(Level::Medium, |answer| answer.urgency()),
        impact: draft.affected.map_or(Level::Low, |answer| answer.impact()),
        category: draft.category,
        helpdesk_category: draft.helpdesk_category.clone(),
        // A finding leaves only together with its section; one over several sections must not bring in another.
        findings: findings.into_iter().filter(|finding| leaves.present().contains(&finding.section)).collect(),
        facts: leaves,
        health: draft.health.clone(),
        attachments: draft.attachments.clone(),
        made_by: concat!("Deskside ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let text = serde_json::to_string(&document)
        .map_err(|error| ErrorReport::new(ErrorCode::Internal, format!("the document: {error}")))?;
    if text.len() > limits::DOCUMENT_BYTES {
        return Err(ErrorReport::new(ErrorCode::Internal, format!("the document has {} bytes", text.len())));
    }
    Ok(Preview {
        draft: draft.id,
        document_sha256: sha256(text.as_bytes()),
        document: text,
        collecting: sections.iter().any(|choice| choice.collecting),
        sections,
        held_back,
        destination: with.destination.clone(),
    })
}

fn choice(section: SectionId, kept: &Kept, with: &Ingredients<'_>) -> SectionChoice {
    let policy = with.policy.get(&section).copied();
    let chosen = kept.switches.get(&section).copied();
    let by_default = section.on_by_default() || with.relevant.contains(&section);
    SectionChoice {
        section,
        sensitivity: section.sensitivity(),
        on: policy.or(chosen).unwrap_or(by_default),
        decided_by_policy: policy.is_some(),
        collecting: with.collecting.contains(&section),
    }
}

/// The digest of some bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256::from(<[u8; 32]>::from(sha2::Sha256::digest(bytes)))
}

/// Documents of one draft that may still be on the screen after newer ones were made: each section that comes in makes
/// one, and a window that is busy shows them late.
const EARLIER: usize = 8;

/// A preview that was shown, and what it was made from.
#[derive(Debug, Clone)]
struct Shown {
    preview: Preview,
    revision: u64,
    generation: u64,
    /// Those before it of the same revision, the oldest first: only facts came in since.
    earlier: VecDeque<(Sha256, String)>,
}

/// The previews that were shown: what is submitted is one of these, never made anew.
#[derive(Debug, Default)]
pub struct Previews {
    shown: Mutex<HashMap<DraftId, Shown>>,
}

impl Previews {
    /// The one that was shown last, if nothing has changed since: neither the draft nor what is known of the machine.
    #[must_use]
    pub fn current(&self, draft: DraftId, revision: u64, generation: u64) -> Option<Preview> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let last = shown.get(&draft)?;
        (last.revision == revision && last.generation == generation).then(|| last.preview.clone())
    }

    /// Remembers the one that is being shown.
    pub fn show(&self, preview: &Preview, revision: u64, generation: u64) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut earlier = VecDeque::new();
        if let Some(last) = shown.remove(&preview.draft).filter(|last| last.revision == revision) {
            earlier = last.earlier;
            earlier.push_back((last.preview.document_sha256, last.preview.document));
            if earlier.len() > EARLIER {
                earlier.pop_front();
            }
        }
        shown.insert(preview.draft, Shown { preview: preview.clone(), revision, generation, earlier });
    }

    /// The document with this digest, if it was shown for this revision of the draft. Facts may have moved on since, and
    /// a newer one may be on its way to the window while the user clicks: what the user saw is what is sent.
    ///
    /// # Errors
    /// `PreviewChanged` if the user would send something else than what was shown.
    pub fn document(&self, draft: DraftId, revision: u64, digest: &Sha256) -> Result<String, ErrorReport> {
        let changed = |detail: &str| Err(ErrorReport::new(ErrorCode::PreviewChanged, detail));
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = shown.get(&draft) else { return changed("nothing was previewed since the agent started") };
        if last.revision != revision {
            return changed("the draft changed after it was previewed");
        }
        if last.preview.document_sha256 == *digest {
            return Ok(last.preview.document.clone());
        }
        match last.earlier.iter().find(|(earlier, _)| earlier == digest) {
            Some((_, document)) => Ok(document.clone()),
            None => changed("this document was not shown, or long ago"),
        }
    }

    /// Forgets what was shown for a draft.
    pub fn forget(&self, draft: DraftId) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).remove(&draft);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
