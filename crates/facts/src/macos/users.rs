//! Sessions of people, of `State:/Users/ConsoleUser` in the dynamic store.

use plist::Value;

use super::plists::{at, number};

/// First number of an account that is a person's (macOS gives 501 to the first).
const FIRST_PERSON: i64 = 500;

/// Sessions of others than the account of this number.
pub(crate) fn other_sessions(console: &Value, uid: u32) -> u32 {
    let sessions = at(console, &["SessionInfo"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_others = |session: &&Value| {
        number(session, &["kCGSSessionUserIDKey"]).is_some_and(|user| user >= FIRST_PERSON && user != i64::from(uid))
    };
    u32::try_from(sessions.iter().filter(of_others).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos::plists::tests::xml;

    #[test]
    fn sessions_of_other_people_are_counted() {
        let session = |uid: u32| format!("<dict><key>kCGSSessionUserIDKey</key><integer>{uid}</integer></dict>");
        let console = xml(&format!(
            "<dict><key>SessionInfo</key><array>{}{}{}</array></dict>",
            session(501),
            session(502),
            session(88)
        ));
        assert_eq!(other_sessions(&console, 501), 1);
        assert_eq!(other_sessions(&xml("<dict/>"), 501), 0);
    }
}
