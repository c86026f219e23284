//! `deskside facts`: what this computer says about itself, as a ticket would tell it. Needs no agent.

use std::io::{self, Write};
use std::sync::Arc;

use deskside_protocol::facts::SectionId;
use deskside_protocol::local::ComputerView;
use serde_json::Value;

use super::{CliError, Exit, Session, say};
use crate::machine::Machine;
use crate::ports::FactsPort as _;
use crate::settings::{SettingsStore, SharedSettings};

impl Session {
    pub(super) async fn facts(&self, json: bool) -> Result<Exit, CliError> {
        let store = SettingsStore::open(&self.paths.settings_file(), &self.paths.policy);
        let machine = Machine::new(self.paths.home.clone(), Arc::new(SharedSettings::new(store)));
        let facts = machine.collect(SectionId::ALL).await;
        let findings = machine.findings(&facts);
        if json {
            let view = ComputerView { facts, findings };
            say(&serde_json::to_string_pretty(&view).map_err(anyhow::Error::from)?)?;
            return Ok(Exit::Done);
        }
        let out = &mut io::stdout().lock();
        if findings.is_empty() {
            writeln!(out, "{}", self.texts.cli_all_well())?;
        } else {
            writeln!(out, "{}", self.texts.cli_findings())?;
            for finding in &findings {
                writeln!(out, "  • {}", self.finding_text(finding))?;
            }
        }
        let document = serde_json::to_value(&facts).map_err(anyhow::Error::from)?;
        for section in SectionId::ALL {
            let Some(found) = document.get(section.name()) else { continue };
            writeln!(out, "\n{}", self.section_name(*section))?;
            match data(found) {
                Some(data) => self.write(out, data, 1)?,
                None => writeln!(out, "  {}", self.texts.cli_failed())?,
            }
        }
        Ok(Exit::Done)
    }

    /// A value of the document, each field by its label.
    fn write(&self, out: &mut dyn Write, value: &Value, depth: usize) -> io::Result<()> {
        let indent = "  ".repeat(depth);
        let Value::Object(fields) = value else {
            return writeln!(out, "{indent}{}", self.scalar("", value));
        };
        for (name, value) in fields {
            let label = self.texts.by_id(&format!("fact-{}", name.replace('_', "-")), &[]);
            let label = label.unwrap_or_else(|| name.clone());
            match value {
                Value::Null => {}
                Value::Array(items) if items.is_empty() => {}
                Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
                    let items: Vec<_> = items.iter().map(|item| self.scalar(name, item)).collect();
                    writeln!(out, "{indent}{label}: {}", items.join(", "))?;
                }
                Value::Array(items) => {
                    writeln!(out, "{indent}{label}")?;
                    for item in items {
                        self.write(out, item, depth + 1)?;
                        writeln!(out)?;
                    }
                }
                Value::Object(_) => {
                    writeln!(out, "{indent}{label}")?;
                    self.write(out, value, depth + 1)?;
                }
                Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    writeln!(out, "{indent}{label}: {}", self.scalar(name, value))?;
                }
            }
        }
        Ok(())
    }

    /// One value: words for codes, units by the field's name.
    fn scalar(&self, field: &str, value: &Value) -> String {
        match value {
            Value::Bool(true) => self.texts.by_id("yes", &[]).unwrap_or_default(),
            Value::Bool(false) => self.texts.by_id("no", &[]).unwrap_or_default(),
            Value::String(text) => {
                let id = format!("fact-{field}-{text}").replace('_', "-");
                let word = self.texts.by_id(&id, &[]);
                word.unwrap_or_else(|| text.chars().filter(|one| !one.is_control()).collect())
            }
            Value::Number(number) => with_unit(field, number.as_f64().unwrap_or_default()),
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        }
    }
}

/// What was found in a section; `None` if it failed.
fn data(section: &Value) -> Option<&Value> {
    section.get("data")
}

/// Units are in the fields' names (`deskside_protocol::facts`).
fn with_unit(field: &str, number: f64) -> String {
    const SCALES: [(f64, &str); 4] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let plain = if number.fract() == 0.0 { format!("{number}") } else { format!("{number:.1}") };
    for (ending, unit) in [
        ("_percent", "%"),
        ("_ms", "ms"),
        ("_mhz", "MHz"),
        ("_celsius", "°C"),
        ("_dbm", "dBm"),
        ("_mbit", "Mbit/s"),
        ("_hz", "Hz"),
        ("_px", "px"),
    ] {
        if field.ends_with(ending) {
            return format!("{plain}\u{a0}{unit}");
        }
    }
    if field.ends_with("_bytes") {
        for (scale, unit) in SCALES {
            if number >= scale {
                return format!("{:.1}\u{a0}{unit}", number / scale);
            }
        }
        return format!("{plain}\u{a0}B");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_unit_of_their_field() {
        assert_eq!(with_unit("total_bytes", 1_500_000_000.0), "1.5\u{a0}GB");
        assert_eq!(with_unit("busy_percent", 12.34), "12.3\u{a0}%");
        assert_eq!(with_unit("cores", 8.0), "8");
        assert_eq!(with_unit("free_bytes", 12.0), "12\u{a0}B");
    }
}
