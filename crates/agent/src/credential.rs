//! What the keyring holds for a helpdesk: the credential, and fields that are secrets too (an application's token, an
//! OAuth client's). Both in one entry, so that one is never there without the other. A credential alone is kept as it is,
//! as earlier versions did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How an entry begins that holds more than a credential.
const WITH_FIELDS: &str = "deskside-fields:";

/// What is kept. Nothing here prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// What signs in.
    pub secret: String,
    /// Fields of the helpdesk that are secrets.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("fields", &self.fields.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

impl Credential {
    /// Reads an entry. One that is not ours is a credential: whoever wrote it meant it as one.
    #[must_use]
    pub fn read(kept: &str) -> Self {
        let with_fields = kept.strip_prefix(WITH_FIELDS).and_then(|json| serde_json::from_str(json).ok());
        with_fields.unwrap_or_else(|| Self { secret: kept.to_owned(), fields: BTreeMap::new() })
    }

    /// As it is kept.
    #[must_use]
    pub fn written(&self) -> String {
        if self.fields.is_empty() {
            return self.secret.clone();
        }
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{WITH_FIELDS}{json}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let plain = Credential { secret: "1-27-abc".into(), fields: BTreeMap::new() };
        assert_eq!(plain.written(), "1-27-abc");
        let more =
            Credential { fields: [("app_token".to_owned(), "Ünicode \"quoted\"".to_owned())].into(), ..plain.clone() };
        for credential in [plain, more] {
            assert_eq!(Credential::read(&credential.written()), credential);
            assert!(!format!("{credential:?}").contains("1-27") && !format!("{credential:?}").contains("quoted"));
        }
        assert_eq!(Credential::read("deskside-fields:broken").secret, "deskside-fields:broken");
    }
}
