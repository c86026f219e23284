//! An event of the Windows event log, as its XML says (Windows Event Schema). A small reader for the few elements that are
//! used: events come from the system's own renderer, and what does not fit is left out.

use deskside_protocol::Timestamp;

use super::Record;

/// Data fields taken of one event, at most.
const FIELDS: usize = 32;

/// The event, if its time and provider can be read.
pub(crate) fn parse(xml: &str) -> Option<Record> {
    let source = attribute(tag(xml, "Provider")?, "Name")?;
    let at = attribute(tag(xml, "TimeCreated")?, "SystemTime")?.parse::<jiff::Timestamp>().ok()?;
    let level = content(xml, "Level").and_then(|(level, _)| level.parse().ok()).unwrap_or(2);
    let id = content(xml, "EventID").map(|(id, _)| id.to_owned()).unwrap_or_default();
    let mut data = Vec::new();
    let mut rest = xml;
    while data.len() < FIELDS
        && let Some((value, after)) = content(rest, "Data")
    {
        data.push(unescape(value.trim()));
        rest = after;
    }
    let message = std::iter::once(format!("event {id}"))
        .chain(data.iter().filter(|value| !value.is_empty()).cloned())
        .collect::<Vec<_>>()
        .join(" · ");
    Some(Record { at: Timestamp::from_unix_ms(at.as_millisecond()), source, level, message, data })
}

/// From `<name` to its `>`.
fn tag<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = xml;
    loop {
        let start = rest.find(&format!("<{name}"))?;
        let found = rest.get(start + name.len() + 1..)?;
        if found.starts_with([' ', '>', '/', '\t', '\r', '\n']) {
            return found.get(..found.find('>')?);
        }
        rest = found;
    }
}

/// What is between `<name …>` and `</name>`, and what follows.
fn content<'a>(xml: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let open = tag(xml, name)?;
    // `tag` is a part of `xml`; where it ends, its `>` follows.
    let begin = open.as_ptr().addr() - xml.as_ptr().addr() + open.len() + 1;
    let rest = xml.get(begin..)?;
    if open.ends_with('/') {
        return Some(("", rest));
    }
    let end = rest.find(&format!("</{name}>"))?;
    Some((rest.get(..end)?, rest.get(end..)?))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}="))? + name.len() + 2;
    let quote = tag.get(start..)?.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let value = tag.get(start + 1..)?;
    Some(unescape(value.get(..value.find(quote)?)?))
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CRASH: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Application Error'/><EventID Qualifiers='0'>1000</EventID><Level>2</Level>\
        <TimeCreated SystemTime='2026-11-23T14:52:00.1234567Z'/><Channel>Application</Channel></System>\
        <EventData><Data>WINWORD.EXE</Data><Data>16.0</Data><Data/><Data>a &amp; b &lt;c&gt;</Data></EventData></Event>";

    #[test]
    fn a_crash_is_read() {
        let record = parse(CRASH).unwrap();
        assert_eq!(record.source, "Application Error");
        assert_eq!(record.level, 2);
        assert_eq!(record.at.to_string(), "2026-11-23T14:52:00.123Z");
        assert_eq!(record.data, ["WINWORD.EXE", "16.0", "", "a & b <c>"]);
        assert_eq!(record.message, "event 1000 · WINWORD.EXE · 16.0 · a & b <c>");
    }

    #[test]
    fn an_event_without_time_is_none() {
        assert_eq!(parse("<Event><Provider Name='x'/></Event>"), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[<>/A-Za-z '=&;é]{0,80}", cut in 0_usize..500) {
            let _ = parse(&text);
            let _ = parse(CRASH.get(..cut).unwrap_or(CRASH));
        }
    }
}
