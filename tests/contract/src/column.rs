//! What was seen of a helpdesk, and whether the documents say so.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// What is told of each helpdesk, in the order of the table.
const CAPABILITIES: &[&str] = &[
    "Send a request",
    "Files in the same request",
    "Largest file",
    "A refused file does not cost the request",
    "Find a request by its reference",
    "Reply",
    "Reply with a file",
    "See answers and their files",
    "Private notes stay hidden",
    "See that it is solved",
    "Confirm that it works",
    "Reopen",
    "Rate",
    "Its categories",
    "Its articles",
    "Says by itself that something changed",
    "A withdrawn credential loses nothing",
    "File for somebody else",
];

/// What was seen of a helpdesk: a cell for each of the capabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    cells: BTreeMap<&'static str, String>,
}

impl Column {
    pub(crate) fn set(&mut self, capability: &'static str, what: impl Into<String>) {
        self.cells.insert(capability, what.into());
    }

    fn of(&self, capability: &str) -> &str {
        self.cells.get(capability).map_or("—", String::as_str)
    }

    /// The column as lines of a table.
    #[must_use]
    pub fn markdown(&self, name: &str) -> String {
        let mut text = format!("| | {name} |\n| --- | --- |\n");
        for capability in CAPABILITIES {
            text.push_str(&format!("| {capability} | {} |\n", self.of(capability)));
        }
        text
    }

    /// Holds `docs/helpdesks.md` to what was seen.
    ///
    /// # Errors
    /// With the right column, if the document says otherwise.
    pub fn is_documented(&self, name: &str) -> anyhow::Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/helpdesks.md");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let seen = self.markdown(name);
        let rows: Vec<Vec<&str>> = text
            .lines()
            .skip_while(|line| !line.contains("contract:begin"))
            .take_while(|line| !line.contains("contract:end"))
            .filter(|line| line.starts_with('|'))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let heads = rows.first().with_context(|| format!("there is no table in docs/helpdesks.md; seen:\n{seen}"))?;
        let column = heads.iter().position(|head| *head == name);
        let column = column.with_context(|| format!("docs/helpdesks.md has no column \"{name}\"; seen:\n{seen}"))?;
        for capability in CAPABILITIES {
            let row = rows.iter().find(|row| row.first() == Some(capability));
            let said = row.and_then(|row| row.get(column)).copied().unwrap_or("nothing");
            ensure!(
                said == self.of(capability),
                "docs/helpdesks.md says \"{said}\" of \"{capability}\" in \"{name}\"; seen:\n{seen}"
            );
        }
        Ok(())
    }
}
