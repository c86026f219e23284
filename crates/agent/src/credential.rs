//! What the keyring holds for a helpdesk: the credential, and fields that are secrets too (an application's token, an
//! OAuth client's). Both in one entry, so that one is never there without the other. A credential alone is kept as it is,
//! as earlier versions did.

use std::collections::BTreeMap;

use crate::identity;
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
    /// Which helpdesk it is for ([`identity::place_of`]): the keyring knows an entry by its server alone, and several
    /// helpdesks may be on one. Versions before did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
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
        with_fields.unwrap_or_else(|| Self { secret: kept.to_owned(), fields: BTreeMap::new(), of: None })
    }

    /// Whether it may be shown to the helpdesk at this place. `unmarked` is the place that entries are from which do not
    /// say: such a one is not for another helpdesk on the same server.
    #[must_use]
    pub fn is_for(&self, place: &str, unmarked: Option<&str>) -> bool {
        match &self.of {
            Some(of) => of == place,
            None => unmarked.is_none_or(|unmarked| !identity::is_beside(unmarked, place)),
        }
    }

    /// As it is kept.
    #[must_use]
    pub fn written(&self) -> String {
        if self.fields.is_empty() && self.of.is_none() {
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
        let plain = Credential { secret: "1-27-abc".into(), fields: BTreeMap::new(), of: None };
        assert_eq!(plain.written(), "1-27-abc");
        let more =
            Credential { fields: [("app_token".to_owned(), "Ünicode \"quoted\"".to_owned())].into(), ..plain.clone() };
        let marked = Credential { of: Some("glpi https://it.example/glpi".to_owned()), ..plain.clone() };
        for credential in [plain, more, marked] {
            assert_eq!(Credential::read(&credential.written()), credential);
            assert!(!format!("{credential:?}").contains("1-27") && !format!("{credential:?}").contains("quoted"));
        }
        assert_eq!(Credential::read("deskside-fields:broken").secret, "deskside-fields:broken");
    }

    #[test]
    fn a_credential_is_shown_to_no_other_helpdesk_on_its_server() {
        let of = |of: Option<&str>| Credential {
            secret: "1-27-abc".into(),
            fields: BTreeMap::new(),
            of: of.map(str::to_owned),
        };
        let (glpi, hub) = ("glpi https://it.example/glpi", "hub https://it.example");
        assert!(of(Some(glpi)).is_for(glpi, None) && !of(Some(glpi)).is_for(hub, Some(hub)));
        // Of a version that did not say.
        assert!(of(None).is_for(glpi, None) && of(None).is_for(glpi, Some(glpi)) && !of(None).is_for(hub, Some(glpi)));
        assert!(of(None).is_for(glpi, Some("hub https://elsewhere.example")), "of that server nothing is known");
    }
}
