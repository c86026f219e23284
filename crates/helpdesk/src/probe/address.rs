//! What somebody typed, as an address.

use deskside_protocol::connect::{ConnectProblem, StepName};
use url::{Host, Url};

use super::{Prober, Step};
use crate::http::check_address;

/// Longest address that is looked at, in bytes.
const ADDRESS_BYTES: usize = 2048;
/// Most places that an address is taken for.
const PLACES: usize = 5;

/// An address as it was typed: without a scheme it is https, for this very machine http.
///
/// # Errors
/// Why it is none.
pub fn typed(text: &str) -> Result<Url, String> {
    let text = text.trim();
    if text.is_empty() || text.len() > ADDRESS_BYTES {
        return Err("it is empty or too long".to_owned());
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{}: is none that a browser opens a helpdesk with", url.scheme()));
    }
    if !text.contains("://") && is_local(&url) {
        // Nobody has a certificate for it.
        let _ = url.set_scheme("http");
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Prober<'_> {
    pub(super) fn address(&mut self) -> Step<Url> {
        self.at = StepName::Address;
        let mut url = match typed(&self.choice.url) {
            Ok(url) => url,
            Err(why) => return self.broken(StepName::Address, ConnectProblem::AddressWrong, why),
        };
        let asked = url.clone();
        if url.scheme() == "http" && !is_local(&url) {
            // Whoever has no encryption often has it all the same, at the usual port.
            let usual = url.port().is_none();
            if !usual || url.set_scheme("https").is_err() {
                let detail = format!("{asked}: a credential is sent with https only");
                return self.broken(StepName::Address, ConnectProblem::AddressInsecure, detail);
            }
        }
        if let Err(error) = check_address(&url) {
            return self.broken(StepName::Address, ConnectProblem::AddressWrong, error.detail);
        }
        let detail = if url == asked { url.to_string() } else { format!("{url} (instead of {asked})") };
        self.good(StepName::Address, detail);
        self.url = Some(url.clone());
        Ok(url)
    }
}

/// The places that this address may mean, the likeliest first: what is above a page, up to the server's root.
pub(super) fn places(url: &Url) -> Vec<Url> {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    // "/glpi/apirest.php/initSession" is nothing below "apirest.php", and "/glpi/index.php" is "/glpi/".
    let page = segments.iter().position(|segment| is_page(segment) || *segment == "REST");
    let deepest = page.unwrap_or(segments.len());
    (0..=deepest)
        .rev()
        .take(PLACES)
        .map(|depth| {
            let mut place = url.clone();
            let path: String = segments.iter().take(depth).map(|segment| format!("{segment}/")).collect();
            place.set_path(&format!("/{path}"));
            place
        })
        .collect()
}

/// Whether it is called as pages are, and not as folders of a version: "glpi-10.0", "mantisbt-2.28.4".
fn is_page(segment: &str) -> bool {
    const ENDINGS: &[&str] = &["php", "html", "htm", "cgi", "fcgi", "pl", "asp", "aspx", "jsp"];
    segment.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Of a redirect: the place that it leads to on the same server, or what to say of another.
pub(super) fn redirected(from: &Url, location: &str) -> Option<Result<Url, String>> {
    let mut to = from.join(location).ok()?;
    to.set_query(None);
    to.set_fragment(None);
    Some(if to.origin() == from.origin() { Ok(to) } else { Err(to.origin().ascii_serialization()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_an_address() {
        let of = |text: &str| typed(text).unwrap().to_string();
        assert_eq!(of(" glpi.example "), "https://glpi.example/");
        assert_eq!(of("it.example:8443/glpi"), "https://it.example:8443/glpi");
        assert_eq!(of("localhost:8080/rt"), "http://localhost:8080/rt");
        assert_eq!(of("[::1]:8080"), "http://[::1]:8080/");
        assert_eq!(of("https://it.example/front/central.php?x=1#top"), "https://it.example/front/central.php");
        for none in ["", "   ", "file:///etc/passwd", "https://", "javascript://x", "ht tp://x", "https://a b/"] {
            assert!(typed(none).is_err(), "{none:?} was taken");
        }
    }

    #[test]
    fn a_page_lies_somewhere_below_the_helpdesk() {
        let of =
            |text: &str| places(&Url::parse(text).unwrap()).iter().map(|p| p.path().to_owned()).collect::<Vec<_>>();
        assert_eq!(of("https://x.example"), ["/"]);
        assert_eq!(of("https://x.example/glpi/front/central.php"), ["/glpi/front/", "/glpi/", "/"]);
        assert_eq!(of("https://x.example/rt/REST/2.0/ticket/1"), ["/rt/", "/"]);
        assert_eq!(of("https://x.example/glpi-10.0/"), ["/glpi-10.0/", "/"]);
        assert_eq!(of("https://x.example/mantisbt-2.28.4/view.php"), ["/mantisbt-2.28.4/", "/"]);
        assert_eq!(of("https://x.example/a/b/c/d/e/f/g").len(), PLACES);
    }

    #[test]
    fn a_redirect_leads_within_the_server_or_is_told() {
        let from = Url::parse("https://x.example/").unwrap();
        assert_eq!(redirected(&from, "/glpi/?a=b").unwrap().unwrap().as_str(), "https://x.example/glpi/");
        assert_eq!(
            redirected(&from, "https://sso.example/login?secret=1").unwrap().unwrap_err(),
            "https://sso.example"
        );
        assert_eq!(redirected(&from, "http://x.example/").unwrap().unwrap_err(), "http://x.example");
    }
}
