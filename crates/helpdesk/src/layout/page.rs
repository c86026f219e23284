//! The readable page: everything that left, in one HTML file that needs nothing else. No script, no picture, nothing from
//! elsewhere (and a policy in it that forbids it, should something ever slip through); light and dark; prints well.

use std::fmt::Write as _;

use deskside_protocol::facts::SectionId;
use deskside_protocol::health::{Echo, HealthSlice};
use deskside_protocol::ticket::TicketDocument;
use serde::Deserialize;

use super::body::Body;
use super::ordered::Value;
use super::words::Words;
use crate::rich_text::escape;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5a6475;--line:#d8dde6;--paper:#fff;--well:#f4f6f9;--bad:#b3261e;--accent:#1f5fbf}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#a3adbd;--line:#39414f;--paper:#161a21;--well:#1f252e;--bad:#ff8a80;--accent:#8ab4ff}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem 3rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem}\
h2{font-size:1.1rem;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}\
h3{font-size:1rem;margin:1.25rem 0 .25rem}\
h4{font-size:.9rem;margin:.75rem 0 .25rem;color:var(--soft);font-weight:600}\
p{margin:.5rem 0}.soft{color:var(--soft);font-size:.9rem}\
.said{white-space:pre-wrap;background:var(--well);border-left:4px solid var(--accent);padding:.75rem 1rem;border-radius:0 .5rem .5rem 0;margin:.5rem 0}\
ul{margin:.25rem 0;padding-left:1.25rem}.bad{color:var(--bad);font-weight:600}\
table{border-collapse:collapse;font-size:.9rem;margin:.25rem 0}\
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);overflow-wrap:normal}\
th{color:var(--soft);font-weight:500}.pairs th{width:14rem;min-width:8rem}.pairs{width:100%}.pairs td{overflow-wrap:anywhere}\
.wide{overflow-x:auto}section{break-inside:auto}tr,h2,h3,h4{break-inside:avoid}h2,h3,h4{break-after:avoid}\
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--well:#f4f4f4;--bad:#900;--accent:#444}\
body{max-width:none;padding:0;font-size:10pt}table{font-size:8.5pt}.wide{overflow:visible}th,td{overflow-wrap:anywhere}@page{margin:15mm}}";

/// The page, as bytes of UTF-8.
pub(super) fn page(document: &TicketDocument, bytes: &[u8], body: &Body, words: &Words) -> Vec<u8> {
    let t = &words.texts;
    let mut page = Page { out: String::with_capacity(32 * 1024), words };
    let language = t.language().tag();
    let title = escape(&super::one_line(&document.title));
    // Writing to a String cannot fail.
    let _ = write!(
        page.out,
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\">\
         <title>{title} – {}</title><style>{STYLE}</style></head><body><header><h1>{title}</h1><p class=\"soft\">{}</p></header><main>",
        escape(&t.desk_report()),
        escape(&body.ending[1]),
    );
    page.heading(2, &t.desk_requester_says());
    let _ = write!(page.out, "<div class=\"said\">{}</div>", escape(&body.description));
    page.pairs(&body.answers);
    page.heading(2, &t.desk_unusual());
    if let Some(none) = body.no_findings(words) {
        let _ = write!(page.out, "<p>{}</p>", escape(&none));
    }
    page.out.push_str("<ul>");
    for (hinders, text) in &body.findings {
        let class = if *hinders { " class=\"bad\"" } else { "" };
        let _ = write!(page.out, "<li{class}>{}</li>", escape(text));
    }
    page.out.push_str("</ul>");
    page.pairs(&body.machine);
    if !body.files.is_empty() {
        page.heading(2, &t.desk_attached());
        page.out.push_str("<ul>");
        for file in &body.files {
            let _ = write!(page.out, "<li>{}</li>", escape(file));
        }
        page.out.push_str("</ul>");
    }
    if let Some(health) = &document.health {
        page.health(health);
    }
    page.heading(2, &t.desk_all_sections());
    // As the document was written, so that a field that this code does not know is shown too.
    if let Ok(Whole { facts: Value::Fields(sections) }) = serde_json::from_slice::<Whole>(bytes) {
        for (name, section) in &sections {
            page.section(name, section);
        }
    }
    let _ = write!(page.out, "</main><footer><p class=\"soft\">{}</p></footer></body></html>", escape(&body.ending[0]));
    page.out.into_bytes()
}

/// The page's tags, and what stands for each in a body. Texts are escaped: no other `<` is there.
const AS_IN_A_BODY: [(&str, &str); 15] = [
    ("<h3>", "<p><b>"),
    ("</h3>", "</b></p>"),
    ("<h4>", "<p><b>"),
    ("</h4>", "</b></p>"),
    ("<p class=\"soft\">", "<p>"),
    ("<span class=\"soft\">", ""),
    ("</span>", ""),
    ("<div class=\"wide\">", ""),
    ("</div>", ""),
    ("<table class=\"pairs\">", "<table>"),
    ("</thead><tbody>", ""),
    ("<thead>", "<tbody>"),
    ("<th scope=\"row\">", "<td><b>"),
    ("<th scope=\"col\">", "<td><b>"),
    ("</th>", "</b></td>"),
];

/// What the page tells of the facts, to stand in a body: until it is longer than `most` bytes.
pub(super) fn facts(bytes: &[u8], words: &Words, most: usize) -> String {
    let mut page = Page { out: String::new(), words };
    let Ok(Whole { facts: Value::Fields(sections) }) = serde_json::from_slice::<Whole>(bytes) else {
        return String::new();
    };
    for (name, section) in &sections {
        let before = page.out.len();
        page.section(name, section);
        if page.out.len() > most {
            page.out.truncate(before);
            page.out.push_str("<p>…</p>");
            break;
        }
    }
    AS_IN_A_BODY.iter().fold(page.out, |html, (page, body)| html.replace(page, body))
}

#[derive(Deserialize)]
struct Whole {
    facts: Value,
}

struct Page<'a> {
    out: String,
    words: &'a Words,
}

impl Page<'_> {
    fn heading(&mut self, level: u8, text: &str) {
        let _ = write!(self.out, "<h{level}>{}</h{level}>", escape(text));
    }

    fn pairs(&mut self, pairs: &[(String, String)]) {
        if pairs.is_empty() {
            return;
        }
        self.out.push_str("<table class=\"pairs\"><tbody>");
        for (label, value) in pairs {
            let _ = write!(self.out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escape(label), escape(value));
        }
        self.out.push_str("</tbody></table>");
    }

    fn section(&mut self, name: &str, section: &Value) {
        let known = SectionId::ALL.iter().find(|known| known.name() == name);
        let title = known.map_or_else(|| name.replace('_', " "), |known| self.words.coded("section", &known.name()));
        self.heading(3, &title);
        if let Some(data) = section.get("data") {
            self.fields(data, 0);
        } else {
            let why = match section.get("why") {
                Some(Value::Text(why)) => self.words.coded("failure", why),
                _ => String::new(),
            };
            let detail = match section.get("detail") {
                Some(Value::Text(detail)) => detail.clone(),
                _ => String::new(),
            };
            let _ = write!(
                self.out,
                "<p>{}{}{} <span class=\"soft\">{}</span></p>",
                escape(&self.words.texts.desk_not_read()),
                self.words.colon(),
                escape(&why),
                escape(&detail)
            );
        }
    }

    /// The fields of an object: simple ones in one table, lists of objects in one of their own each.
    fn fields(&mut self, data: &Value, depth: usize) {
        let Value::Fields(fields) = data else { return };
        let mut simple = Vec::new();
        let mut silent = Vec::new();
        let mut lists = Vec::new();
        for (name, value) in fields {
            match value {
                Value::Null => silent.push(self.words.label(name)),
                Value::List(items) if items.iter().any(|item| matches!(item, Value::Fields(_))) => {
                    lists.push((name, items));
                }
                Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Fields(_) => {
                    simple.push((self.words.label(name), self.cell(name, value)));
                }
            }
        }
        self.pairs(&simple);
        for (name, items) in lists {
            if depth == 0 {
                let label = self.words.label(name);
                self.heading(4, &label);
            }
            self.list(items);
        }
        if !silent.is_empty() {
            let silent = self.words.texts.desk_not_said(&silent.join(", "));
            let _ = write!(self.out, "<p class=\"soft\">{}</p>", escape(&silent));
        }
    }

    /// Objects of one kind: a row each, a column for each field that any of them has.
    fn list(&mut self, items: &[Value]) {
        let mut columns: Vec<&str> = Vec::new();
        for item in items {
            let Value::Fields(fields) = item else { continue };
            for (name, value) in fields {
                let empty = matches!(value, Value::Null) || matches!(value, Value::List(list) if list.is_empty());
                if !empty && !columns.contains(&name.as_str()) {
                    columns.push(name);
                }
            }
        }
        self.out.push_str("<div class=\"wide\"><table><thead><tr>");
        for column in &columns {
            let label = self.words.label(column);
            let _ = write!(self.out, "<th scope=\"col\">{}</th>", escape(&label));
        }
        self.out.push_str("</tr></thead><tbody>");
        for item in items {
            self.out.push_str("<tr>");
            for column in &columns {
                let cell = item.get(column).map(|value| self.cell(column, value)).unwrap_or_default();
                let _ = write!(self.out, "<td>{}</td>", escape(&cell));
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</tbody></table></div>");
    }

    /// A value in words.
    fn cell(&self, name: &str, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(yes) => self.words.yes_or_no(*yes),
            Value::Number(number) => self.words.number(name, number),
            Value::Text(text) => self.text(name, text),
            Value::List(items) if items.is_empty() => self.words.label("none"),
            Value::List(items) => items.iter().map(|item| self.cell(name, item)).collect::<Vec<_>>().join(", "),
            Value::Fields(fields) => fields
                .iter()
                .filter(|(_, value)| *value != Value::Null)
                .map(|(name, value)| {
                    format!("{}{}{}", self.words.label(name), self.words.colon(), self.cell(name, value))
                })
                .collect::<Vec<_>>()
                .join(" · "),
        }
    }

    fn text(&self, name: &str, text: &str) -> String {
        let when = name == "at" || name == "since" || name.ends_with("_at");
        if let (true, Ok(at)) = (when, text.parse::<jiff::Timestamp>()) {
            return self.words.moment(deskside_protocol::Timestamp::from_unix_ms(at.as_millisecond()));
        }
        let coded = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let id = format!("fact-{}-{text}", name.replace('_', "-"));
        coded.then(|| self.words.texts.by_id(&id, &[])).flatten().unwrap_or_else(|| text.to_owned())
    }

    fn health(&mut self, health: &HealthSlice) {
        let words = self.words;
        self.heading(2, &words.texts.desk_around_then());
        let label = |id: &str| words.texts.by_id(id, &[]).unwrap_or_default();
        let columns = [
            words.label("at"),
            label("health-processor"),
            label("health-memory"),
            label("health-disk"),
            label("health-network"),
        ];
        self.out.push_str("<div class=\"wide\"><table><thead><tr>");
        for column in &columns {
            let _ = write!(self.out, "<th scope=\"col\">{}</th>", escape(column));
        }
        self.out.push_str("</tr></thead><tbody>");
        for sample in &health.samples {
            let percent = |value: Option<u8>| value.map_or_else(String::new, |value| words.percent(f64::from(value)));
            let network = match (sample.link, sample.gateway) {
                (Some(false), _) => label("health-network-down"),
                (_, Some(Echo::Answered { ms })) => format!("{ms}\u{a0}ms"),
                (_, Some(Echo::Silent)) => label("health-network-silent"),
                (_, None) => String::new(),
            };
            let cells = [
                words.clock(sample.at, true),
                percent(sample.processor_percent),
                percent(sample.memory_percent),
                percent(sample.disk_percent),
                network,
            ];
            self.out.push_str("<tr>");
            for cell in cells {
                let _ = write!(self.out, "<td>{}</td>", escape(&cell));
            }
            self.out.push_str("</tr>");
        }
        self.out.push_str("</tbody></table></div>");
    }
}
