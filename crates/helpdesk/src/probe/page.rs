//! What a page tells of the program that made it, where its interface for programs is silent.

use deskside_protocol::settings::HelpdeskKind;

/// Longest title that is told, in characters.
const TITLE_CHARS: usize = 80;

/// The program behind a page, by what its pages of every version have.
pub(super) fn kind(page: &str) -> Option<HelpdeskKind> {
    let title = title(page).unwrap_or_default();
    // GLPI: "Authentication - GLPI" (templates/pages/login.html.twig); the name of its configuration in every page.
    if title.ends_with("GLPI") || page.contains("CFG_GLPI") || page.contains("glpi:csrf_token") {
        return Some(HelpdeskKind::Glpi);
    }
    // MantisBT: core/layout_api.php, the credits at the foot of each page; its style sheet.
    if page.contains("mantisbt.org") || page.contains("ace-mantis.css") {
        return Some(HelpdeskKind::Mantis);
    }
    // Request Tracker: share/html/Elements/Footer.
    if page.contains("bestpractical.com") && page.contains("RT") {
        return Some(HelpdeskKind::RequestTracker);
    }
    None
}

/// The title of a page, in one line.
pub(super) fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let at = lower.find("<title")?;
    let begin = at + lower.get(at..)?.find('>')? + 1;
    let end = begin + lower.get(begin..)?.find("</title")?;
    let text = crate::rich_text::plain(page.get(begin..end)?);
    let title: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TITLE_CHARS).collect();
    Some(title).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_its_program() {
        let glpi = "<!DOCTYPE html><html><head><TITLE>\n Authentification - GLPI </TITLE></head>";
        assert_eq!(kind(glpi), Some(HelpdeskKind::Glpi));
        assert_eq!(kind("<a href=\"https://www.mantisbt.org\">Powered by MantisBT</a>"), Some(HelpdeskKind::Mantis));
        let rt = "<title>Login</title><a href=\"http://www.bestpractical.com?rt=5.0.3\">RT 5.0.3</a>";
        assert_eq!(kind(rt), Some(HelpdeskKind::RequestTracker));
        assert_eq!(kind("<title>Welcome to nginx!</title>"), None);
        for odd in ["", "<title", "<title>", "<title>x", "</title><title>", "<title>é</title"] {
            let _ = (kind(odd), title(odd));
        }
        assert_eq!(title("<title>a\u{7}  b\n&amp; c</title>").as_deref(), Some("a b & c"));
    }
}
