//! The body of the ticket: gathered once, then written as HTML and as plain text.

use deskside_protocol::facts::{Interface, InterfaceKind, SectionId};
use deskside_protocol::health::{Echo, HealthSlice};
use deskside_protocol::ticket::{AttachmentMeta, Severity, TicketDocument};

use super::words::{Words, code_of};
use super::{JSON_NAME, PAGE_NAME, one_line};
use crate::marker;
use crate::rich_text::escape;

/// Findings in the body; the page has all of them.
const FINDINGS: usize = 10;

/// What stands in the body.
pub(super) struct Body {
    /// The requester's words, as written.
    pub(super) description: String,
    /// What they answered: label and answer.
    pub(super) answers: Vec<(String, String)>,
    /// What is unusual, worst first; `true` for what hinders now.
    pub(super) findings: Vec<(bool, String)>,
    /// Whether anything was looked at.
    looked: bool,
    /// The computer in a handful of lines.
    pub(super) machine: Vec<(String, String)>,
    /// The requester's files.
    pub(super) files: Vec<String>,
    /// The marker, and who made this when.
    pub(super) ending: [String; 2],
}

impl Body {
    pub(super) fn of(document: &TicketDocument, words: &Words) -> Self {
        let t = &words.texts;
        let mut answers = Vec::new();
        if let Some(can_work) = document.can_work {
            answers.push((t.desk_can_work(), words.coded("can-work", &can_work)));
        }
        if let Some(affected) = document.affected {
            answers.push((t.desk_affected(), words.coded("affected", &affected)));
        }
        match (&document.helpdesk_category, document.category) {
            (Some(chosen), _) => answers.push((t.desk_about(), one_line(&chosen.name))),
            (None, Some(category)) => answers.push((t.desk_about(), words.coded("category", &category))),
            (None, None) => {}
        }
        if let Some(health) = &document.health {
            answers.push((t.desk_when(), moment_of(health, words)));
        }
        let found = document.findings.iter();
        let findings = found.map(|found| (found.severity == Severity::Critical, words.finding(found))).collect();
        let made_by = one_line(&document.made_by);
        Self {
            description: document.description.trim().to_owned(),
            answers,
            findings,
            looked: !document.facts.present().is_empty(),
            machine: machine(document, words),
            files: document.attachments.iter().map(|meta| file(meta, words)).collect(),
            ending: [
                marker::ticket_line(document.client_id),
                t.desk_made_by(&words.moment(document.created_at), &made_by),
            ],
        }
    }

    /// What stands where findings would, if there are none.
    pub(super) fn no_findings(&self, words: &Words) -> Option<String> {
        (self.findings.is_empty() && self.looked).then(|| words.texts.desk_nothing_unusual())
    }

    fn more_findings(&self, words: &Words) -> Option<String> {
        let more = self.findings.len().saturating_sub(FINDINGS);
        (more > 0).then(|| words.texts.desk_more_findings(more))
    }

    fn attached(&self, words: &Words) -> Vec<String> {
        let mut files = self.files.clone();
        files.push(words.texts.desk_all_facts(JSON_NAME, PAGE_NAME));
        files
    }

    pub(super) fn html(&self, words: &Words) -> String {
        let t = &words.texts;
        let files: String = self.attached(words).iter().map(|file| format!("<li>{}</li>", escape(file))).collect();
        let files = format!("<p><b>{}</b></p><ul>{files}</ul>", escape(&t.desk_attached()));
        self.html_with(words, &files)
    }

    /// The body with this HTML where it says what is attached.
    pub(super) fn html_with(&self, words: &Words, files: &str) -> String {
        let t = &words.texts;
        let mut out = format!("<p>{}</p>", escape(&self.description));
        if !self.answers.is_empty() {
            let answers: Vec<String> = self
                .answers
                .iter()
                .map(|(label, answer)| format!("{}{}<b>{}</b>", escape(label), words.colon(), escape(answer)))
                .collect();
            out.push_str(&format!("<p>{}</p>", answers.join("<br>")));
        }
        if !self.findings.is_empty() {
            let mut items: Vec<String> = self
                .findings
                .iter()
                .take(FINDINGS)
                .map(|(hinders, text)| {
                    let text = escape(text);
                    if *hinders { format!("<li><b>{text}</b></li>") } else { format!("<li>{text}</li>") }
                })
                .collect();
            items.extend(self.more_findings(words).map(|more| format!("<li>{}</li>", escape(&more))));
            out.push_str(&format!("<p><b>{}</b></p><ul>{}</ul>", escape(&t.desk_unusual()), items.concat()));
        }
        out.extend(self.no_findings(words).map(|none| format!("<p>{}</p>", escape(&none))));
        if !self.machine.is_empty() {
            let rows: String = self
                .machine
                .iter()
                .map(|(label, value)| format!("<tr><td>{}</td><td>{}</td></tr>", escape(label), escape(value)))
                .collect();
            out.push_str(&format!("<table><tbody>{rows}</tbody></table>"));
        }
        out.push_str(files);
        let [marker, made_by] = &self.ending;
        out.push_str(&format!("<p>{}<br>{}</p>", escape(made_by), escape(marker)));
        out
    }

    pub(super) fn text(&self, words: &Words) -> String {
        let t = &words.texts;
        let colon = words.colon();
        let mut parts = vec![without_control(&self.description)];
        if !self.answers.is_empty() {
            parts.push(pairs(&self.answers, colon));
        }
        if !self.findings.is_empty() {
            let mut items: Vec<String> =
                self.findings.iter().take(FINDINGS).map(|(_, text)| format!("- {}", one_line(text))).collect();
            items.extend(self.more_findings(words).map(|more| format!("- {more}")));
            parts.push(format!("{}{}\n{}", t.desk_unusual(), colon.trim_end_matches(' '), items.join("\n")));
        }
        parts.extend(self.no_findings(words));
        if !self.machine.is_empty() {
            parts.push(pairs(&self.machine, colon));
        }
        let files: Vec<String> = self.attached(words).iter().map(|file| format!("- {}", one_line(file))).collect();
        parts.push(format!("{}{}\n{}", t.desk_attached(), colon.trim_end_matches(' '), files.join("\n")));
        let [marker, made_by] = &self.ending;
        parts.push(format!("{}\n{marker}", one_line(made_by)));
        parts.join("\n\n")
    }
}

fn pairs(pairs: &[(String, String)], colon: &str) -> String {
    let lines: Vec<String> = pairs.iter().map(|(label, value)| format!("{label}{colon}{}", one_line(value))).collect();
    lines.join("\n")
}

fn without_control(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
}

/// A file in words: its name and size, and whether it is a picture of the screen.
pub(super) fn file(meta: &AttachmentMeta, words: &Words) -> String {
    let (name, size) = (one_line(&meta.name), words.bytes(meta.size_bytes));
    if meta.screenshot { words.texts.desk_screenshot(&name, &size) } else { words.texts.desk_file(&name, &size) }
}

/// The moment that the requester pointed at, and what the computer went through then.
fn moment_of(health: &HealthSlice, words: &Words) -> String {
    let mut parts = vec![words.clock(health.moment, false)];
    let highest = |pick: fn(&deskside_protocol::health::HealthSample) -> Option<u8>| {
        health.samples.iter().filter_map(pick).max().map(|value| words.percent(f64::from(value)))
    };
    let t = &words.texts;
    let peaks = [
        ("health-processor", highest(|sample| sample.processor_percent)),
        ("health-memory", highest(|sample| sample.memory_percent)),
        ("health-disk", highest(|sample| sample.disk_percent)),
    ];
    for (label, peak) in peaks {
        if let (Some(label), Some(peak)) = (t.by_id(label, &[]), peak) {
            parts.push(t.desk_up_to(&peak, &label));
        }
    }
    let lost = health
        .samples
        .iter()
        .filter(|sample| sample.link == Some(false) || matches!(sample.gateway, Some(Echo::Silent)));
    let lost = lost.count();
    if lost > 0 {
        parts.push(t.desk_network_lost(lost, &health.samples.len().to_string()));
    }
    parts.join(" · ")
}

/// The computer in a handful of lines, of the sections that left.
fn machine(document: &TicketDocument, words: &Words) -> Vec<(String, String)> {
    let t = &words.texts;
    let facts = &document.facts;
    let mut lines = Vec::new();
    let mut line = |label: String, parts: Vec<Option<String>>| {
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
        if !parts.is_empty() {
            lines.push((label, parts.join(" · ")));
        }
    };
    if let Some(device) = facts.device.as_ref().and_then(|section| section.data()) {
        let model: Vec<&str> = [&device.maker, &device.model].into_iter().flatten().map(String::as_str).collect();
        let serial = device.serial.as_deref().map(|serial| t.desk_serial(serial));
        line(t.desk_computer(), vec![device.host_name.clone(), Some(model.join(" ")), serial]);
    }
    if let Some(system) = facts.system.as_ref().and_then(|section| section.data()) {
        let build = system.build.as_deref().filter(|build| !system.name.contains(*build));
        line(t.desk_system(), vec![Some(system.name.clone()), build.map(str::to_owned)]);
    }
    if let Some(memory) = facts.memory.as_ref().and_then(|section| section.data()) {
        let free = t.desk_free(&words.bytes(memory.available_bytes), &words.bytes(memory.total_bytes));
        line(t.desk_memory(), vec![Some(free)]);
    }
    if let Some(disks) = facts.disks.as_ref().and_then(|section| section.data()) {
        // What is fullest is what matters; three are enough here.
        let mut volumes: Vec<_> = disks.volumes.iter().filter(|volume| volume.total_bytes > 0).collect();
        volumes.sort_by_key(|volume| {
            let share = u128::from(volume.free_bytes) * 1000 / u128::from(volume.total_bytes);
            (volume.remote, share)
        });
        let free = volumes.iter().take(3).map(|volume| {
            let free = t.desk_free(&words.bytes(volume.free_bytes), &words.bytes(volume.total_bytes));
            Some(format!("{} {free}", volume.mount))
        });
        line(t.desk_disk(), free.collect());
    }
    if let Some(network) = facts.network.as_ref().and_then(|section| section.data()) {
        let links: Vec<_> = network
            .interfaces
            .iter()
            .filter(|link| link.up && link.kind != InterfaceKind::Virtual && !link.addresses.is_empty())
            .take(2)
            .map(|link| Some(one_link(link, words)))
            .collect();
        let links = if links.is_empty() { vec![Some(t.desk_no_network())] } else { links };
        line(t.desk_network(), links);
    }
    let user = facts.user.as_ref().and_then(|section| section.data());
    let requester = &document.requester;
    // Who it was on the machine, where that section left; else what a request needs to be answered.
    let domain = user.and_then(|user| user.domain.clone());
    let administrator = user.and_then(|user| user.administrator).filter(|yes| *yes).map(|_| t.desk_administrator());
    line(t.desk_user(), vec![requester.display_name.clone(), Some(requester.login.clone()), domain, administrator]);
    let failed = failed(document);
    if !failed.is_empty() {
        let names = failed.iter().map(|section| Some(words.coded("section", &section.name().replace('_', "-"))));
        line(t.desk_not_read(), names.collect());
    }
    lines
}

fn one_link(link: &Interface, words: &Words) -> String {
    let mut parts = vec![match &link.wifi {
        Some(wifi) => {
            let signal = wifi.signal_percent.map(|signal| format!(" {}", words.percent(f64::from(signal))));
            format!("Wi-Fi {}{}", wifi.name, signal.unwrap_or_default())
        }
        None => words.coded("fact-kind", &code_of(&link.kind)),
    }];
    // The one that people ask for: the first of version 4, else the first.
    let address = link.addresses.iter().find(|address| address.contains('.')).or(link.addresses.first());
    parts.extend(address.map(|address| address.split('/').next().unwrap_or_default().to_owned()));
    parts.join(" ")
}

/// Sections that were to leave and could not be read.
fn failed(document: &TicketDocument) -> Vec<SectionId> {
    let Ok(serde_json::Value::Object(facts)) = serde_json::to_value(&document.facts) else { return Vec::new() };
    let failed = |section: &SectionId| {
        let found = facts.get(section.name());
        let is = |key: &str, value: &str| found.and_then(|found| found.get(key)).is_some_and(|found| found == value);
        // What a machine does not have at all is no fault.
        is("state", "failed") && !is("why", "unavailable")
    };
    SectionId::ALL.iter().copied().filter(failed).collect()
}
