//! Which helpdesk it is, and who this computer is there, for the question whether it is another one than before: a second
//! account at one helpdesk sees none of the first one's requests.

use url::Url;

use crate::ports::HelpdeskAddress;
use crate::store::columns::word;

/// In the store: the helpdesk that requests and the cursor belong to.
pub const HELPDESK: &str = "helpdesk";

/// In the store: the place of the helpdesk that credentials are for which do not say so.
pub const UNMARKED: &str = "helpdesk-unmarked";

/// In the store: the helpdesk at which an employee has signed in on this computer.
pub const SIGNED_IN: &str = "signed-in-at";

/// A helpdesk, as the store names it: its kind, its place and, where it is known, the account there.
#[must_use]
pub fn of(address: &HelpdeskAddress) -> String {
    let place = place_of(address);
    match &address.account {
        Some(account) => format!("{place} {account}"),
        None => place,
    }
}

/// The same without the account.
#[must_use]
pub fn place_of(address: &HelpdeskAddress) -> String {
    // An address that only lost or gained its last slash is the same.
    let path = address.url.path().trim_end_matches('/');
    format!("{} {}{path}", word(&address.kind), address.url.origin().ascii_serialization())
}

/// Place and account of a name. Neither a kind nor an address holds a space.
#[must_use]
pub fn parts(name: &str) -> (&str, Option<&str>) {
    match name.match_indices(' ').nth(1) {
        Some((at, _)) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    }
}

/// Whether both are one helpdesk and one account. One that is not known is not another one: versions before did not ask.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let ((place, account), (other_place, other_account)) = (parts(one), parts(other));
    place == other_place && (account == other_account || account.is_none() || other_account.is_none())
}

/// Whether both places are other helpdesks on one server.
#[must_use]
pub fn is_beside(one: &str, other: &str) -> bool {
    let server = |place: &str| Some(Url::parse(place.split_once(' ')?.1).ok()?.origin());
    one != other && server(one) == server(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_account_is_another_helpdesk_and_an_unknown_one_is_none() {
        let address = HelpdeskAddress::hub("https://it.example/desk/".parse().unwrap(), None);
        let named = |account: &str| of(&HelpdeskAddress { account: Some(account.to_owned()), ..address.clone() });
        assert_eq!(parts(&named("Jeanne Dupont")), ("hub https://it.example/desk", Some("Jeanne Dupont")));
        assert!(is_same(&named("a"), &named("a")) && is_same(&of(&address), &named("a")));
        assert!(!is_same(&named("a"), &named("b")));
        assert!(!is_same(&named("a"), "hub https://it.example a"));
    }
}
