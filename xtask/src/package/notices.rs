//! The licences of what is inside, as their owners ask: the texts that came with each part, each text once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::dependencies::{Contents, Part};

/// What files that hold licences are called, without their ends, in lower case.
const NAMES: &[&str] = &["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// One text for all that others made.
pub(super) fn of(contents: &Contents) -> anyhow::Result<String> {
    let others: Vec<&Part> = contents.crates.iter().chain(&contents.npm).filter(|part| part.purl.is_some()).collect();
    let mut text =
        "Deskside contains parts that others made, under these licences. The texts follow, each once.\n\n".to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in others {
        writeln!(text, "{}: {}", part.key(), part.licence.as_deref().unwrap_or("see its text below"))?;
        for licence in licences(&part.folder)? {
            texts.entry(licence).or_default().push(part.key());
        }
    }
    for (licence, parts) in texts {
        writeln!(text, "\n{}\nOf {}:\n\n{licence}", "=".repeat(100), parts.join(", "))?;
    }
    Ok(text)
}

/// The texts in a part's own folder, with the same line ends everywhere.
fn licences(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if NAMES.iter().any(|start| name.starts_with(start)) && entry.file_type()?.is_file() {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).replace("\r\n", "\n");
            found.push(text.trim_end().to_owned());
        }
    }
    found.sort();
    Ok(found)
}
