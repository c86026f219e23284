//! Numbers, sizes, moments and coded values, in the technician's language.

use deskside_protocol::Timestamp;
use deskside_protocol::ticket::{Finding, TicketDocument};
use deskside_texts::{Argument, Language, Number, Texts};
use serde::Serialize;

/// The texts, and the clock that the requester looked at.
pub(super) struct Words {
    pub(super) texts: Texts,
    offset_minutes: Option<i32>,
}

impl Words {
    pub(super) fn new(document: Option<&TicketDocument>, language: Language) -> Self {
        let system = document.and_then(|document| document.facts.system.as_ref()).and_then(|section| section.data());
        Self { texts: Texts::of(language), offset_minutes: system.map(|system| system.utc_offset_minutes) }
    }

    fn french(&self) -> bool {
        self.texts.language() == Language::French
    }

    /// A text that a code selects; the code itself where there is none.
    pub(super) fn coded(&self, family: &str, code: &impl Serialize) -> String {
        let code = code_of(code);
        self.texts.by_id(&format!("{family}-{code}"), &[]).unwrap_or(code)
    }

    /// The label of a field of the facts.
    pub(super) fn label(&self, field: &str) -> String {
        self.texts.by_id(&format!("fact-{}", field.replace('_', "-")), &[]).unwrap_or_else(|| field.replace('_', " "))
    }

    /// What a finding says, with its value.
    pub(super) fn finding(&self, finding: &Finding) -> String {
        let subject = finding.subject.as_deref().unwrap_or_default();
        let value = finding.value.filter(|value| value.is_finite()).unwrap_or_default().round();
        let arguments = [("subject", Argument::Text(subject)), ("value", Argument::Number(Number(value)))];
        let code = code_of(&finding.code);
        self.texts.by_id(&format!("finding-{code}"), &arguments).unwrap_or(code)
    }

    /// A size in the largest unit that fits, as the window shows it: binary steps under the everyday names.
    pub(super) fn bytes(&self, count: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
        let mut value = count as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit < 5 {
            value /= 1024.0;
            unit += 1;
        }
        let units = if self.french() {
            ["octets", "Ko", "Mo", "Go", "To", "Po"]
        } else {
            ["bytes", "KB", "MB", "GB", "TB", "PB"]
        };
        let digits = usize::from(unit > 0 && value < 10.0);
        format!("{}\u{a0}{}", self.decimal(value, digits), units.get(unit).unwrap_or(&""))
    }

    /// A number with at most so many decimals.
    pub(super) fn decimal(&self, value: f64, digits: usize) -> String {
        let text = format!("{value:.digits$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        if self.french() { text.replace('.', ",") } else { text.to_owned() }
    }

    /// A number of a field, with the unit that its name says.
    pub(super) fn number(&self, field: &str, value: &serde_json::Number) -> String {
        if let (true, Some(bytes)) = (field.ends_with("_bytes"), value.as_u64()) {
            return self.bytes(bytes);
        }
        let number = self.decimal(value.as_f64().unwrap_or_default(), 2);
        let unit = match field.rsplit('_').next().unwrap_or_default() {
            "percent" if !self.french() => return format!("{number}%"),
            "percent" => "%",
            "mhz" => "MHz",
            "celsius" => "°C",
            "dbm" => "dBm",
            "ms" => "ms",
            "mbit" if self.french() => "Mbit/s",
            "mbit" => "Mbit/s",
            "hz" => "Hz",
            "px" => "px",
            _ => return number,
        };
        format!("{number}\u{a0}{unit}")
    }

    /// A share, "12%" or "12 %".
    pub(super) fn percent(&self, value: f64) -> String {
        let number = self.decimal(value, 0);
        if self.french() { format!("{number}\u{a0}%") } else { format!("{number}%") }
    }

    /// Day and time as the requester's clock showed it, and how far that is from UTC.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        self.on_clock(at, "%Y-%m-%d %H:%M")
    }

    /// The time of day on the requester's clock.
    pub(super) fn clock(&self, at: Timestamp, seconds: bool) -> String {
        let zone = self.zone();
        let format = if seconds { "%H:%M:%S" } else { "%H:%M" };
        at.get().to_zoned_datetime(zone).strftime(format).to_string()
    }

    fn zone(&self) -> jiff::tz::TimeZone {
        let seconds = self.offset_minutes.unwrap_or_default().saturating_mul(60);
        jiff::tz::Offset::from_seconds(seconds).map_or(jiff::tz::TimeZone::UTC, jiff::tz::TimeZone::fixed)
    }

    fn on_clock(&self, at: Timestamp, format: &str) -> String {
        let local = at.get().to_zoned_datetime(self.zone());
        let zone = match self.offset_minutes {
            None | Some(0) => "UTC".to_owned(),
            Some(minutes) => {
                let sign = if minutes < 0 { '−' } else { '+' };
                format!("UTC{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
            }
        };
        let day = if self.french() { format.replace("%Y-%m-%d", "%d/%m/%Y") } else { format.to_owned() };
        format!("{} ({zone})", local.strftime(&day))
    }

    pub(super) fn yes_or_no(&self, yes: bool) -> String {
        self.texts.by_id(if yes { "yes" } else { "no" }, &[]).unwrap_or_default()
    }

    /// "Label: " as this language sets its colons.
    pub(super) fn colon(&self) -> &'static str {
        if self.french() { "\u{a0}: " } else { ": " }
    }
}

/// How documents write a value without fields ("with-difficulty").
pub(super) fn code_of(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
