//! Which texts the sources use.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::Context as _;

use super::texts::Catalog;

/// Texts that no source speaks of: neither by id, nor by the function made of it, nor by the beginning of an id that is
/// put together (`` `finding-${code}` ``, `format!("error-{code}")`).
pub(super) fn unused(root: &Path, catalog: &Catalog) -> anyhow::Result<Vec<String>> {
    let mut sources = String::new();
    for folder in ["ui/src", "crates", "src-tauri/src"] {
        gather(&root.join(folder), &mut sources)?;
    }
    let mentions = Mentions::in_sources(&sources);
    let mut unused: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, text) in catalog {
        if !mentions.mention(id) {
            unused.entry(text.file).or_default().push(id);
        }
    }
    Ok(unused.into_iter().map(|(file, ids)| format!("{file}.ftl: never used: {}", ids.join(", "))).collect())
}

/// What sources say that may be a text's id, or make one. Gathered in one pass: looking for each id in all sources takes
/// half a minute.
#[derive(Default)]
struct Mentions<'a> {
    /// `'id'`, `"id"`, `` `id` ``.
    quoted: HashSet<&'a str>,
    /// `.id(`, as functions are named.
    called: HashSet<&'a str>,
    /// `` `beginning-${…` `` or `"beginning-{…"`.
    beginnings: HashSet<&'a str>,
}

impl<'a> Mentions<'a> {
    fn in_sources(sources: &'a str) -> Self {
        let mut mentions = Self::default();
        let mut from = 0;
        for (at, byte) in sources.bytes().enumerate() {
            if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
                continue;
            }
            let begins = std::mem::replace(&mut from, at + 1);
            let before = begins.checked_sub(1).and_then(|before| sources.as_bytes().get(before));
            // Empty, or a piece of a letter that is no word of ours.
            let Some(word) = sources.get(begins..at).filter(|word| !word.is_empty()) else { continue };
            match (before, byte) {
                (Some(b'\''), b'\'') | (Some(b'"'), b'"') | (Some(b'`'), b'`') => _ = mentions.quoted.insert(word),
                (Some(b'.'), b'(') => _ = mentions.called.insert(word),
                (Some(b'`'), b'$') | (Some(b'"'), b'{') => _ = mentions.beginnings.insert(word),
                _ => {}
            }
        }
        mentions
    }

    fn mention(&self, id: &str) -> bool {
        self.quoted.contains(id)
            || self.called.contains(id.replace('-', "_").as_str())
            || id.match_indices('-').any(|(at, _)| id.get(..=at).is_some_and(|start| self.beginnings.contains(start)))
    }
}

/// Appends every source file below a folder that a human writes.
fn gather(folder: &Path, sources: &mut String) -> anyhow::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("could not read {}", folder.display())),
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        let generated = name == "messages.ts" || name == "generated.rs";
        if entry.file_type()?.is_dir() {
            gather(&path, sources)?;
        } else if !generated && path.extension().is_some_and(|kind| kind == "rs" || kind == "ts" || kind == "svelte") {
            sources.push_str(&std::fs::read_to_string(&path)?);
            sources.push('\n');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_used_where_it_is_quoted_called_or_composed() {
        let sources = "t('home-title'); texts.tray_quit(); t(`state-${state}`); format!(\"section-{name}\"); // é-left-over\n'home-titles'";
        let mentions = Mentions::in_sources(sources);
        for used in ["home-title", "home-titles", "tray-quit", "state-new", "section-disks-purpose"] {
            assert!(mentions.mention(used), "{used}");
        }
        for unused in ["home", "left-over", "tray", "home-title-long", "stat-e"] {
            assert!(!mentions.mention(unused), "{unused}");
        }
    }
}
