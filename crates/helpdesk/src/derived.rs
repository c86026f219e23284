//! Identities for what a helpdesk made itself: the same each time it is asked, so nothing comes twice, and different for
//! each server, kind and number. UUID version 5 (RFC 9562, section 5.5) in the namespace of addresses.

use deskside_protocol::{AttachmentId, ClientId, FollowUpId};
use url::Url;
use uuid::Uuid;

/// A ticket that somebody filed there by other means.
#[must_use]
pub fn ticket(server: &Url, number: u64) -> ClientId {
    ClientId(made(server, "ticket", number))
}

/// An entry of a thread; `kind` is the helpdesk's own word for it ("followup", "solution").
#[must_use]
pub fn entry(server: &Url, kind: &str, id: u64) -> FollowUpId {
    FollowUpId(made(server, &format!("entry/{kind}"), id))
}

/// A file.
#[must_use]
pub fn file(server: &Url, id: u64) -> AttachmentId {
    AttachmentId(made(server, "file", id))
}

fn made(server: &Url, kind: &str, id: u64) -> Uuid {
    let mut place = server.clone();
    place.set_query(None);
    place.set_fragment(None);
    // Whoever types the address with or without its last slash means the same server.
    let place = place.as_str().trim_end_matches('/');
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{place}#{kind}/{id}").as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_thing_has_the_same_identity_and_others_another() {
        let (one, same, other) = ("https://desk.example/rt", "https://desk.example/rt/", "https://desk.example/");
        let [one, same, other] = [one, same, other].map(|address| Url::parse(address).unwrap());
        assert_eq!(ticket(&one, 7), ticket(&same, 7));
        // What stays on devices must not change with a later version of this code.
        assert_eq!(
            ticket(&one, 7).to_string(),
            Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://desk.example/rt#ticket/7").to_string()
        );
        let all = [
            ticket(&one, 7).0,
            ticket(&one, 8).0,
            ticket(&other, 7).0,
            entry(&one, "followup", 7).0,
            entry(&one, "solution", 7).0,
            file(&one, 7).0,
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }
}
