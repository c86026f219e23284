//! What macOS says of its protections.

use deskside_protocol::Timestamp;
use plist::Value;

use super::plists::{at, number, text};

/// Updates that wait, of `com.apple.SoftwareUpdate.plist`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Updates {
    /// All of them.
    pub(crate) pending: Option<u32>,
    /// Those that macOS calls security updates.
    pub(crate) security: Option<u32>,
    /// When macOS last looked.
    pub(crate) checked_at: Option<Timestamp>,
}

pub(crate) fn updates(settings: &Value) -> Updates {
    let listed = at(settings, &["RecommendedUpdates"]).and_then(Value::as_array);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let of_security = |update: &&Value| {
        text(update, &["Display Name"]).is_some_and(|name| name.to_ascii_lowercase().contains("security"))
    };
    let date = |name: &str| at(settings, &[name]).and_then(Value::as_date).map(std::time::SystemTime::from);
    let checked = date("LastFullSuccessfulDate").max(date("LastSuccessfulDate"));
    Updates {
        pending: listed
            .map(|list| count(list.len()))
            .or_else(|| number(settings, &["LastRecommendedUpdatesAvailable"]).and_then(|n| u32::try_from(n).ok())),
        security: listed.map(|list| count(list.iter().filter(of_security).count())),
        checked_at: checked
            .and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .map(Timestamp::from_unix_ms),
    }
}

/// What `socketfilterfw --getglobalstate` says: "Firewall is enabled. (State = 1)". 0 is off, 2 lets nothing in.
pub(crate) fn firewall_on(said: &str) -> Option<bool> {
    let state = said.split_once("State = ")?.1;
    let number: u8 = state.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    Some(number != 0)
}

/// What `fdesetup isactive` says: one word.
pub(crate) fn filevault_on(said: &str) -> Option<bool> {
    match said.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;
    use proptest::prelude::*;

    #[test]
    fn waiting_updates_are_counted() {
        let settings = xml("<dict><key>LastSuccessfulDate</key><date>2026-03-01T08:00:00Z</date>\
             <key>LastFullSuccessfulDate</key><date>2026-03-02T08:00:00Z</date><key>RecommendedUpdates</key><array>\
             <dict><key>Display Name</key><string>macOS Sequoia 15.4</string></dict>\
             <dict><key>Display Name</key><string>Rapid Security Response 15.3.1 (a)</string></dict></array></dict>");
        let found = updates(&settings);
        assert_eq!((found.pending, found.security), (Some(2), Some(1)));
        assert_eq!(found.checked_at.unwrap().unix_ms(), 1_772_438_400_000);
    }

    #[test]
    fn settings_that_say_nothing_are_not_taken_for_no_updates() {
        assert_eq!(updates(&xml("<dict/>")), Updates { pending: None, security: None, checked_at: None });
        let number = xml("<dict><key>LastRecommendedUpdatesAvailable</key><integer>3</integer></dict>");
        assert_eq!(updates(&number).pending, Some(3));
    }

    #[test]
    fn protections_are_on_off_or_unknown() {
        assert_eq!(firewall_on("Firewall is enabled. (State = 1) \n"), Some(true));
        assert_eq!(firewall_on("Firewall is disabled. (State = 0)"), Some(false));
        assert_eq!(firewall_on("Firewall is blocking all non-essential incoming connections. (State = 2)"), Some(true));
        assert_eq!(firewall_on("no"), None);
        assert_eq!(filevault_on("true\n"), Some(true));
        assert_eq!(filevault_on("false\n"), Some(false));
        assert_eq!(filevault_on("Error"), None);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_panic(said in "(State = |[0-9]|\\PC){0,20}") {
            let _ = (firewall_on(&said), filevault_on(&said));
        }
    }
}
