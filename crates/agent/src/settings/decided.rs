//! Whether an address is the one that IT decided. IT may have named a page of the helpdesk, a folder above it, or its
//! unencrypted address: what is found there is IT's all the same.

use url::Url;

/// Whether both are on one server. An unencrypted address that IT named may have become the encrypted one, never the other
/// way round.
pub(super) fn is_same_server(url: &Url, decided: &Url) -> bool {
    let encrypted = decided.scheme() == "http" && url.scheme() == "https";
    let scheme = url.scheme() == decided.scheme() || encrypted;
    scheme && url.host() == decided.host() && url.port() == decided.port()
}

/// Whether an address is the decided one, or lies below it: a helpdesk can be found in a folder of what IT named.
pub(super) fn is_within(url: &Url, decided: &Url) -> bool {
    is_same_server(url, decided) && is_below(url, decided)
}

/// Whether an address leads to what IT decided: it is within it, or IT's is a place or page below it.
pub(super) fn leads_to(url: &Url, decided: &Url) -> bool {
    is_same_server(url, decided) && (is_below(url, decided) || is_below(decided, url))
}

fn is_below(url: &Url, above: &Url) -> bool {
    let above = above.path().trim_end_matches('/');
    url.path().strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_named_and_what_is_found_there_are_one() {
        let of = |text: &str| text.parse::<Url>().unwrap();
        let page = of("https://it.example/glpi/front/central.php");
        assert!(leads_to(&of("https://it.example/glpi/"), &page) && !is_within(&of("https://it.example/glpi/"), &page));
        assert!(is_within(&of("https://it.example/glpi"), &of("http://it.example/")));
        for other in ["https://it.example/rt", "https://it.example/glpi2", "https://evil.example/glpi"] {
            assert!(!leads_to(&of(other), &of("https://it.example/glpi")), "{other}");
        }
        assert!(!is_same_server(&of("http://it.example"), &of("https://it.example")), "nothing is sent unencrypted");
        assert!(!is_same_server(&of("https://it.example:8443"), &of("https://it.example")));
    }
}
