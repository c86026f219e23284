//! Searches, scales and texts as GLPI writes them.

use deskside_protocol::ticket::Level;

use crate::rich_text;

/// The words of a search for any of the criteria (`apirest.md`, "Search items").
pub(super) fn search(criteria: &[(u64, &str, &str)], shown: &[u64], more: &[(&str, String)]) -> Vec<(String, String)> {
    let linked: Vec<_> = criteria.iter().map(|(option, how, value)| ("OR", *option, *how, *value)).collect();
    search_linked(&linked, shown, more)
}

/// The same with the word that links each to those before it. SQL binds them: AND before OR.
pub(super) fn search_linked(
    criteria: &[(&str, u64, &str, &str)],
    shown: &[u64],
    more: &[(&str, String)],
) -> Vec<(String, String)> {
    let mut query = Vec::new();
    for (at, (link, option, how, value)) in criteria.iter().enumerate() {
        if at > 0 {
            query.push((format!("criteria[{at}][link]"), (*link).to_owned()));
        }
        query.push((format!("criteria[{at}][field]"), option.to_string()));
        query.push((format!("criteria[{at}][searchtype]"), (*how).to_owned()));
        query.push((format!("criteria[{at}][value]"), (*value).to_owned()));
    }
    query.extend(shown.iter().enumerate().map(|(at, option)| (format!("forcedisplay[{at}]"), option.to_string())));
    query.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    query
}

/// GLPI's scale of five, without its ends.
pub(super) fn level(level: Level) -> u64 {
    match level {
        Level::Low => 2,
        Level::Medium => 3,
        Level::High => 4,
    }
}

/// A text of a person as GLPI's editor would write it.
pub(super) fn paragraphs(text: &str) -> String {
    let line = |line: &str| rich_text::escape(line);
    let lines = |paragraph: &str| paragraph.lines().map(line).collect::<Vec<_>>().join("<br>");
    text.trim_end().split("\n\n").map(|paragraph| format!("<p>{}</p>", lines(paragraph))).collect()
}
