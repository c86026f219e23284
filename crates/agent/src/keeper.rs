//! Credentials that change by being used go back to where they came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deskside_helpdesk::{Helpdesk, HelpdeskError, KeepsCredential, open_keeping};
use deskside_protocol::ErrorReport;
use url::Url;

use crate::credential::Credential;
use crate::identity;
use crate::ports::{HelpdeskAddress, SecretPort};

/// Keeps a helpdesk's credential where all are kept: in the keyring, with the secret fields that lie in the same entry.
struct Keeper {
    secrets: Arc<dyn SecretPort>,
    helpdesk: Url,
    fields: BTreeMap<String, String>,
    of: String,
}

#[async_trait]
impl KeepsCredential for Keeper {
    async fn keep(&self, credential: &str) -> Result<(), ErrorReport> {
        let entry =
            Credential { secret: credential.to_owned(), fields: self.fields.clone(), of: Some(self.of.clone()) };
        self.secrets.set(&self.helpdesk, &entry.written()).await
    }
}

/// Sets a connection up with what the keyring holds for it. What IT decided counts before a field that was pasted here.
///
/// # Errors
/// As [`deskside_helpdesk::open`].
pub fn open_kept(
    address: &HelpdeskAddress,
    credential: Credential,
    secrets: Arc<dyn SecretPort>,
) -> Result<Arc<dyn Helpdesk>, HelpdeskError> {
    let mut target = address.target();
    for (name, value) in &credential.fields {
        target.fields.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let keeper =
        Keeper { secrets, helpdesk: address.url.clone(), fields: credential.fields, of: identity::place_of(address) };
    open_keeping(&target, &credential.secret, Arc::new(keeper))
}
