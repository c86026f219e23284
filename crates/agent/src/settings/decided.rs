//! What IT decided of the helpdesk, and whether an address is the one that IT decided. IT may have named a page of the
//! helpdesk, a folder above it, or its unencrypted address: what is found there is IT's all the same.

use deskside_protocol::connect::{HelpdeskChoice, HelpdeskDecided};
use deskside_protocol::{ErrorCode, ErrorReport};
use url::Url;

use super::SettingsStore;

impl SettingsStore {
    /// What of the helpdesk IT decided.
    #[must_use]
    pub fn helpdesk_decided(&self) -> HelpdeskDecided {
        HelpdeskDecided {
            url: self.policy.helpdesk().is_some(),
            kind: self.policy.kind().is_some(),
            way: self.policy.helpdesk_sign_in,
            fields: self.policy.helpdesk_fields.0.keys().cloned().collect(),
        }
    }

    /// Whether this device may enrol there.
    ///
    /// # Errors
    /// [`ErrorCode::DecidedByPolicy`] if IT decided another helpdesk.
    pub fn may_enrol(&self, helpdesk: &Url) -> Result<(), ErrorReport> {
        if self.policy.helpdesk().is_some_and(|decided| !leads_to(helpdesk, decided)) {
            return Err(ErrorReport::new(ErrorCode::DecidedByPolicy, "the helpdesk is set by policy"));
        }
        Ok(())
    }

    /// What somebody chose, with what IT decided in its place.
    ///
    /// # Errors
    /// [`ErrorCode::DecidedByPolicy`] where the choice is another than IT's.
    pub fn choose(&self, mut choice: HelpdeskChoice) -> Result<HelpdeskChoice, ErrorReport> {
        let decided =
            |what: &str| Err(ErrorReport::new(ErrorCode::DecidedByPolicy, format!("{what} is set by policy")));
        if let Some(url) = self.policy.helpdesk() {
            match deskside_helpdesk::probe::typed(&choice.url) {
                _ if choice.url.trim().is_empty() => choice.url = url.to_string(),
                // Where it was found, last time or now.
                Ok(chosen) if self.helpdesk().is_some_and(|own| own.url == chosen) => choice.url = chosen.to_string(),
                Ok(chosen) if is_within(&chosen, url) => choice.url = chosen.to_string(),
                Ok(chosen) if leads_to(&chosen, url) => choice.url = url.to_string(),
                _ => return decided("the helpdesk"),
            }
        }
        if let Some(kind) = self.policy.kind() {
            if choice.kind.is_some_and(|chosen| chosen != kind) {
                return decided("the kind of helpdesk");
            }
            choice.kind = Some(kind);
        }
        if let Some(way) = self.policy.helpdesk_sign_in {
            if choice.way.is_some_and(|chosen| chosen != way) {
                return decided("the way to sign in");
            }
            choice.way = Some(way);
        }
        for (name, value) in &self.policy.helpdesk_fields.0 {
            if choice.fields.get(name).is_some_and(|chosen| !chosen.is_empty() && chosen != value) {
                return decided(&format!("the field {name}"));
            }
            choice.fields.insert(name.clone(), value.clone());
        }
        Ok(choice)
    }
}

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
