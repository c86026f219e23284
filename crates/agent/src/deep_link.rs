//! `deskside://report?text=…&category=…`: a link in a company's page or mail that begins a request. Anybody can write such
//! a link, and a browser opens it on one click, so that it only ever suggests: the window shows the text and asks.

use deskside_protocol::local::Route;
use deskside_protocol::ticket::Category;

/// The scheme that the packages register.
pub const SCHEME: &str = "deskside";
/// Longest link that is read, in bytes.
pub const LINK_BYTES: usize = 16 * 1024;
/// Longest text that a link can suggest, in characters.
pub const TEXT_CHARS: usize = 2000;

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is longer than [`LINK_BYTES`].
    #[error("the link is too long")]
    TooLong,
    /// It is no address of ours.
    #[error("not a deskside:// link")]
    NotOurs,
    /// It names something that this version does not know.
    #[error("the link asks for something that Deskside does not have")]
    Unknown,
}

/// The place a link leads to.
///
/// # Errors
/// [`LinkError`], for anything but a whole link that this version knows.
pub fn route(link: &str) -> Result<Route, LinkError> {
    if link.len() > LINK_BYTES {
        return Err(LinkError::TooLong);
    }
    let url = url::Url::parse(link).map_err(|_| LinkError::NotOurs)?;
    if url.scheme() != SCHEME {
        return Err(LinkError::NotOurs);
    }
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    if !plain || url.host_str() != Some("report") || !matches!(url.path(), "" | "/") {
        return Err(LinkError::Unknown);
    }
    // Of a name that comes twice the first counts; names of later versions are passed over.
    let value = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let text = harmless(&value("text").unwrap_or_default());
    let category = value("category").and_then(|word| serde_json::from_value(serde_json::Value::String(word)).ok());
    Ok(if text.is_empty() { Route::Report { draft: None, capture: None } } else { suggested(text, category) })
}

fn suggested(text: String, category: Option<Category>) -> Route {
    Route::Suggested { text, category }
}

/// The text without anything that could hide or turn around what it says: control characters, and the marks that change
/// the direction of writing (Unicode Standard Annex 9).
fn harmless(text: &str) -> String {
    let kept = |c: &char| *c == '\n' || !(c.is_control() || is_direction_mark(*c) || is_invisible(*c));
    text.replace("\r\n", "\n").chars().filter(kept).take(TEXT_CHARS).collect::<String>().trim().to_owned()
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that take no room and could hide words from the eye that a machine reads.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(link: &str) -> String {
        match route(link) {
            Ok(Route::Suggested { text, .. }) => text,
            other => panic!("{link}: {other:?}"),
        }
    }

    #[test]
    fn a_link_of_the_intranet_suggests_a_text() {
        let link = "deskside://report?text=The%20badge%20reader%20%28floor%202%29%0Adoes%20not%20open&category=access";
        let text = "The badge reader (floor 2)\ndoes not open".to_owned();
        assert_eq!(route(link), Ok(Route::Suggested { text, category: Some(Category::Access) }));
        let plain = Route::Report { draft: None, capture: None };
        for link in
            ["deskside://report", "deskside://report/", "deskside://report?text=", "deskside://report?text=%00%20"]
        {
            assert_eq!(route(link), Ok(plain.clone()), "{link}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_passed_over() {
        let suggested = |link: &str| matches!(route(link), Ok(Route::Suggested { category: None, .. }));
        assert!(suggested("deskside://report?text=a&category=nonsense&send=now&hub=https://evil.example"));
        assert_eq!(text("deskside://report?text=first&text=second"), "first");
    }

    #[test]
    fn nothing_else_leads_anywhere() {
        for link in ["", "report", "https://report?text=a", "javascript:alert(1)", "file:///etc/passwd"] {
            assert_eq!(route(link), Err(LinkError::NotOurs), "{link}");
        }
        for link in [
            "deskside://enrol?hub=https://evil.example&token=t",
            "deskside://report/../settings",
            "deskside://user:password@report?text=a",
            "deskside://report:8080?text=a",
            "deskside:report?text=a",
            "deskside://quit",
        ] {
            assert_eq!(route(link), Err(LinkError::Unknown), "{link}");
        }
        assert_eq!(route(&format!("deskside://report?text={}", "a".repeat(LINK_BYTES))), Err(LinkError::TooLong));
    }

    #[test]
    fn nothing_hides_in_the_text() {
        assert_eq!(text("deskside://report?text=a%E2%80%AEb%E2%80%8Bc%07d%1B%5B31me"), "abcd[31me");
        assert_eq!(text("deskside://report?text=%3Cscript%3Ealert(1)%3C%2Fscript%3E"), "<script>alert(1)</script>");
    }

    proptest! {
        #[test]
        fn any_link_is_read_without_panic(link in ".{0,300}") {
            let _ = route(&link);
        }

        #[test]
        fn any_text_comes_through_harmless_and_short(said in ".{1,3000}") {
            let mut url = url::Url::parse("deskside://report").unwrap();
            url.query_pairs_mut().append_pair("text", &said);
            if let Ok(Route::Suggested { text, .. }) = route(url.as_str()) {
                prop_assert!(text.chars().count() <= TEXT_CHARS);
                prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
                prop_assert_eq!(harmless(&text), text);
            }
        }
    }
}
